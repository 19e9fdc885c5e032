/// <reference lib="dom" />

/**
 * List of suggestions above the composer. The field keeps the focus, and names the active one with
 * `aria-activedescendant`: a text field of several lines can't have the role of a combobox, so
 * the number of suggestions is announced.
 *
 * @module
 */

/** @import { Completion, Item, Kind } from "../model/completion.js" */
/** @import { State } from "../model/state.js" */
import { completionAt, hasEmojiName, writeItem } from "../model/completion.js";
import { commandsOf } from "../model/slash.js";
import { currentRoom } from "../model/state.js";
import { peopleToMention, roomsToLink } from "../model/suggestions.js";
import { byId, element, isComposed, setText } from "./dom.js";
import { emojiTable, loadEmojiTable } from "./emoji_table.js";
import { insertText } from "./insert_text.js";
import { markActive } from "./options.js";
import { userAvatar } from "./user.js";

/** @type {Readonly<Record<Kind, string>>} */
const LABELS = { name: "People", emoji: "Emoji", room: "Rooms", command: "Commands" };

/** @returns {(state: State) => void} */
export function createCompletionView() {
  const form = byId("composer", HTMLFormElement);
  const field = byId("message", HTMLTextAreaElement);
  const list = element("ul", {
    id: "completion",
    className: "completion",
    role: "listbox",
    hidden: true,
  });
  const count = element("p", { className: "unseen", "aria-live": "polite" });
  /** On a touch keyboard, all that is typed may be a composition. */
  const isTouch = matchMedia("(hover: none) and (pointer: coarse)");
  /** @type {State | undefined} */
  let state;
  let room = "";
  /** @type {(Completion & { text: string, active: number }) | undefined} */
  let open;
  /** The word at which the user closed the list. @type {{ start: number, text: string } | undefined} */
  let closed;

  field.setAttribute("aria-autocomplete", "list");
  form.append(list, count);

  field.addEventListener("input", (event) => {
    if (event instanceof InputEvent && event.isComposing && !isTouch.matches) hide();
    else suggest();
  });
  field.addEventListener("compositionend", suggest);
  field.addEventListener("blur", hide);
  document.addEventListener("selectionchange", () => {
    if (open !== undefined && field.selectionEnd !== open.end) suggest();
  });
  // Before the composer's own listener.
  form.addEventListener("keydown", (event) => {
    if (open === undefined || isComposed(event)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (!isCurrent() || !useKey(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });
  // So that the field keeps the focus, and a phone shows its keyboard.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", ({ target }) => {
    const option = target instanceof Element ? target.closest("li") : null;
    if (option !== null && isCurrent()) take([...list.children].indexOf(option));
  });

  /**
   * @param {string} key
   * @returns {boolean} whether it was one of the list
   */
  function useKey(key) {
    if (open === undefined) return false;
    const { active, items, start, end, text } = open;
    switch (key) {
      case "ArrowDown":
        activate((active + 1) % items.length);
        return true;
      case "ArrowUp":
        activate((active + items.length - 1) % items.length);
        return true;
      case "Enter":
      case "Tab":
        take(active);
        return true;
      case "Escape":
        closed = { start, text: text.slice(start, end) };
        hide();
        return true;
    }
    return false;
  }

  /** Returns true if the list is that of the text and the caret now. */
  function isCurrent() {
    const { value, selectionStart, selectionEnd } = field;
    return open !== undefined && value === open.text && selectionStart === selectionEnd &&
      selectionEnd === open.end;
  }

  function suggest() {
    const { value: text, selectionStart, selectionEnd: caret } = field;
    const isWritten = document.activeElement === field && selectionStart === caret;
    const found = isWritten && state !== undefined
      ? completionAt(text, caret, sourcesOf(state))
      : undefined;
    if (hasEmojiName(text)) loadEmoji();
    // The user goes on with another word.
    if (closed !== undefined && !text.startsWith(closed.text, closed.start)) closed = undefined;
    if (found === undefined || closed?.start === found.start) return hide();
    show(found, text);
  }

  async function loadEmoji() {
    if (emojiTable() !== undefined) return;
    const text = field.value;
    if (await loadEmojiTable() !== undefined && field.value === text) suggest();
  }

  /**
   * @param {Completion} completion
   * @param {string} text
   */
  function show(completion, text) {
    const { kind, items } = completion;
    open = { ...completion, text, active: 0 };
    list.replaceChildren(...items.map((item, index) => optionOf(kind, item, index)));
    list.setAttribute("aria-label", LABELS[kind]);
    list.hidden = false;
    field.setAttribute("aria-controls", list.id);
    const [first] = items;
    const names = `${items.length} ${items.length === 1 ? "suggestion" : "suggestions"}`;
    setText(count, `${names}: ${kind === "emoji" ? first?.detail : first?.label}`);
    activate(0);
  }

  function hide() {
    if (open === undefined) return;
    open = undefined;
    list.hidden = true;
    field.removeAttribute("aria-activedescendant");
    field.removeAttribute("aria-controls");
    setText(count, "");
  }

  /** @param {number} index */
  function activate(index) {
    if (open === undefined) return;
    open.active = index;
    markActive(field, list, list.children[index])?.scrollIntoView({ block: "nearest" });
  }

  /** @param {number} index */
  function take(index) {
    const item = open?.items[index];
    if (open === undefined || item === undefined) return;
    const change = writeItem(open.text, open, item);
    hide();
    insertText(field, change);
  }

  return (next) => {
    state = next;
    const { name, draft } = currentRoom(state);
    if (name !== room || (open !== undefined && field.value !== open.text)) hide();
    if (name !== room && hasEmojiName(draft)) loadEmojiTable();
    room = name;
  };
}

/** @param {State} state */
function sourcesOf(state) {
  return {
    people: () => peopleToMention(state),
    rooms: () => roomsToLink(state),
    findEmoji: emojiTable()?.findEmoji,
    commands: currentRoom(state).editing === null ? commandsOf(state) : [],
  };
}

/**
 * @param {Kind} kind
 * @param {Item} item
 * @param {number} index
 */
function optionOf(kind, { label, detail, user }, index) {
  const option = element("li", { id: `completion-${index}`, role: "option" });
  if (user !== undefined) option.append(userAvatar(user));
  const name = element("bdi", { className: "label", textContent: label });
  // Screen readers have a name of their own for it.
  if (kind === "emoji") name.setAttribute("aria-hidden", "true");
  option.append(name);
  if (detail !== "") option.append(element("span", { className: "detail", textContent: detail }));
  return option;
}
