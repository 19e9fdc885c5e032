/**
 * Why there is no connection: what two requests tell of it, and how the page says it. Pure.
 *
 * @module
 */

/** @import { State } from "./state.js" */

/**
 * `sent_away`: the server asked everyone to come back later. `stopping`: it lets nobody in, since
 * it stops. `full`: it has no place for one more. `crowded`: it has none for this address.
 * `forbidden`: it refuses the page. `blocked`: it answers, but no WebSocket comes through.
 *
 * @typedef {"sent_away" | "stopping" | "full" | "crowded" | "forbidden" | "blocked" | "unreachable"} Outage
 */

/** So many connections must have failed in turn before something is said to block them. */
const BLOCKED_ATTEMPTS = 3;

/**
 * The finding of a probe.
 *
 * @param {number} health the status with which `/healthz` was answered, 0 if it was not
 * @param {number} upgrade that of `/ws`, which tells why an upgrade would be refused
 * @returns {Outage}
 */
export function outageOf(health, upgrade) {
  if (health === 0) return "unreachable";
  if (health === 503) return "stopping";
  switch (upgrade) {
    case 403:
      return "forbidden";
    case 429:
      return "crowded";
    case 503:
      return "full";
    case 426:
      return "blocked";
    default:
      return "unreachable";
  }
}

/**
 * Why the page has no connection, and what can be done about it.
 *
 * @param {Pick<State, "connection" | "hasNetwork" | "outage">} state
 * @returns {string}
 */
export function explainOutage({ connection, hasNetwork, outage }) {
  if (!hasNetwork) return "You are offline.";
  switch (outage) {
    case "sent_away":
      return "The chat has asked everyone to come back in a moment.";
    case "stopping":
      return "The chat is being stopped, perhaps to start again.";
    case "full":
      return "The chat is full. You get in when somebody has left.";
    case "crowded":
      return "Too many connections to the chat come from your network. Close it in other tabs, or wait.";
    case "forbidden":
      return "The chat doesn’t let this page in. Ask those who run it.";
    case "blocked":
      // One that failed may have come just before the server was there.
      return connection.attempt < BLOCKED_ATTEMPTS
        ? NO_CONNECTION
        : "The chat answers, but doesn’t let this page stay connected. Try another network or " +
          "browser; if that doesn’t help, tell those who run the chat.";
    default:
      return NO_CONNECTION;
  }
}

const NO_CONNECTION = "No connection to the chat.";
