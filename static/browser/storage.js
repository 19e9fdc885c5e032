/// <reference lib="dom" />

/**
 * Storage of JSON values under keys, which outlives the page. Each outgoing message has its own
 * key, so that two tabs of a user never overwrite each other's.
 *
 * @module
 */

/** @import { Change, NewMessage, Outgoing } from "../model/outbox.js" */
/** @import { KnownRoom } from "../model/state.js" */
import { outgoing } from "../model/outbox.js";
import { MAX_IGNORED } from "../model/ignoring.js";
import { parseId, parseRoom } from "../model/names.js";
import { randomText } from "../client/random.js";
import { PREFIX } from "./page_settings.js";

/** The most UTF-16 units of a name that the server looks at, and of a `ref` that it takes. */
const MAX_NAME = 256;
const MAX_REF = 64;

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} Backend */

/**
 * Makes a storage, which uses memory where the browser refuses to store.
 *
 * @param {() => Backend} open may throw
 */
export function createStorage(open) {
  /** @type {Map<string, string>} */
  const memory = new Map();
  const backend = resultOrUndefined(open);

  /**
   * @param {string} key
   * @returns {unknown}
   */
  function read(key) {
    const text = memory.get(key) ?? resultOrUndefined(() => backend?.getItem(PREFIX + key));
    return text === undefined || text === null
      ? undefined
      : resultOrUndefined(() => JSON.parse(text));
  }

  /**
   * @param {string} key
   * @param {unknown} value null removes
   */
  function write(key, value) {
    memory.delete(key);
    if (value === null) {
      resultOrUndefined(() => backend?.removeItem(PREFIX + key));
      return;
    }
    const text = JSON.stringify(value);
    if (setItem(key, text)) return;
    // The storage is full: without the old value the new one may fit, and a stale value must not
    // stay.
    resultOrUndefined(() => backend?.removeItem(PREFIX + key));
    if (!setItem(key, text)) memory.set(key, text);
  }

  /**
   * @param {string} key
   * @param {string} text
   * @returns {boolean} whether it is stored now
   */
  function setItem(key, text) {
    return backend !== undefined && resultOrUndefined(() => {
          backend.setItem(PREFIX + key, text);
          return true;
        }) === true;
  }

  /**
   * The keys that begin with `prefix`, without it.
   *
   * @param {string} prefix
   * @returns {string[]}
   */
  function list(prefix) {
    const keys = new Set(memory.keys());
    for (let i = 0; i < (backend?.length ?? 0); i++) {
      const key = resultOrUndefined(() => backend?.key(i));
      if (key?.startsWith(PREFIX)) keys.add(key.slice(PREFIX.length));
    }
    return [...keys].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  }

  /**
   * Returns true if a value outlives the page.
   *
   * @param {string} key of a value that was written or read
   * @returns {boolean}
   */
  function isKept(key) {
    return backend !== undefined && !memory.has(key);
  }

  return { read, write, list, isKept };
}

/** @typedef {ReturnType<typeof createStorage>} PageStorage */

/**
 * Listens to changes of the storage by other tabs of this user.
 *
 * @param {(key: string, value: unknown) => void} stored null: removed
 * @returns {void}
 */
export function listenToOtherTabs(stored) {
  addEventListener("storage", ({ key, newValue }) => {
    // Without a key, the whole storage was cleared.
    if (key === null || !key.startsWith(PREFIX)) return;
    const value = newValue === null ? null : resultOrUndefined(() => JSON.parse(newValue));
    if (value !== undefined) stored(key.slice(PREFIX.length), value);
  });
}

/**
 * The user's secret key, made at the first visit.
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
 * The name of the last visit, or "" if there is none or it is too long.
 *
 * @param {PageStorage} storage
 * @returns {string}
 */
export function loadName(storage) {
  const name = loadText(storage, "name");
  return name.length > MAX_NAME ? "" : name;
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
 * The stored one of some choices, or the first.
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
 * @param {"draft" | "reply" | "read" | "password"} kind
 * @returns {Map<string, string>}
 */
export function loadByRoom(storage, kind) {
  return new Map(
    storage.list(`${kind}.`).map((room) => [room, loadText(storage, `${kind}.${room}`)]),
  );
}

/**
 * The names of ignored users, by id.
 *
 * @param {PageStorage} storage
 * @returns {Map<string, string>}
 */
export function loadIgnored(storage) {
  const ids = storage.list("ignored.").slice(0, MAX_IGNORED);
  return new Map(ids.map((id) => [id, loadText(storage, `ignored.${id}`).slice(0, MAX_NAME)]));
}

/**
 * The user's rooms, in the order in which they were added. Each has its own key, so that two tabs
 * never overwrite each other's.
 *
 * @param {PageStorage} storage
 * @returns {KnownRoom[]}
 */
export function loadRooms(storage) {
  return storage.list("room.").filter(isRoom).map((name) => {
    const { addedAt, muted } = /** @type {Partial<Record<string, unknown>>} */ (
      Object(storage.read(`room.${name}`))
    );
    return { name, addedAt: Number(addedAt) || 0, muted: muted === true };
  }).sort((a, b) => a.addedAt - b.addedAt);
}

/**
 * The messages and changes that still wait for their ack, in the order in which they were sent.
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
 * The refs of the items that are still stored, or null if the storage was cleared: then a
 * missing item need not be acknowledged.
 *
 * @param {PageStorage} storage
 * @param {string} key the user's secret, which is cleared with the rest
 * @returns {string[] | null}
 */
export function storedRefs(storage, key) {
  return storage.read("key") === key ? storage.list("outbox.") : null;
}

/**
 * @param {string} name
 * @returns {boolean}
 */
function isRoom(name) {
  return parseRoom(name) === name;
}

/**
 * @param {string} ref
 * @param {unknown} value
 * @returns {Outgoing[]}
 */
function parseOutgoing(ref, value) {
  if (typeof value !== "object" || value === null) return [];
  const { room, queuedAt, ...rest } = /** @type {Partial<Record<string, unknown>>} */ (value);
  if (typeof room !== "string" || !isRoom(room)) return [];
  // The server's answers to a bad ref do not name it.
  if (ref === "" || ref.length > MAX_REF) return [];
  const content = parseContent(rest);
  if (content === undefined) return [];
  const item = outgoing({ ...content, ref, room, queuedAt: Number(queuedAt) || 0 });
  // The page may have been closed before the ack came.
  return [{ ...item, isTried: true }];
}

/**
 * @param {Partial<Record<string, unknown>>} value
 * @returns {NewMessage | Change | undefined}
 */
function parseContent({ type = "send", id, text, reply, emoji, on, isRevised, holdUntil }) {
  if (type === "send") {
    if (typeof text !== "string") return undefined;
    const answer = isId(reply) ? { reply } : {};
    return { type, text, ...answer, ...(isRevised === true && { isRevised }) };
  }
  if (!isId(id)) return undefined;
  if (type === "edit" && typeof text === "string") return { type, id, text };
  // Another tab may still show the button that undoes it.
  if (type === "delete") return { type, id, holdUntil: Number(holdUntil) || 0 };
  if (type === "react" && typeof emoji === "string" && typeof on === "boolean") {
    return { type, id, emoji, on };
  }
  return undefined;
}

/**
 * @param {unknown} value
 * @returns {value is string}
 */
function isId(value) {
  return typeof value === "string" && parseId(value) !== undefined;
}

/**
 * The result of `action`, or undefined where the browser forbids it.
 *
 * @template T
 * @param {() => T} action
 * @returns {T | undefined}
 */
function resultOrUndefined(action) {
  try {
    return action();
  } catch {
    return undefined;
  }
}
