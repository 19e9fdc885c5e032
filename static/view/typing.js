/// <reference lib="dom" />

/**
 * Line with the users who are typing.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State, Typist } from "../model/state.js" */
import { byId } from "./dom.js";
import { currentRoom } from "../model/state.js";
import { listNames } from "./user.js";

/** The most users who are named. */
const MAX_NAMED = 2;

/**
 * @param {Dispatch} _dispatch
 * @returns {(state: State) => void}
 */
export function createTypingView(_dispatch) {
  const line = byId("typing", HTMLElement);
  /** @type {readonly Typist[] | null} */
  let drawn = null;
  return (state) => {
    const { typists } = currentRoom(state);
    if (typists === drawn) return;
    drawn = typists;
    line.replaceChildren(...describe(typists));
  };
}

/** @param {readonly Typist[]} typists */
function describe(typists) {
  const users = typists.map((typist) => typist.user);
  if (users.length === 0) return [];
  if (users.length > MAX_NAMED) return ["Several people are typing"];
  return [...listNames(users), users.length === 1 ? " is typing" : " are typing"];
}
