/**
 * Secrets in the fragment of a link, where no server and no log sees them: the password of a room, and
 * a token. Pure.
 *
 * @module
 */

/** The most UTF-16 units of a password, which has at most 128 code points. */
export const MAX_PASSWORD = 256;
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
    if (name === "password" && value.length <= MAX_PASSWORD) secrets.password = value;
    if (name === "token" && value.length <= MAX_TOKEN) secrets.token = value;
  }
  return secrets;
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
