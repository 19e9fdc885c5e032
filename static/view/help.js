/// <reference lib="dom" />

/**
 * The rows of the help dialog for the composer's keys, emphasis, emoji and commands.
 *
 * @module
 */

import { NAMER } from "../browser/page_settings.js";
import { commandsOf } from "../model/slash.js";
import { byId, element } from "./dom.js";

/** @returns {void} */
export function completeHelp() {
  const [keys, markup] = byId("help", HTMLDialogElement).querySelectorAll("dl");
  const modifier = element("kbd", { textContent: "Ctrl" });
  modifier.dataset["apple"] = "⌘";
  keys?.append(
    rowOf([modifier, " ", kbd("B"), " ", kbd("I")], "Bold or italic"),
    rowOf([kbd("Tab"), " ", kbd("Enter")], "Take the suggestion; Esc closes the list"),
  );
  markup?.prepend(
    rowOf([kbd("**bold**")], "Bold"),
    rowOf([kbd("*italic*"), " ", kbd("_italic_")], "Italic"),
    rowOf([kbd("~~struck~~")], "Struck out"),
    rowOf([kbd("> quote")], "A quote, at the start of a line"),
    rowOf([kbd("- item")], "A list, at the start of a line"),
  );
  markup?.append(rowOf([kbd(":joy:")], "An emoji, suggested by its name"));
  markup?.after(
    element("h3", { textContent: "Commands" }),
    element(
      "dl",
      { className: "keys" },
      ...commandsOf({ namer: NAMER }).map(({ label, detail }) => rowOf([kbd(label)], detail)),
      rowOf([kbd("//")], "Begins a text with a slash that is no command"),
    ),
  );
}

/**
 * @param {(Node | string)[]} keys
 * @param {string} text
 */
function rowOf(keys, text) {
  return element(
    "div",
    {},
    element("dt", {}, ...keys),
    element("dd", { textContent: text }),
  );
}

/** @param {string} text */
function kbd(text) {
  return element("kbd", { textContent: text });
}
