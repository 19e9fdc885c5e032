/**
 * Explanations of the server's errors for users, with what they can do. The server's own texts are
 * for programmers. Pure.
 *
 * @module
 */

/** @import { ErrorEvent } from "../../chat/protocol/types.ts" */

/**
 * Codes of later versions are known too.
 *
 * @typedef {Pick<ErrorEvent, "retryMs"> & { code: string }} Refused
 */

/**
 * Explains why a room can't be entered.
 *
 * @param {string} code
 * @param {{ room: string, name: string, joinedCount: number, hasPassword?: boolean }} context the
 *   name of the user, in how many rooms the user is, and whether a password was given
 * @returns {string}
 */
export function explainJoin(code, { room, name, joinedCount, hasPassword = false }) {
  const out = `You are not in #${room}:`;
  switch (code) {
    case "rate_limited":
      if (hasPassword) return `#${room} can’t be entered just now: ${GUESSED}`;
      return `#${room} can’t be entered just now. Trying again…`;
    case "unavailable":
    case "internal":
      return `#${room} can’t be entered just now. Trying again…`;
    case "name_taken":
      return `${out} somebody there is called “${name}”, or has a name that looks the same.`;
    case "room_full":
      return `${out} it is full. You get in when somebody has left: this page keeps trying.`;
    case "too_many_rooms":
      return `${out} you are in ${joinedCount} rooms, and no more are allowed. ` +
        "Leave one of them first.";
    case "room_invalid":
      return `${out} there can be no room of that name. Join one with another name.`;
    case "unauthorized":
      return hasPassword
        ? `${out} that is not its password, or not any more. Ask those who are in it.`
        : `${out} it has a password.`;
    case "forbidden":
      return `${out} it is closed to you. Ask those who are in it.`;
    case "kicked":
    case "banned":
      return `You were sent out of #${room}.`;
    default:
      return `${out} the chat didn’t let you in. Reload the page to try again.`;
  }
}

const GUESSED = "too many wrong passwords came from your network.";

/**
 * Explains why the password of the chat, or a token, was refused.
 *
 * @param {"password" | "token"} needs
 * @param {"wrong" | "expired" | "guessed"} reason
 * @returns {string}
 */
export function explainPass(needs, reason) {
  if (reason === "guessed") return `Not just now: ${GUESSED}`;
  if (reason === "expired") return "You were let in for a time, which is over.";
  return needs === "password"
    ? "That is not the password, or not any more."
    : "That lets nobody in, or not any more.";
}

/**
 * Explains why the page is not connected when it has no password or token, or no proxy names its user.
 *
 * @param {"password" | "token" | "proxy"} needs
 * @returns {string}
 */
export function explainStop(needs) {
  switch (needs) {
    case "password":
      return "This chat has a password.";
    case "token":
      return "This chat lets in those who come from another page, with a link.";
    case "proxy":
      return "This chat was not told who you are. Sign in again, and reload the page.";
  }
}

/**
 * Explains why the page does not connect again after a close code.
 *
 * @param {number} code
 * @returns {string}
 */
export function explainClosure(code) {
  switch (code) {
    case 1003:
    case 4500:
      return "The chat doesn’t understand this page, which may be an old one. Reload it.";
    case 1009:
      return "A message is too large for this chat. Discard it, and try again.";
    case 4501:
      return "Too much was sent in a short time. Wait a minute, and try again.";
    case 4502:
      return "You were sent out of this chat.";
    case 4503:
      return "You were let in for a time, which is over. Come back with a new link.";
    default:
      return `The chat has ended the connection (number ${code}). Reload the page to try again.`;
  }
}

/** Explains why a name can't be changed. */
export const NAME_IS_GIVEN = "Your name is given to you in this chat, and can’t be changed here.";

/**
 * Explains why a name was refused.
 *
 * @param {Refused} error
 * @param {number} limit in code points
 * @returns {string}
 */
export function explainName({ code }, limit) {
  switch (code) {
    case "name_invalid":
      return `That can’t be a name. Use 1 to ${limit} letters of one alphabet, digits, signs and ` +
        "emoji, and nothing that can’t be seen.";
    case "rate_limited":
    case "unavailable":
    case "internal":
      return "Your name can’t be taken just now. Try again in a moment.";
    case "muted":
      return "You may only read in one of your rooms now, and keep your name until that is over.";
    case "forbidden":
      return NAME_IS_GIVEN;
    default:
      return "The chat didn’t take that name. Reload the page to try again.";
  }
}

/**
 * Explains why a message was not sent, after the words "Not sent: ".
 *
 * @param {Refused} error
 * @returns {string}
 */
export function explainMessage({ code, retryMs }) {
  switch (code) {
    case "text_invalid":
      return "it is too long for this chat, or shows nothing. Discard it, and write it anew.";
    case "internal":
      return "something went wrong in the chat.";
    case "read_only":
      return "only moderators may write in this room.";
    case "muted":
      return "you may only read here now.";
    case "kicked":
    case "banned":
      return `you were sent out.${whenAgain(retryMs)}`;
    case "forbidden":
    case "unauthorized":
      return "you may not write here.";
    case "not_found":
      return "the message that it answers is not there any more. Try again to send it without.";
    default:
      return "the chat didn’t take it.";
  }
}

const NOT_CHANGED = {
  edit: "Your edit was not saved",
  delete: "The message was not deleted",
  react: "Your reaction was not saved",
};

/**
 * Explains why a change of a message was not made.
 *
 * @param {keyof typeof NOT_CHANGED} type
 * @param {Refused} error
 * @returns {string}
 */
export function explainChange(type, error) {
  return `${NOT_CHANGED[type]}: ${explainRefusal(type, error)}`;
}

/**
 * @param {keyof typeof NOT_CHANGED} type
 * @param {Refused} error
 */
function explainRefusal(type, error) {
  switch (error.code) {
    case "not_found":
      return "the message is not there any more.";
    case "forbidden":
      return type === "react" ? "you may not react here." : "you may not do that.";
    case "emoji_invalid":
      return "the chat doesn’t know this emoji.";
    case "too_many_reactions":
      return "the message has as many different reactions as are allowed.";
    default:
      return explainMessage(error);
  }
}

/** @param {number | undefined} retryMs */
function whenAgain(retryMs) {
  if (retryMs === undefined) return "";
  const minutes = Math.max(1, Math.ceil(retryMs / 60_000));
  if (minutes < 120) return ` Come back in ${minutes} ${minutes === 1 ? "minute" : "minutes"}.`;
  const hours = Math.ceil(minutes / 60);
  return hours < 48
    ? ` Come back in ${hours} hours.`
    : ` Come back in ${Math.ceil(hours / 24)} days.`;
}
