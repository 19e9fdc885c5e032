/// <reference lib="dom" />

/**
 * Early name dialog: opens the form before the page's other modules are loaded, which takes more
 * round trips. It imports nothing, so that it runs first. `view/name_dialog.js` takes the form
 * over.
 *
 * @module
 */

const dialog = document.getElementById("name-dialog");
const form = document.getElementById("name-form");

if (
  dialog instanceof HTMLDialogElement && form instanceof HTMLFormElement && isFirstVisit() &&
  namesRoom()
) {
  let isSubmitted = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    isSubmitted = true;
  });
  addEventListener("error", tellFailure, { capture: true });
  // By then the page's other modules have run.
  document.addEventListener("DOMContentLoaded", () => {
    removeEventListener("error", tellFailure, { capture: true });
    if (isSubmitted) form.requestSubmit();
  });
  dialog.showModal();
}

/**
 * Says that the form has no effect, since a module is missing or broken: perhaps the server was
 * exchanged while the page was loaded.
 *
 * @param {Event} event
 */
function tellFailure(event) {
  const error = document.getElementById("name-error");
  // Of an image that is missing, nobody needs to hear.
  if (error === null || event.target instanceof HTMLImageElement) return;
  error.textContent = "Parley could not be loaded. Reload the page.";
}

/** Whether the page has stored no name, under the key that `storage.js` gives it. */
function isFirstVisit() {
  try {
    return localStorage.getItem("parley.name") === null;
  } catch {
    // No storage: the page asks for a name when it is loaded.
    return false;
  }
}

/**
 * Whether the path is that of a room: an invalid name is explained before the form asks for a name.
 */
function namesRoom() {
  return /^\/(?:r\/[a-z0-9][a-z0-9_-]{0,63}\/?)?$/i.test(location.pathname);
}
