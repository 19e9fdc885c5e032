/// <reference lib="dom" />

/**
 * Where messages are written.
 *
 * @module
 */

/** @import { Dispatch } from "./app.js" */
/** @import { State } from "./state.js" */
import { byId, setText } from "./dom.js";
import { randomText } from "./random.js";
import { lastSentText } from "./sending.js";
import { currentRoom } from "./state.js";

/** From this share of the limit on, the characters are counted for the user to see. */
const COUNTER_SHARE = 0.9;
/** The longest name of a room for which there is room beside the button of a phone. */
const MAX_PLACEHOLDER = 14;

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createComposerView(dispatch) {
  const form = byId("composer", HTMLFormElement);
  const field = byId("message", HTMLTextAreaElement);
  const counter = byId("counter", HTMLElement);
  let limit = Infinity;
  let room = "";
  let lastSent = () => "";

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = cleanText(field.value);
    if (text.trim() === "") return;
    const excess = lengthOf(text) - limit;
    if (excess > 0) {
      return dispatch({ type: "noticed", text: `Too long by ${excess} characters to be sent` });
    }
    dispatch({ type: "submitted", ref: randomText(), text });
    setField("");
    field.focus();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && field.value === "" && !event.altKey) {
      const text = lastSent();
      if (text === "") return;
      event.preventDefault();
      setField(text);
      return dispatch({ type: "drafted", text });
    }
    // Safari ends a composition before its keydown; the old code 229 still tells.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) {
      return;
    }
    event.preventDefault();
    form.requestSubmit();
  });
  field.addEventListener("input", () => {
    adapt();
    dispatch({ type: "drafted", text: field.value });
  });

  /** @param {string} text */
  function setField(text) {
    field.value = text;
    adapt();
  }

  function adapt() {
    field.style.height = "auto";
    const borders = field.offsetHeight - field.clientHeight;
    field.style.height = `${field.scrollHeight + borders}px`;
    const length = lengthOf(cleanText(field.value));
    setText(counter, length > limit * COUNTER_SHARE ? `${length} / ${limit}` : "");
    counter.classList.toggle("over", length > limit);
  }

  return (state) => {
    const { name, draft } = currentRoom(state);
    limit = state.limits.text;
    lastSent = () => lastSentText(state);
    if (name === room) return;
    room = name;
    // A placeholder that takes two lines would make the field as high.
    field.placeholder = name.length > MAX_PLACEHOLDER ? "Write a message" : `Write to #${name}`;
    setField(draft);
  };
}

/**
 * The text as the server will count and keep it.
 *
 * @param {string} text
 * @returns {string}
 */
function cleanText(text) {
  return text.toWellFormed().replace(
    /\p{Cc}/gu,
    (control) => "\n\t".includes(control) ? control : "",
  );
}

/** @param {string} text */
function lengthOf(text) {
  return [...text].length;
}
