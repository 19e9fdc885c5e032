/// <reference lib="dom" />

/**
 * Dialog in which the user chooses the emoji of a reaction: six that are at hand, or any other by
 * its name or by typing it.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { NamedEmoji } from "../model/emoji_names.js" */
/** @import { State } from "../model/state.js" */
import { randomText } from "../client/random.js";
import { createStorage } from "../browser/storage.js";
import { isEmoji } from "../model/emoji.js";
import { frequentEmoji } from "../model/emoji_use.js";
import { closeBeside } from "./dialog.js";
import { byId, element, isComposed, setText } from "./dom.js";
import { emojiTable, loadEmojiTable } from "./emoji_table.js";
import { markActive } from "./options.js";

/** The most emoji that are found: three rows. */
const MAX_FOUND = 18;
/** The emoji in a row, as the style sheet has it. */
const COLUMNS = 6;
const STEPS = new Map([
  ["ArrowLeft", -1],
  ["ArrowRight", 1],
  ["ArrowUp", -COLUMNS],
  ["ArrowDown", COLUMNS],
]);
const NONE = "No emoji of this name";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createReactionPickerView(dispatch) {
  /** A touch keyboard would cover the emoji at hand. */
  const isTouch = matchMedia("(hover: none) and (pointer: coarse)");
  const title = element("h2", { id: "picker-title", textContent: "React", tabIndex: -1 });
  const list = element("ul", { id: "picker-list", role: "listbox", "aria-label": "Emoji" });
  const field = element("input", {
    id: "picker-field",
    role: "combobox",
    type: "text",
    autocomplete: "off",
    spellcheck: false,
    placeholder: "Find or type an emoji",
    "aria-label": "Find an emoji",
    "aria-controls": "picker-list",
    "aria-autocomplete": "list",
    "aria-expanded": "true",
  });
  const name = element("p", { id: "picker-name", "aria-hidden": "true" });
  const none = element("p", { className: "unseen", role: "status" });
  const dialog = element(
    "dialog",
    { id: "picker", "aria-labelledby": "picker-title" },
    element("div", {}, title, field, list, name, none),
  );
  byId("help", HTMLDialogElement).after(dialog);
  /** The message to react to, or "". */
  let message = "";
  let room = "";
  /** @type {readonly string[]} */
  let frequent = [];
  /** @type {readonly NamedEmoji[]} */
  let found = [];
  let active = 0;
  let isLoaded = false;

  field.addEventListener("input", () => {
    active = 0;
    drawList();
  });
  dialog.addEventListener("keydown", (event) => {
    if (isComposed(event)) return;
    const step = STEPS.get(event.key);
    if (step !== undefined) {
      const next = active + step;
      if (next >= 0 && next < found.length) setActive(next);
    } else if (event.key === "Enter") {
      choose(found[active]?.emoji);
    } else {
      return;
    }
    event.preventDefault();
  });
  list.addEventListener("click", ({ target }) => {
    const option = target instanceof Element ? target.closest("li") : null;
    if (option !== null) choose(option.dataset["emoji"]);
  });
  closeBeside(dialog);
  // Escape closes it, too.
  dialog.addEventListener("close", () => dispatch({ type: "reaction_dismissed" }));

  /** @param {string | undefined} emoji */
  function choose(emoji) {
    if (emoji === undefined) return;
    const id = message;
    dialog.close();
    dispatch({ type: "reaction_toggled", ref: randomText(), id, emoji });
  }

  /** Without names the emoji at hand and typed ones can still be chosen. */
  async function loadNames() {
    await loadEmojiTable();
    if (dialog.open) drawList();
  }

  /** @returns {readonly NamedEmoji[]} */
  function findAll() {
    const names = emojiTable();
    const text = field.value.trim();
    if (text === "") return frequent.map((emoji) => ({ emoji, name: names?.nameOf(emoji) ?? "" }));
    if (isEmoji(text)) return [{ emoji: text, name: names?.nameOf(text) ?? "" }];
    return names?.findEmoji(text.replace(/^:|:$/g, "").replace(/ /g, "_"), MAX_FOUND) ?? [];
  }

  function drawList() {
    found = findAll();
    list.replaceChildren(...found.map(({ emoji, name }, index) => {
      const option = element("li", { id: `picker-${index}`, role: "option", textContent: emoji });
      if (name !== "") {
        option.title = name;
        option.setAttribute("aria-label", `${emoji} ${labelOf(name)}`);
      }
      option.dataset["emoji"] = emoji;
      return option;
    }));
    setActive(Math.min(active, Math.max(0, found.length - 1)));
  }

  /** @param {number} index */
  function setActive(index) {
    active = index;
    markActive(field, list, list.children[active]);
    const isNone = found.length === 0;
    setText(none, isNone ? NONE : "");
    setText(name, isNone ? NONE : labelOf(found[active]?.name ?? ""));
  }

  /** Takes the emoji of earlier visits into the state, of which only this dialog makes use. */
  function loadUses() {
    if (isLoaded) return;
    isLoaded = true;
    const value = createStorage(() => localStorage).read("emoji");
    dispatch({ type: "stored_elsewhere", key: "emoji", value });
  }

  return (state) => {
    loadUses();
    const { reactingTo, emojiUses, current } = state;
    if (reactingTo !== "" && reactingTo !== message && !dialog.open) {
      frequent = frequentEmoji(emojiUses);
      room = current;
      active = 0;
      field.value = "";
      drawList();
      title.autofocus = isTouch.matches;
      field.autofocus = !isTouch.matches;
      dialog.showModal();
      loadNames();
    }
    message = reactingTo;
    if (dialog.open && (reactingTo === "" || current !== room)) dialog.close();
  };
}

/** @param {string} name */
function labelOf(name) {
  return name.replace(/_/g, " ");
}
