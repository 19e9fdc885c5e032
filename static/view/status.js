/// <reference lib="dom" />

/**
 * Status of the connection, and the button to retry.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { timeLeft } from "../model/countdown.js";
import { byId, setText } from "./dom.js";
import { explainOutage, isUnkept } from "../model/outage.js";
import { currentRoom } from "../model/state.js";

const LABELS = {
  idle: "",
  connecting: "Connecting…",
  online: "Online",
  offline: "Offline",
  stopped: "Disconnected",
};

const UNKEPT = "The chat can’t keep messages just now. Yours are sent as soon as it can.";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createStatusView(dispatch) {
  const status = byId("status", HTMLElement);
  const trouble = byId("trouble", HTMLElement);
  const detail = byId("trouble-detail", HTMLElement);
  const countdown = byId("trouble-countdown", HTMLElement);
  const retry = byId("retry", HTMLButtonElement);
  const rename = byId("rename", HTMLButtonElement);
  const notice = byId("notice", HTMLElement);

  retry.addEventListener("click", () => dispatch({ type: "retry_wanted" }));
  rename.addEventListener("click", () => dispatch({ type: "name_asked" }));

  return (state) => {
    const text = describeTrouble(state);
    status.dataset["status"] = state.connection.status;
    setText(status, LABELS[state.connection.status]);
    setText(detail, text);
    setText(countdown, describeCountdown(state));
    trouble.hidden = text === "";
    const { joinError } = currentRoom(state);
    rename.hidden = state.connection.status !== "online" || joinError?.code !== "name_taken";
    setText(notice, state.notice?.text ?? "");
  };
}

/**
 * @param {State} state
 * @returns {string}
 */
function describeTrouble(state) {
  const { connection } = state;
  switch (connection.status) {
    case "offline":
      return explainOutage(state);
    case "stopped":
      return state.stopReason;
    case "online":
      return currentRoom(state).joinError?.text ?? (isUnkept(state) ? UNKEPT : "");
    default:
      return "";
  }
}

/**
 * The time until the next try, or until the user is let in again. It changes every second, so it is hidden from screen readers.
 *
 * @param {State} state
 * @returns {string}
 */
function describeCountdown(state) {
  const { connection, now } = state;
  const { status, retryAt } = connection;
  if (status === "offline") {
    return retryAt <= now ? "Trying again…" : `Next try in ${timeLeft(retryAt, now)}.`;
  }
  const until = status === "online" ? currentRoom(state).joinError?.until ?? 0 : retryAt;
  return until > now && until < Infinity ? `Back in ${timeLeft(until, now)}.` : "";
}
