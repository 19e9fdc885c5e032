/**
 * Facts about the server for newcomers: the number of users and how many messages are kept. Pure.
 *
 * @module
 */

/**
 * `users`: how many are on the server, the newcomer not counted. `history`: the most messages that
 * it keeps of a room, in memory.
 *
 * @typedef {{ users: number, history: number }} Facts
 */

/**
 * Parses the response of `/healthz`. Returns undefined if it has no facts.
 *
 * @param {unknown} answer
 * @returns {Facts | undefined}
 */
export function parseFacts(answer) {
  const { users, history } = /** @type {Partial<Record<string, unknown>>} */ (Object(answer));
  return isCount(users) && isCount(history) ? { users, history } : undefined;
}

/**
 * Describes how long messages can be read.
 *
 * @param {Facts} facts
 * @returns {string}
 */
export function describeKeeping({ history }) {
  const kept = history === 1
    ? "1 message of a room is"
    : `${format(history)} messages of a room are`;
  return `At most ${kept} kept, until the server restarts.`;
}

/**
 * Describes how many users are there.
 *
 * @param {Facts} facts
 * @returns {string}
 */
export function describePeople({ users }) {
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
