/// <reference lib="dom" />

/**
 * Search panel: a field with the rooms that it names, the listed rooms, and the messages that the
 * server finds below.
 * The focus stays in the field; the arrow keys move the active option (combobox pattern).
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { SearchScope, State } from "../model/state.js" */
import { closeBeside } from "./dialog.js";
import { byId, element, isComposed, setText } from "./dom.js";
import { isApple } from "./keys.js";
import { createSearchOptions } from "./search_options.js";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createSearchView(dispatch) {
  const opener = byId("search-open", HTMLButtonElement);
  const help = byId("search-key", HTMLElement);
  const apple = isApple(navigator.platform);
  const field = element("input", {
    id: "search-text",
    role: "combobox",
    inputMode: "search",
    autocomplete: "off",
    spellcheck: false,
    enterKeyHint: "go",
    "aria-label": "Search or go to a room",
    "aria-controls": "search-options",
    "aria-expanded": "true",
    "aria-autocomplete": "list",
    "aria-describedby": "search-status",
  });
  field.setAttribute("autocapitalize", "none");
  const close = element("button", { type: "button", textContent: "Close", className: "quiet" });
  const scopes = element("fieldset", { className: "scopes" }, scope("all"), scope("room"));
  scopes.prepend(element("legend", { className: "unseen", textContent: "Where to search" }));
  const status = element("p", { id: "search-status", className: "hint", role: "status" });
  const list = element("div", {
    id: "search-options",
    role: "listbox",
    "aria-label": "Results",
  });
  const dialog = element(
    "dialog",
    { id: "search", "aria-label": "Search or go to a room" },
    element(
      "div",
      {},
      element("div", { className: "search-bar" }, field, close),
      scopes,
      status,
      list,
    ),
  );
  const options = createSearchOptions(list, field, {
    dispatch,
    // At once, since nothing outside of an open dialog takes the focus.
    leave: () => dialog.close(),
  });
  document.body.append(dialog);
  const shortcut = apple ? "⌘K" : "Ctrl+K";
  let label = "";

  opener.addEventListener("click", () => dispatch({ type: "search_opened" }));
  close.addEventListener("click", () => dialog.close());
  closeBeside(dialog);
  dialog.addEventListener("close", () => dispatch({ type: "search_closed" }));
  field.addEventListener("input", () => dispatch({ type: "search_typed", text: field.value }));
  field.addEventListener("keydown", (event) => {
    const { key, altKey, ctrlKey, metaKey } = event;
    if (isComposed(event) || altKey || ctrlKey || metaKey) return;
    if (key === "ArrowDown") options.move(1);
    else if (key === "ArrowUp") options.move(-1);
    else if (key === "Enter") options.choose();
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
    const isWanted = key.toLowerCase() === "k" && !altKey && !shiftKey && !isComposed(event) &&
      (apple ? metaKey && !ctrlKey : ctrlKey && !metaKey);
    if (!isWanted) return;
    if (dialog.open) field.select();
    else if (document.querySelector("dialog[open]") !== null) return;
    else dispatch({ type: "search_opened" });
    event.preventDefault();
  });

  /** @param {string} wanted */
  function name(wanted) {
    if (wanted === label) return;
    label = wanted;
    opener.title = `${label} (${shortcut})`;
    setText(help, label);
    for (const each of [opener, field, dialog]) each.setAttribute("aria-label", label);
  }

  /** @param {SearchScope} value */
  function scope(value) {
    const input = element("input", {
      type: "radio",
      name: "search-scope",
      value,
      onchange: () => dispatch({ type: "search_scoped", scope: value }),
    });
    return element("label", {}, input, " ", element("span"));
  }

  return (state) => {
    const { search, searchScope, features } = state;
    const canSearch = features.includes("search");
    // Before the server has named its features, as in the document.
    const isUnknown = features.length === 0;
    name(canSearch || isUnknown ? "Search or go to a room" : "Go to a room");
    if (search === null) {
      if (dialog.open) dialog.close();
      return;
    }
    scopes.hidden = !canSearch;
    for (const label of scopes.querySelectorAll("label")) {
      const input = label.querySelector("input");
      if (input !== null) input.checked = input.value === searchScope;
      const text = input?.value === "all" ? "In all my rooms" : `In #${search.room}`;
      setText(label.querySelector("span") ?? label, text);
    }
    field.placeholder = canSearch ? "Rooms and messages" : "Rooms";
    if (!dialog.open) {
      field.value = search.text;
      dialog.showModal();
      field.focus();
    }
    setText(status, describeSearch(state));
    options.draw(state);
  };
}

/**
 * The status of the panel.
 *
 * @param {State} state
 * @returns {string}
 */
function describeSearch({ search, features, connection }) {
  if (search === null || search.text.trim() === "") return "";
  if (!features.includes("search")) return "Messages can’t be searched here";
  const { problem, ref, dueAt, answered, results, more, isNext } = search;
  if (problem !== "") return problem;
  if (dueAt < Infinity && connection.status !== "online") return "Searching when you are online…";
  if ((ref !== null || dueAt < Infinity) && !isNext) return "Searching…";
  if (answered === null) return "";
  if (results.length === 0) return "No messages found";
  const count = `${results.length}${more ? "+" : ""}`;
  return `${count} ${results.length === 1 && !more ? "message" : "messages"} found`;
}
