/// <reference lib="dom" />

/**
 * Second part of the page: views and listeners that no first drawing needs. app.js imports it when
 * the first part has run, so that the page opens no later for what it holds.
 *
 * @module
 */

/** @import { Dispatch } from "./app.js" */
/** @import { ReducerPart } from "./model/reduce.js" */
/** @import { State } from "./model/state.js" */
import { attempt } from "./browser/attempt.js";
import { listenToFiles } from "./browser/files.js";
import { install } from "./browser/install.js";
import { attachStyles } from "./browser/styles.js";
import { PARTS } from "./model/parts.js";
import { createComposerBarView } from "./view/composer_bar.js";
import { createCompletionView } from "./view/completion.js";
import { createCopyView } from "./view/copy.js";
import { listenToEmphasis } from "./view/emphasis.js";
import { completeHelp } from "./view/help.js";
import { createIgnoredView } from "./view/ignored_people.js";
import { listenToKeys } from "./view/keys.js";
import { createDeleteView } from "./view/delete_dialog.js";
import { createLeavingView } from "./view/leave_dialog.js";
import { listenToNames } from "./view/mention.js";
import { createMessageToolsView } from "./view/message_tools.js";
import { createReactionNames } from "./view/reaction_names.js";
import { createReactionPickerView } from "./view/reaction_picker.js";
import { createPastView } from "./view/past.js";
import { createRoomHintsView } from "./view/room_hints.js";
import { createSearchView } from "./view/search.js";
import { createSettingsView } from "./view/settings.js";
import { createSlashView } from "./view/slash.js";
import { createSoundView } from "./view/sound.js";

const LISTENERS = [
  completeHelp,
  listenToKeys,
  listenToFiles,
  listenToNames,
  listenToEmphasis,
];
const VIEWS = [
  createCopyView,
  createLeavingView,
  createPastView,
  createRoomHintsView,
  createSearchView,
  createSettingsView,
  createSoundView,
  createIgnoredView,
  createCompletionView,
  createComposerBarView,
  createMessageToolsView,
  createDeleteView,
  createReactionNames,
  createReactionPickerView,
  createSlashView,
];
const STYLES = ["completion.css", "settings.css"];

/**
 * Starts the second part.
 *
 * @param {Dispatch} dispatch
 * @returns {{ views: ((state: State) => void)[], parts: ReducerPart[] }}
 */
export function startLater(dispatch) {
  for (const name of STYLES) attachStyles(name);
  for (const listen of LISTENERS) attempt(() => listen(dispatch));
  attempt(install);
  const views = VIEWS.flatMap((create) => attempt(() => create(dispatch)) ?? []);
  return { views, parts: [...PARTS] };
}
