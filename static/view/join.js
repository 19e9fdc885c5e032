/// <reference lib="dom" />

/**
 * Form to join a room. It explains an invalid name, and offers the nearest valid one.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
import { byId, setText } from "./dom.js";
import { offerRoom, roomProblem } from "../model/misnamed.js";
import { parseRoom } from "../model/names.js";

/**
 * @param {Dispatch} dispatch
 * @returns {() => void}
 */
export function createJoinView(dispatch) {
  const form = byId("join", HTMLFormElement);
  const field = byId("room-name", HTMLInputElement);
  const problem = byId("room-problem", HTMLElement);
  const accept = byId("room-accept", HTMLButtonElement);
  const message = byId("message", HTMLTextAreaElement);
  let offer = "";

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const written = field.value.replace(/^\s*#/u, "");
    const room = parseRoom(written);
    if (room !== undefined) return join(room);
    explain(roomProblem(written), offerRoom(written));
    field.focus();
  });
  field.addEventListener("input", () => explain("", ""));
  accept.addEventListener("click", () => join(offer));

  /** @param {string} room */
  function join(room) {
    field.value = "";
    explain("", "");
    dispatch({ type: "room_opened", room });
    message.focus();
  }

  /**
   * @param {string} text
   * @param {string} room
   */
  function explain(text, room) {
    offer = room;
    setText(problem, text);
    setText(accept, `Join #${offer}`);
    accept.hidden = offer === "";
    field.setAttribute("aria-invalid", String(text !== ""));
  }

  return () => {};
}
