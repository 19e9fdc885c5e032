/// <reference lib="dom" />

/**
 * How the connection is, and what is being done about it.
 *
 * @module
 */

/** @import { Dispatch } from "./app.js" */
/** @import { State } from "./state.js" */
import { secondsToRetry } from "./connection.js";
import { byId, setText } from "./dom.js";
import { currentRoom } from "./state.js";

const LABELS = {
  idle: "",
  connecting: "Connecting…",
  online: "Online",
  offline: "Offline",
  stopped: "Disconnected",
};

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createStatusView(dispatch) {
  const status = byId("status", HTMLElement);
  const trouble = byId("trouble", HTMLElement);
  const detail = byId("trouble-detail", HTMLElement);
  const retry = byId("retry", HTMLButtonElement);
  const notice = byId("notice", HTMLElement);

  retry.addEventListener("click", () => dispatch({ type: "retry_wanted" }));

  return (state) => {
    const text = describeTrouble(state);
    status.dataset["status"] = state.connection.status;
    setText(status, LABELS[state.connection.status]);
    setText(detail, text);
    trouble.hidden = text === "";
    setText(notice, state.notice?.text ?? "");
  };
}

/**
 * @param {State} state
 * @returns {string}
 */
function describeTrouble(state) {
  const { connection, now } = state;
  switch (connection.status) {
    case "offline": {
      const seconds = secondsToRetry(connection, now);
      return seconds === 0 ? "Trying again…" : `You are offline. Next try in ${seconds} s.`;
    }
    case "stopped":
      return connection.reason;
    default:
      return currentRoom(state).error;
  }
}
