/**
 * People whom the user ignores, on this device: their messages are folded and make no noise. Pure.
 *
 * @module
 */

/** @import { Message, User } from "../../chat/protocol/types.ts" */
/** @import { Entry } from "./log.js" */
/** @import { State } from "./state.js" */
/** @import { Step } from "./step.js" */
import { isMessage } from "./log.js";
import { notify, store, update, updateRooms } from "./step.js";
import { recount } from "./unread.js";

/** The most people whom a user can ignore. */
export const MAX_IGNORED = 500;
/** The most UTF-16 units of a name that another tab may have stored. */
const MAX_NAME = 256;

/**
 * @param {Step} step
 * @param {User} user
 * @param {boolean} ignored
 * @returns {void}
 */
export function ignoreUser(step, { id, name }, ignored) {
  const { state } = step;
  if (id === state.you?.id || state.ignored.has(id) === ignored) return;
  if (ignored && state.ignored.size >= MAX_IGNORED) {
    return notify(step, `You can ignore ${MAX_IGNORED} people at most`);
  }
  store(step, `ignored.${id}`, ignored ? name : null);
  adoptIgnored(step, id, ignored ? name : null);
  notify(step, ignored ? `You ignore ${name}. The settings end it` : `You ignore ${name} no more`);
}

/**
 * Takes what this tab or another one has stored of a user.
 *
 * @param {Step} step
 * @param {string} id
 * @param {unknown} name null: not ignored any more
 * @returns {void}
 */
export function adoptIgnored(step, id, name) {
  const ignored = new Map(step.state.ignored);
  if (typeof name !== "string") ignored.delete(id);
  else if (id !== "" && (ignored.has(id) || ignored.size < MAX_IGNORED)) {
    ignored.set(id, name.slice(0, MAX_NAME));
  }
  update(step, { ignored });
  updateRooms(step, (room) => {
    const typists = room.typists.filter(({ user }) => !ignored.has(user.id));
    return typists.length === room.typists.length ? room : { ...room, typists };
  });
  for (const { name } of step.state.rooms) recount(step, name);
}

/**
 * Keeps the name by which an ignored user was last seen.
 *
 * @param {Step} step
 * @param {User} user
 * @returns {void}
 */
export function noteName(step, { id, name }) {
  const known = step.state.ignored.get(id);
  if (known === undefined || known === name) return;
  update(step, { ignored: new Map(step.state.ignored).set(id, name) });
  store(step, `ignored.${id}`, name);
}

/**
 * Shows messages of ignored users until the page is loaded again.
 *
 * @param {Step} step
 * @param {readonly string[]} ids in the log
 * @returns {void}
 */
export function reveal(step, ids) {
  if (step.state.ignored.size === 0) return;
  update(step, { revealed: new Set([...step.state.revealed, ...ids]) });
}

/** @typedef {Pick<State, "ignored" | "revealed">} Ignoring */

/**
 * The log as it is drawn: messages of ignored users that follow one another are one entry. Returns
 * `entries` itself if nothing is folded.
 *
 * @param {readonly Entry[]} entries
 * @param {Ignoring} ignoring
 * @returns {readonly Entry[]}
 */
export function foldIgnored(entries, { ignored, revealed }) {
  /** @type {Entry[]} */
  const next = [];
  /** The messages of the last entry, while they go on. @type {Message[] | undefined} */
  let folded;
  for (const entry of entries) {
    if (!isMessage(entry) || !ignored.has(entry.user.id) || revealed.has(entry.id)) {
      folded = undefined;
      next.push(entry);
    } else if (folded !== undefined) folded.push(entry);
    else {
      folded = [entry];
      next.push({ ...entry, folded });
    }
  }
  return next.some((entry) => isMessage(entry) && entry.folded) ? next : entries;
}

/**
 * Makes a function that folds messages, and does it again only when something has changed.
 *
 * @returns {(entries: readonly Entry[], ignoring: Ignoring) => readonly Entry[]}
 */
export function createFolding() {
  /** @type {readonly unknown[]} */
  let from = [];
  /** @type {readonly Entry[]} */
  let folded = [];
  return (entries, { ignored, revealed }) => {
    if (ignored.size === 0) return entries;
    const inputs = [entries, ignored, revealed];
    if (inputs.some((input, index) => input !== from[index])) {
      from = inputs;
      folded = foldIgnored(entries, { ignored, revealed });
    }
    return folded;
  };
}
