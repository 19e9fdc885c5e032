/**
 * Outages: the cause of a missing connection, found by two requests, and its explanation. Pure.
 *
 * @module
 */

/** @import { State } from "./state.js" */
import { explainPass } from "./explanations.js";

/**
 * `sent_away`: the server asked everyone to come back later. `stopping`: it accepts no connection,
 * since it stops. `full`: it has no place for one more. `crowded`: it has no place for another
 * connection of this IP address. `forbidden`: it refuses the page. `blocked`: it answers requests,
 * but WebSockets fail. `busy`: it could not let the user in. `guessed`: too many wrong passwords came
 * from the user's IP address.
 *
 * @typedef {"sent_away" | "busy" | "guessed" | "stopping" | "full" | "crowded" | "forbidden" | "blocked" | "unreachable"} Outage
 */

/** The refusals in a row of which the user is told. A single one may come before a `bye`. */
const UNKEPT_REFUSALS = 2;
/** The connections that must fail in a row before the page says that something blocks them. */
const BLOCKED_ATTEMPTS = 3;

/**
 * The cause that the statuses of two requests show.
 *
 * @param {number} health the status of `/healthz`, 0 if there was no response
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
 * Explains why the page has no connection, and what the user can do.
 *
 * @param {Pick<State, "connection" | "hasNetwork" | "outage">} state
 * @returns {string}
 */
export function explainOutage({ connection, hasNetwork, outage }) {
  if (!hasNetwork) return "You are offline.";
  switch (outage) {
    case "sent_away":
      return "The chat has asked everyone to come back in a moment.";
    case "busy":
      return "The chat can’t let you in just now.";
    case "guessed":
      return explainPass("password", "guessed");
    case "stopping":
      return "The chat is being stopped, perhaps to start again.";
    case "full":
      return "The chat is full. You get in when somebody has left.";
    case "crowded":
      return "Too many connections to the chat come from your network. Close it in other tabs, or wait.";
    case "forbidden":
      return "The chat doesn’t let this page in. Ask those who run it.";
    case "blocked":
      // A single failure may have come just before the server was up.
      return connection.attempt < BLOCKED_ATTEMPTS
        ? NO_CONNECTION
        : "The chat answers, but doesn’t let this page stay connected. Try another network or " +
          "browser; if that doesn’t help, tell those who run the chat.";
    default:
      return NO_CONNECTION;
  }
}

/**
 * Returns true if something of the user waits since the server can keep nothing.
 *
 * @param {Pick<State, "connection" | "refusals" | "outbox">} state
 * @returns {boolean}
 */
export function isUnkept({ connection, refusals, outbox }) {
  return connection.status === "online" && refusals >= UNKEPT_REFUSALS && outbox.length > 0;
}

const NO_CONNECTION = "No connection to the chat.";
