/**
 * Explanations of the server's refusals of what a role allows: settings, kicks, mutes and bans. Pure.
 *
 * @module
 */

/** @import { ErrorEvent } from "../../chat/protocol/types.ts" */

/** A command that the page lost or can't send, besides the codes of the server. */
export const NOT_SENT = "not_sent";

/**
 * @param {{ code: ErrorEvent["code"] | typeof NOT_SENT, retryMs?: number }} error
 * @returns {string}
 */
export function explainRefusal({ code, retryMs }) {
  switch (code) {
    case "forbidden":
      return "You may not do this here.";
    case "rate_limited":
      return `That was too much at once. Try again in ${seconds(retryMs)}.`;
    case "unavailable":
      return "The chat can’t keep this just now. Try again in a moment.";
    case NOT_SENT:
      return "There is no connection. Try again when you are online.";
    case "bad_request":
      return "The chat doesn’t take this.";
    default:
      return "The chat didn’t do this. Try again.";
  }
}

/** @param {number | undefined} retryMs */
function seconds(retryMs = 1000) {
  const count = Math.max(1, Math.ceil(retryMs / 1000));
  return count === 1 ? "a second" : `${count} seconds`;
}
