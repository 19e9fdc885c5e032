/// <reference lib="dom" />

/**
 * What outlives the page: JSON values under keys. Each outgoing message has a key of its own, so
 * that two tabs of one user never overwrite each other's.
 *
 * @module
 */

/** @import { Outgoing } from "./outbox.js" */
/** @import { KnownRoom } from "./state.js" */
import { outgoing } from "./outbox.js";
import { randomText } from "./random.js";

const PREFIX = "parley.";

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} Backend */

/**
 * Falls back to memory where the browser refuses to store.
 *
 * @param {() => Backend} open may throw
 */
export function createStorage(open) {
  /** @type {Map<string, string>} */
  const memory = new Map();
  const backend = attempt(open);

  /**
   * @param {string} key
   * @returns {unknown}
   */
  function read(key) {
    const text = memory.get(key) ?? attempt(() => backend?.getItem(PREFIX + key));
    return text === undefined || text === null ? undefined : attempt(() => JSON.parse(text));
  }

  /**
   * @param {string} key
   * @param {unknown} value null removes
   */
  function write(key, value) {
    memory.delete(key);
    if (value === null) {
      attempt(() => backend?.removeItem(PREFIX + key));
      return;
    }
    const text = JSON.stringify(value);
    try {
      if (backend === undefined) throw new TypeError("There is no storage");
      backend.setItem(PREFIX + key, text);
    } catch {
      memory.set(key, text);
    }
  }

  /**
   * The rest of each key that begins with `prefix`.
   *
   * @param {string} prefix
   * @returns {string[]}
   */
  function list(prefix) {
    const keys = new Set(memory.keys());
    for (let i = 0; i < (backend?.length ?? 0); i++) {
      const key = attempt(() => backend?.key(i));
      if (key?.startsWith(PREFIX)) keys.add(key.slice(PREFIX.length));
    }
    return [...keys].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  }

  return { read, write, list };
}

/** @typedef {ReturnType<typeof createStorage>} PageStorage */

/**
 * The user's secret: made at the first visit, kept for ever.
 *
 * @param {PageStorage} storage
 * @returns {string}
 */
export function loadKey(storage) {
  const stored = storage.read("key");
  if (typeof stored === "string" && stored.length >= 16 && stored.length <= 128) return stored;
  const key = randomText();
  storage.write("key", key);
  return key;
}

/**
 * @param {PageStorage} storage
 * @param {string} key
 * @returns {string}
 */
export function loadText(storage, key) {
  const value = storage.read(key);
  return typeof value === "string" ? value : "";
}

/**
 * One of a few words, the first if none of them is stored.
 *
 * @template {string} Choice
 * @param {PageStorage} storage
 * @param {string} key
 * @param {readonly [Choice, ...Choice[]]} choices
 * @returns {Choice}
 */
export function loadChoice(storage, key, choices) {
  const value = storage.read(key);
  return choices.find((choice) => choice === value) ?? choices[0];
}

/**
 * The texts that are stored by room.
 *
 * @param {PageStorage} storage
 * @param {"draft" | "read"} kind
 * @returns {Record<string, string>}
 */
export function loadByRoom(storage, kind) {
  return Object.fromEntries(
    storage.list(`${kind}.`).map((room) => [room, loadText(storage, `${kind}.${room}`)]),
  );
}

/**
 * The user's rooms, in the order in which they were added. Each has a key of its own, for the sake
 * of two tabs.
 *
 * @param {PageStorage} storage
 * @returns {KnownRoom[]}
 */
export function loadRooms(storage) {
  return storage.list("room.").map((name) => {
    const { addedAt, muted } = /** @type {Partial<Record<string, unknown>>} */ (
      Object(storage.read(`room.${name}`))
    );
    return { name, addedAt: Number(addedAt) || 0, muted: muted === true };
  }).sort((a, b) => a.addedAt - b.addedAt);
}

/**
 * The messages that still wait for their ack, in the order in which they were sent.
 *
 * @param {PageStorage} storage
 * @returns {Outgoing[]}
 */
export function loadOutbox(storage) {
  return storage.list("outbox.")
    .flatMap((ref) => parseOutgoing(ref, storage.read(`outbox.${ref}`)))
    .sort((a, b) => a.queuedAt - b.queuedAt);
}

/**
 * @param {string} ref
 * @param {unknown} value
 * @returns {Outgoing[]}
 */
function parseOutgoing(ref, value) {
  if (typeof value !== "object" || value === null) return [];
  const { room, text, queuedAt } = /** @type {Partial<Record<string, unknown>>} */ (value);
  if (typeof room !== "string" || typeof text !== "string") return [];
  return [outgoing({ ref, room, text, queuedAt: Number(queuedAt) || 0 })];
}

/**
 * What `action` gives, or undefined where the browser forbids it.
 *
 * @template T
 * @param {() => T} action
 * @returns {T | undefined}
 */
function attempt(action) {
  try {
    return action();
  } catch {
    return undefined;
  }
}
