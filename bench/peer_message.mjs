// deno-lint-ignore-file explicit-module-boundary-types -- Node and Bun run this as it is.
/**
 * What every plain peer puts on the wire for a message: the same fields as this project, and as
 * many bytes.
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
