/**
 * Secrets in the fragment of a link, where no server and no log sees them: the password of a room, and
 * a token. Pure.
 *
 * @module
 */

/** The most code points of a password. */
export const MAX_PASSWORD = 128;
/** The most UTF-16 units of a token. */
export const MAX_TOKEN = 8192;
/** The most UTF-16 units of a fragment with both. */
const MAX_FRAGMENT = 16_384;

/**
 * @typedef {object} Secrets
 * @property {string} [password] of the room to which the link leads
 * @property {string} [token]
 */

/**
 * The secrets in a fragment, or undefined if it is another one.
 *
 * @param {string} hash such as "#password=open%20sesame&token=…", or ""
 * @returns {Secrets | undefined}
 */
export function parseSecrets(hash) {
  if (!/^#(?:password|token)=/.test(hash)) return undefined;
  /** @type {Secrets} */
  const secrets = {};
  for (const part of hash.slice(1, MAX_FRAGMENT).split("&")) {
    const [name, ...rest] = part.split("=");
    const value = decode(rest.join("="));
    if (name === "password") secrets.password = cutPassword(value);
    if (name === "token" && value.length <= MAX_TOKEN) secrets.token = value;
  }
  return secrets;
}

/**
 * A text without what is too long for a password: the server takes it for a wrong one, and not for a
 * command that no client would send.
 *
 * @param {string} text
 * @returns {string}
 */
export function cutPassword(text) {
  return [...text.slice(0, 2 * MAX_PASSWORD)].slice(0, MAX_PASSWORD).join("");
}

/**
 * The fragment that carries the password of a room.
 *
 * @param {string} password
 * @returns {string}
 */
export function inviteFragment(password) {
  // A lone surrogate has no encoding; the server keeps it as U+FFFD.
  const text = password.replace(/\p{Surrogate}/gu, "\uFFFD");
  return `#password=${encodeURIComponent(text)}`;
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    // Written by hand: a "%" that begins no byte.
    return text;
  }
}
