// deno-lint-ignore-file explicit-module-boundary-types -- Node and Bun run this file as JavaScript.
/**
 * The users and messages of the peers: the same fields, and as many bytes, as this project's.
 *
 * @module
 */

let count = 0;

/** @param {string} name */
export function makeUser(name) {
  return { id: String(++count).padStart(16, "0"), name };
}

/**
 * @param {{ id: string, name: string }} user
 * @param {string} room
 * @param {string} text
 */
export function makeMessage(user, room, text) {
  const id = String(++count).padStart(26, "0");
  return { type: "message", room, id, time: Date.now(), user, text };
}
