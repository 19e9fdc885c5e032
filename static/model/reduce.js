/**
 * The reducer, which holds the behaviour of the page: takes a state and an action, returns the new
 * state and the effects. Pure: the time and a random number come with the action.
 *
 * @module
 */

/** @import { ServerEvent, SettingsChange, User } from "../../chat/protocol/types.ts" */
/** @import { ModeratingAct } from "./moderating.js" */
/** @import { Outage } from "./outage.js" */
/** @import { Notifications, PassDialog, SearchScope, State, Theme } from "./state.js" */
/** @import { Effect, Step } from "./step.js" */
import { dropItems } from "./changes.js";
import { IDLE } from "../client/connection.js";
import { nextTick } from "./countdown.js";
import { tellEdit } from "./edit_news.js";
import {
  askToDelete,
  confirmDelete,
  editLast,
  followDialogs,
  followEdits,
  startEdit,
  undoDelete,
} from "./editing.js";
import { fillGap, seekUnread } from "./fill.js";
import { ignoreUser, reveal } from "./ignoring.js";
import { adoptStored } from "./other_tabs.js";
import { foldName, nameProblem } from "./names.js";
import { nextRetryAt, releaseDeletions, retryItem } from "./outbox.js";
import { helloCommand } from "./passes.js";
import { receive } from "./receive.js";
import {
  changeNetwork,
  connect,
  hear,
  lose,
  nextConnectionDeadline,
  retry,
  tick,
  wake,
} from "./reconnect.js";
import { askForName } from "./errors.js";
import {
  askForFullRoom,
  confirmLeave,
  giveUpRoom,
  joinRooms,
  leaveRoom,
  muteRoom,
  openNeighbour,
  openRoom,
  rememberRoom,
  requestOlder,
} from "./rooms.js";
import { draft, sendItems, submit } from "./sending.js";
import { currentRoom } from "./state.js";
import { notify, request, store, update, updateRoom } from "./step.js";
import { nextReadAt, noteRead, rememberRead, scroll } from "./unread.js";

/**
 * The longest wait, in milliseconds: a browser's timers count at most 25 days, but a ban may last for
 * 30.
 */
const MAX_WAIT_MS = 86_400_000;

/**
 * An event of the page: of the user, of the server, of the browser or of time.
 *
 * @typedef {{ type: "started" }
 *   | { type: "opened", refs: readonly string[] | null }
 *   | { type: "received", event: ServerEvent }
 *   | { type: "closed", code: number }
 *   | { type: "probed", outage: Outage }
 *   | { type: "network_changed", hasNetwork: boolean }
 *   | { type: "ticked" }
 *   | { type: "woke" }
 *   | { type: "retry_wanted" }
 *   | { type: "visibility_changed", visible: boolean }
 *   | { type: "scrolled", atBottom: boolean }
 *   | { type: "name_asked" }
 *   | { type: "name_chosen", name: string }
 *   | { type: "name_dismissed" }
 *   | { type: "pass_given", needs: PassDialog["needs"], text: string }
 *   | { type: "pass_dismissed" }
 *   | { type: "password_given", room: string, text: string }
 *   | { type: "drafted", text: string }
 *   | { type: "submitted", ref: string, text: string }
 *   | { type: "message_retried", ref: string }
 *   | { type: "message_discarded", ref: string }
 *   | { type: "edit_wanted", id?: string }
 *   | { type: "edit_dismissed" }
 *   | { type: "delete_wanted", id: string }
 *   | { type: "delete_confirmed", ref: string }
 *   | { type: "delete_dismissed" }
 *   | { type: "delete_undone", ref: string }
 *   | { type: "page_left" }
 *   | { type: "older_wanted" }
 *   | { type: "gap_wanted", key: string, isWhole: boolean }
 *   | { type: "first_unread_wanted" }
 *   | { type: "quotes_wanted", ids: readonly string[] }
 *   | { type: "reply_wanted", id: string }
 *   | { type: "reply_dismissed" }
 *   | { type: "reaction_wanted", id: string }
 *   | { type: "reaction_dismissed" }
 *   | { type: "reaction_toggled", ref: string, id: string, emoji: string }
 *   | { type: "room_opened", room: string, isFromLocation?: boolean,
 *     message?: string | undefined }
 *   | { type: "message_wanted", room: string, id: string }
 *   | { type: "newer_wanted" }
 *   | { type: "present_wanted" }
 *   | { type: "past_reread", id: string }
 *   | { type: "search_opened" }
 *   | { type: "search_closed" }
 *   | { type: "search_typed", text: string }
 *   | { type: "search_scoped", scope: SearchScope }
 *   | { type: "more_found_wanted" }
 *   | { type: "room_settings_opened", room: string }
 *   | { type: "room_settings_closed" }
 *   | { type: "setting_typed", change: SettingsChange }
 *   | { type: "setting_chosen", room: string, change: SettingsChange }
 *   | { type: "moderator_chosen", room: string, user: User, isModerator: boolean }
 *   | { type: "act_wanted", act: ModeratingAct, room: string, user: User }
 *   | { type: "act_confirmed", minutes: number, deletes: boolean }
 *   | { type: "act_dismissed" }
 *   | { type: "ban_ended", kind: ModeratingAct, room: string, user: string }
 *   | { type: "neighbour_opened", direction: 1 | -1 }
 *   | { type: "room_left", room: string }
 *   | { type: "leave_confirmed" }
 *   | { type: "leave_dismissed" }
 *   | { type: "room_muted", room: string, muted: boolean }
 *   | { type: "user_ignored", user: User, ignored: boolean }
 *   | { type: "ignored_shown", ids: readonly string[] }
 *   | { type: "theme_chosen", theme: Theme }
 *   | { type: "notifications_chosen", notifications: Notifications }
 *   | { type: "sound_chosen", sound: Notifications }
 *   | { type: "stored_elsewhere", key: string, value: unknown }
 *   | { type: "noticed", text: string }} Action
 */

/** @typedef {Action & { now: number, random: number }} Input */

/**
 * A part of the reducer that the page loads later. It gets each input before the rest of the
 * reducer, which `next` runs.
 *
 * @typedef {(step: Step, input: Input, next: () => void) => void} ReducerPart
 */

/**
 * @param {State} state
 * @param {Input} input
 * @param {readonly ReducerPart[]} [parts]
 * @returns {{ state: State, effects: Effect[] }}
 */
export function reduce(state, input, parts = []) {
  const { now, random } = input;
  /** @type {Step} */
  const step = { state, effects: [], now, random };
  let all = () => handle(step, input);
  for (const part of parts) {
    const next = all;
    all = () => part(step, input, next);
  }
  all();
  followEdits(step, state);
  followDialogs(step, state);
  // After every action: the timer for what is due now may not have fired yet, and is replaced.
  tick(step);
  tellEdit(step);
  noteRead(step);
  update(step, { now });
  if (step.state.connection.status === "online") {
    joinRooms(step);
    sendItems(step);
  }
  return { state: step.state, effects: step.effects };
}

/**
 * When `reduce` next needs a `ticked` action, or Infinity.
 *
 * @param {State} state
 * @returns {number}
 */
export function nextDeadline(state) {
  const { now, notice, rooms, outbox } = state;
  const deadlines = [
    nextConnectionDeadline(state),
    nextRetryAt(outbox, now),
    nextReadAt(state),
    nextCountdownAt(state),
    notice?.until ?? Infinity,
    state.search?.dueAt ?? Infinity,
    state.directory?.dueAt ?? Infinity,
    state.editNews?.at ?? Infinity,
    state.quotesDueAt,
    ...rooms.flatMap(({ joinAt, slowUntil, silencedUntil, typists }) => [
      joinAt,
      slowUntil,
      silencedUntil,
      ...typists.map(({ until }) => until),
    ]),
  ];
  // An action that is due already waits for something else than time.
  const deadline = Math.min(...deadlines.filter((deadline) => deadline > now));
  return deadline === Infinity ? Infinity : Math.min(deadline, now + MAX_WAIT_MS);
}

/**
 * The time at which a countdown of the room on show, or of the form that asks for a password,
 * changes next.
 *
 * @param {State} state
 */
function nextCountdownAt(state) {
  const { now, passDialog } = state;
  const { joinError, silencedUntil, slowUntil } = currentRoom(state);
  const moments = [joinError?.until ?? 0, silencedUntil, slowUntil, passDialog?.until ?? 0];
  return Math.min(...moments.map((until) => nextTick(until, now)));
}

/**
 * @param {Step} step
 * @param {Input} input
 */
function handle(step, input) {
  const { state } = step;
  const room = currentRoom(state);
  switch (input.type) {
    case "started":
      return start(step);
    case "opened": {
      // A message that is no longer stored was acknowledged in another tab of this user.
      const { refs } = input;
      if (refs !== null) {
        update(step, { outbox: state.outbox.filter((item) => refs.includes(item.ref)) });
      }
      return request(step, helloCommand(state));
    }
    case "received":
      receive(step, input.event);
      return hear(step);
    case "closed":
      return lose(step, input.code);
    case "probed":
      // The connection may be back.
      return state.connection.status === "online"
        ? undefined
        : update(step, { outage: input.outage });
    case "network_changed":
      return changeNetwork(step, input.hasNetwork);
    case "ticked":
      return;
    case "woke":
      return wake(step);
    case "retry_wanted":
      return retry(step);
    case "visibility_changed":
      if (!input.visible) rememberRead(step);
      update(step, { visible: input.visible });
      if (!input.visible) return;
      askForFullRoom(step);
      return wake(step);
    case "scrolled":
      return scroll(step, input.atBottom);
    case "name_asked":
      if (state.namer !== "user") return;
      if (room.joinError?.code === "name_taken") return askForName(step, room.name);
      return update(step, {
        nameDialog: { reason: "change", room: "", name: state.name, error: "" },
      });
    case "name_chosen":
      return chooseName(step, input.name);
    case "name_dismissed":
      return dismissName(step);
    case "drafted":
      return draft(step, room, input.text);
    case "submitted":
      return submit(step, room, input);
    case "message_retried":
      return update(step, { outbox: retryItem(state.outbox, input.ref) });
    case "message_discarded":
      return dropItems(step, ({ ref }) => ref === input.ref);
    case "edit_wanted":
      return input.id === undefined ? editLast(step) : startEdit(step, input.id);
    case "edit_dismissed":
      return updateRoom(step, room.name, { editing: null });
    case "delete_wanted":
      return askToDelete(step, input.id);
    case "delete_confirmed":
      return confirmDelete(step, input.ref);
    case "delete_dismissed":
      return update(step, { deleting: null });
    case "delete_undone":
      return undoDelete(step, input.ref);
    case "page_left":
      return update(step, { outbox: releaseDeletions(state.outbox) });
    case "older_wanted":
      return requestOlder(step, room);
    case "gap_wanted":
      return fillGap(step, room.name, input.key, input);
    case "first_unread_wanted":
      return seekUnread(step, room.name);
    case "room_opened":
      return openRoom(step, input.room, input);
    case "neighbour_opened":
      return openNeighbour(step, input.direction);
    case "room_left":
      return leaveRoom(step, input.room);
    case "leave_confirmed":
      return confirmLeave(step);
    case "leave_dismissed":
      return update(step, { leaving: "" });
    case "room_muted":
      return muteRoom(step, input.room, input.muted);
    case "user_ignored":
      return ignoreUser(step, input.user, input.ignored);
    case "ignored_shown":
      return reveal(step, input.ids);
    case "theme_chosen":
      update(step, { theme: input.theme });
      return store(step, "theme", input.theme);
    case "notifications_chosen":
      update(step, { notifications: input.notifications });
      return store(step, "alerts", input.notifications);
    case "sound_chosen":
      update(step, { sound: input.sound });
      return store(step, "sound", input.sound);
    case "stored_elsewhere":
      return adoptStored(step, input.key, input.value);
    case "noticed":
      return notify(step, input.text);
  }
}

/** @param {Step} step */
function start(step) {
  const { name, namer, current } = step.state;
  const message = currentRoom(step.state).wanted?.id;
  rememberRoom(step, current);
  store(step, "current", current);
  step.effects.push({
    type: "navigate",
    room: current,
    replace: true,
    ...(message !== undefined && { message }),
  });
  if (name !== "" || namer !== "user") return connect(step);
  update(step, { nameDialog: { reason: "first", room: "", name: "", error: "" } });
}

/**
 * Closes the form that asks for a name, unless the user has none. Where a room refused the name,
 * the user goes back to the previous room.
 *
 * @param {Step} step
 */
function dismissName(step) {
  const { name, nameDialog, current } = step.state;
  if (name === "") return;
  update(step, { nameDialog: null });
  if (nameDialog?.reason === "refused" && nameDialog.room === current) giveUpRoom(step, current);
}

/**
 * @param {Step} step
 * @param {string} wanted
 */
function chooseName(step, wanted) {
  const { connection, nameDialog, limits } = step.state;
  const name = foldName(wanted);
  const error = nameProblem(name, limits.name);
  if (error !== "") {
    const { reason = "change", room = "" } = nameDialog ?? {};
    return update(step, { nameDialog: { reason, room, name, error } });
  }
  // The form stays until the server has agreed.
  if (connection.status === "online") return request(step, { type: "rename", name });
  update(step, { name, nameDialog: null });
  store(step, "name", name);
  if (connection === IDLE) connect(step);
}
