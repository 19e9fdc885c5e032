/**
 * Messages of ignored users in a log that is drawn: those that follow one another are one entry.
 * Pure.
 *
 * @module
 */

/** @import { Message } from "../../chat/protocol/types.ts" */
/** @import { Entry } from "./log.js" */
/** @import { State } from "./state.js" */
import { isMessage } from "./log.js";

/** @typedef {Pick<State, "ignored" | "revealed">} Ignoring */

/**
 * Returns `entries` itself if nothing is folded.
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
