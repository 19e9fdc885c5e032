/// <reference lib="dom" />

/**
 * Changes of a text when it is sent: slash commands are carried out or explained, and names of emoji
 * become emoji.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { writeEmoji } from "../model/emoji_text.js";
import { parseSlash } from "../model/slash.js";
import { currentRoom } from "../model/state.js";
import { cleanText } from "../model/text.js";
import { byId } from "./dom.js";
import { emojiTable } from "./emoji_table.js";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createSlashView(dispatch) {
  const form = byId("composer", HTMLFormElement);
  const field = byId("message", HTMLTextAreaElement);
  const help = byId("help", HTMLDialogElement);
  /** @type {State | undefined} */
  let state;
  /** The text as it was written, and as it is to be sent. */
  let written = "";
  let sent = "";

  // Before the composer's own listener, which sends the text of the field.
  document.addEventListener("submit", (event) => {
    if (event.target !== form || state === undefined) return;
    written = field.value;
    const text = cleanText(written);
    /** @type {ReturnType<typeof parseSlash>} */
    const meaning = currentRoom(state).editing === null
      ? parseSlash(text, state)
      : { type: "text", text };
    if (meaning.type === "text") {
      const table = emojiTable();
      sent = table === undefined ? meaning.text : writeEmoji(meaning.text, table.emojiOf);
      if (sent !== text) field.value = sent;
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (meaning.type === "problem") return dispatch({ type: "noticed", text: meaning.text });
    // First, so that a room that is left has no draft.
    field.value = "";
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    if (meaning.type === "help") return help.showModal();
    for (const action of meaning.actions) dispatch(action);
  }, { capture: true });
  document.addEventListener("submit", (event) => {
    // It was not sent: perhaps it is too long.
    if (event.target === form && field.value !== "" && field.value === sent) field.value = written;
  });

  return (next) => {
    state = next;
  };
}
