/// <reference lib="dom" />

/**
 * Composer: the field for messages and its button.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { State } from "../model/state.js" */
import { byId, isComposed, setText } from "./dom.js";
import { randomText } from "../client/random.js";
import { lastEditable } from "../model/editing.js";
import { currentRoom } from "../model/state.js";
import { cleanText, isBlank } from "../model/text.js";

/** The part of the limit from which on the page shows the number of characters. */
const COUNTER_SHARE = 0.9;
/** The longest room name that fits beside the button on a phone. */
const MAX_PLACEHOLDER = 14;

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createComposerView(dispatch) {
  const form = byId("composer", HTMLFormElement);
  const field = byId("message", HTMLTextAreaElement);
  const counter = byId("counter", HTMLElement);
  const button = byId("send", HTMLButtonElement);
  /** On a touch keyboard, Enter is the only key for a new line. */
  const isTouch = matchMedia("(hover: none) and (pointer: coarse)");
  let limit = Infinity;
  let room = "";
  /** The text that was last drawn: another tab may change a draft. */
  let drawn = "";
  /** The message that is being edited, or "". */
  let edited = "";
  let canEditLast = () => false;

  let width = 0;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = cleanText(field.value);
    if (isBlank(text) && edited === "") return;
    const excess = lengthOf(text) - limit;
    if (excess > 0) {
      const characters = excess === 1 ? "1 character" : `${excess} characters`;
      return dispatch({ type: "noticed", text: `Too long by ${characters} to be sent` });
    }
    dispatch({ type: "submitted", ref: randomText(), text });
    setField("");
    field.focus();
  });
  // So that the field keeps the focus, and a phone shows its keyboard.
  button.addEventListener("mousedown", (event) => event.preventDefault());
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && field.value === "" && !event.altKey) {
      if (isComposed(event) || edited !== "" || !canEditLast()) return;
      event.preventDefault();
      return dispatch({ type: "edit_wanted" });
    }
    if (event.key !== "Enter" || isComposed(event)) return;
    const isWanted = event.ctrlKey || event.metaKey;
    if (!isWanted && (event.shiftKey || isTouch.matches)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  // A narrower field breaks its text into more lines. In the next frame, since an observer that
  // resizes what it observes is reported as an error.
  new ResizeObserver(() => {
    if (field.offsetWidth === width) return;
    width = field.offsetWidth;
    requestAnimationFrame(adapt);
  }).observe(field);
  isTouch.addEventListener("change", labelEnter);
  labelEnter();
  field.addEventListener("input", () => {
    adapt();
    dispatch({ type: "drafted", text: field.value });
  });

  /** The label of the Enter key on a touch keyboard. */
  function labelEnter() {
    field.enterKeyHint = isTouch.matches ? "enter" : "send";
  }

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
    const { name, draft, editing } = currentRoom(state);
    const text = editing?.text ?? draft;
    const isOther = (editing?.id ?? "") !== edited;
    limit = state.limits.text;
    canEditLast = () => lastEditable(state) !== "";
    if (name === room && text === drawn && !isOther) return;
    drawn = text;
    edited = editing?.id ?? "";
    setText(button, edited === "" ? "Send" : "Save");
    if (name !== room) {
      room = name;
      // A placeholder of two lines would make the field two lines high.
      field.placeholder = name.length > MAX_PLACEHOLDER ? "Write a message" : `Write to #${name}`;
      setField(text);
    } else if (field.value !== text) {
      setField(text);
    }
  };
}

/** @param {string} text */
function lengthOf(text) {
  return [...text].length;
}
