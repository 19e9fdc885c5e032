/// <reference lib="dom" />

/**
 * Dropped and pasted files: the page says that it sends text only. A browser would open them in its
 * place, or do nothing.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
import { TITLE } from "./page_settings.js";

/**
 * @param {Dispatch} dispatch
 * @returns {void}
 */
export function listenToFiles(dispatch) {
  const refuse = () => dispatch({ type: "noticed", text: `${TITLE} sends text only` });
  document.addEventListener("dragover", (event) => {
    const { dataTransfer } = event;
    if (dataTransfer === null || isText(event)) return;
    event.preventDefault();
    // The browser would open a link that is dropped outside a field.
    if (!hasFiles(dataTransfer)) dataTransfer.dropEffect = "none";
  });
  document.addEventListener("drop", (event) => {
    if (isText(event)) return;
    event.preventDefault();
    if (hasFiles(event.dataTransfer)) refuse();
  });
  document.addEventListener("paste", (event) => {
    const { clipboardData } = event;
    // A spreadsheet copies text and a picture of it.
    if (!hasFiles(clipboardData) || clipboardData?.getData("text/plain") !== "") return;
    event.preventDefault();
    refuse();
  });
}

/**
 * Whether something is dragged over a field that takes it as text.
 *
 * @param {DragEvent} event
 */
function isText({ target, dataTransfer }) {
  const isField = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  return isField && !hasFiles(dataTransfer);
}

/** @param {DataTransfer | null} data */
function hasFiles(data) {
  return data?.types.includes("Files") === true;
}
