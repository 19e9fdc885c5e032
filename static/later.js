/// <reference lib="dom" />

/**
 * Second part of the page: views, listeners and parts of the reducer that no first drawing needs.
 * app.js imports it when the first part has run, so that the page opens no later for what it holds.
 *
 * @module
 */

/** @import { Dispatch } from "./app.js" */
/** @import { ReducerPart } from "./model/reduce.js" */
/** @import { State } from "./model/state.js" */
import { attempt } from "./browser/attempt.js";
import { listenToFiles } from "./browser/files.js";
import { install } from "./browser/install.js";
import { IS_EMBEDDED } from "./browser/page_settings.js";
import { PARTS } from "./model/parts.js";
import { createActDialogView } from "./view/act_dialog.js";
import { createBrowseView } from "./view/browse.js";
import { listenToLostCaret } from "./view/caret.js";
import { createCompletionView } from "./view/completion.js";
import { createComposerBarView } from "./view/composer_bar.js";
import { createCopyView } from "./view/copy.js";
import { createDeleteView } from "./view/delete_dialog.js";
import { listenToEmphasis } from "./view/emphasis.js";
import { completeHelp } from "./view/help.js";
import { createIgnoredView } from "./view/ignored_people.js";
import { listenToKeys } from "./view/keys.js";
import { createLeavingView } from "./view/leave_dialog.js";
import { createLockedRoomView } from "./view/locked_room.js";
import { listenToNames } from "./view/mention.js";
import { createMessageToolsView } from "./view/message_tools.js";
import { createPassView } from "./view/pass_dialog.js";
import { createPastView } from "./view/past.js";
import { createPeopleFocusView } from "./view/people_focus.js";
import { createPersonMenuView } from "./view/person_menu.js";
import { createQuoteRequestsView } from "./view/quote_requests.js";
import { createReactionNames } from "./view/reaction_names.js";
import { createReactionPickerView } from "./view/reaction_picker.js";
import { createRoomDialogView } from "./view/room_dialog.js";
import { createRoomHintsView } from "./view/room_hints.js";
import { createRowButtonsView } from "./view/row_buttons.js";
import { createSearchView } from "./view/search.js";
import { createSettingsView } from "./view/settings.js";
import { createSilenceView } from "./view/silence.js";
import { createSlashView } from "./view/slash.js";
import { createSoundView } from "./view/sound.js";
import { createTopicView } from "./view/topic.js";
import { createYourIdView } from "./view/your_id.js";

const LISTENERS = [
  completeHelp,
  listenToKeys,
  listenToLostCaret,
  listenToFiles,
  listenToNames,
  listenToEmphasis,
];
const VIEWS = [
  createCopyView,
  createLeavingView,
  createPastView,
  createRoomHintsView,
  createRowButtonsView,
  createSearchView,
  createSettingsView,
  createSoundView,
  createIgnoredView,
  createCompletionView,
  createComposerBarView,
  createMessageToolsView,
  createDeleteView,
  createQuoteRequestsView,
  createReactionNames,
  createReactionPickerView,
  createSlashView,
  createTopicView,
  createBrowseView,
  createPersonMenuView,
  createPeopleFocusView,
  createRoomDialogView,
  createActDialogView,
  createYourIdView,
  // After the slash commands, which work for those who may not write, too.
  createSilenceView,
  createPassView,
  createLockedRoomView,
];

/**
 * Starts the second part, whose styles are in the page.
 *
 * @param {Dispatch} dispatch
 * @returns {{ views: ((state: State) => void)[], parts: ReducerPart[] }}
 */
export function startLater(dispatch) {
  for (const listen of LISTENERS) attempt(() => listen(dispatch));
  if (!IS_EMBEDDED) attempt(install);
  const views = VIEWS.flatMap((create) => attempt(() => create(dispatch)) ?? []);
  return { views, parts: [...PARTS] };
}
