/**
 * The part of a client's session that its storage keeps for the next client.
 *
 * @module
 */

/** @import { Item } from "./outbox.js" */
/** @import { Session } from "./session.js" */
import { commandOf, outgoing } from "./outbox.js";

const STORAGE_KEY = "parley.client";

/**
 * @param {Pick<Storage, "getItem"> | undefined} storage
 * @returns {{ key?: string, rooms?: Record<string, string>, outbox?: Item[] }}
 */
export function readSaved(storage) {
  try {
    const { key, rooms, outbox } = JSON.parse(storage?.getItem(STORAGE_KEY) ?? "{}");
    return {
      ...(typeof key === "string" && { key }),
      rooms: Object.fromEntries(
        Object.entries(Object(rooms)).filter(([, since]) => typeof since === "string"),
      ),
      outbox: (Array.isArray(outbox) ? outbox : []).filter(isItem).map((item) => ({
        ...outgoing(item),
        isTried: true,
      })),
    };
  } catch {
    return {};
  }
}

/**
 * @param {Pick<Storage, "setItem"> | undefined} storage
 * @param {string} key of the user
 * @param {Session} session
 * @returns {void}
 */
export function writeSaved(storage, key, { rooms, outbox }) {
  const known = rooms.flatMap(({ name, since }) => since === null ? [] : [[name, since]]);
  const saved = { key, rooms: Object.fromEntries(known), outbox };
  try {
    storage?.setItem(STORAGE_KEY, JSON.stringify(saved));
  } catch {
    // Full or forbidden: the client goes on without.
  }
}

/**
 * @param {Partial<Item> | null} item
 * @returns {item is Item}
 */
function isItem(item) {
  return typeof item?.ref === "string" && typeof item.room === "string" &&
    commandOf(/** @type {Item} */ (item)) !== undefined;
}
