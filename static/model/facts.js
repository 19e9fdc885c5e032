/**
 * Facts about the server: the number of users, and how many messages it keeps for how long. Pure.
 *
 * @module
 */

/**
 * `users`: how many are on the server, the newcomer not counted; a private server does not say.
 * `history`: the most messages that
 * it has of a room in memory. `keepDays`: for how many days it keeps messages on a disk, 0 for ever;
 * left out, it does not.
 *
 * @typedef {{ users?: number, history: number, keepDays?: number }} Facts
 */

/**
 * Parses the response of `/healthz`. Returns undefined if it has no facts.
 *
 * @param {unknown} answer
 * @returns {Facts | undefined}
 */
export function parseFacts(answer) {
  const { users, history, keepDays } =
    /** @type {Partial<Record<string, unknown>>} */ (Object(answer));
  if (!isCount(history)) return undefined;
  return { ...(isCount(users) && { users }), history, ...(isCount(keepDays) && { keepDays }) };
}

/**
 * Describes how long messages can be read.
 *
 * @param {Facts} facts
 * @returns {string}
 */
export function describeKeeping({ history, keepDays }) {
  if (keepDays === 0) return "What is said here is kept.";
  if (keepDays === 1) return "What is said here is kept for a day.";
  if (keepDays !== undefined) return `What is said here is kept for ${format(keepDays)} days.`;
  const kept = history === 1
    ? "1 message of a room is"
    : `${format(history)} messages of a room are`;
  return `At most ${kept} kept, until the server restarts.`;
}

/**
 * Describes the beginning of a room: whether it is that of the conversation, and how long messages
 * are kept.
 *
 * @param {string} room
 * @param {{ keepDays: number | null, floor: string | null }} kept
 * @returns {string}
 */
export function describeBeginning(room, { keepDays, floor }) {
  if (keepDays === null) return "Only the newest messages are kept, until the server restarts.";
  if (keepDays === 1) return "Messages are deleted after a day.";
  if (keepDays > 0) return `Messages are deleted after ${format(keepDays)} days.`;
  return isOrigin(floor)
    ? `#${room} begins here. What is said is kept.`
    : "Older messages are no longer kept.";
}

/**
 * Describes a room without messages.
 *
 * @param {{ keepDays: number | null, floor: string | null }} kept
 * @returns {string}
 */
export function describeEmpty({ keepDays, floor }) {
  return keepDays === null || isOrigin(floor)
    ? "Nothing has been said here yet. Say hello!"
    : "There are no messages here. Say hello!";
}

/**
 * Whether nothing of a room was ever dropped.
 *
 * @param {string | null} floor
 */
function isOrigin(floor) {
  return floor !== null && /^0+$/.test(floor);
}

/**
 * Describes how many users are there, or returns "" if the server does not say.
 *
 * @param {Facts} facts
 * @returns {string}
 */
export function describePeople({ users }) {
  if (users === undefined) return "";
  if (users === 0) return "Nobody else is here yet.";
  return users === 1 ? "1 person is here now." : `${format(users)} people are here now.`;
}

/** @param {number} count */
function format(count) {
  return count.toLocaleString("en");
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
function isCount(value) {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
