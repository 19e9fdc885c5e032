/// <reference lib="dom" />

/**
 * Early name dialog: opens the form before the page's other modules are loaded, which takes more
 * round trips, and says if one of them can't be loaded. It imports nothing, so that it runs first.
 * `view/name_dialog.js` takes the form over.
 *
 * @module
 */

const { base = "/", namer } = document.documentElement.dataset;
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
  // By then the page's other modules have run.
  document.addEventListener("DOMContentLoaded", () => {
    if (isSubmitted) form.requestSubmit();
  });
  dialog.showModal();
}
addEventListener("error", tellFailure, { capture: true });
document.addEventListener("DOMContentLoaded", () => {
  removeEventListener("error", tellFailure, { capture: true });
});

/**
 * Says that the page has no effect, since a module is missing or broken: perhaps the server was
 * exchanged while the page was loaded.
 *
 * @param {Event} event
 */
function tellFailure(event) {
  if (event.target instanceof HTMLImageElement) return;
  const isAsked = dialog instanceof HTMLDialogElement && dialog.open;
  const place = document.getElementById(isAsked ? "name-error" : "notice");
  if (place !== null) place.textContent = `${document.title} could not be loaded. Reload the page.`;
}

/**
 * Returns true if the page has stored no name, under the key that `storage.js` gives it, nor does
 * the server get one from a token or a proxy. In a frame the page itself opens the form, without
 * taking the focus.
 */
function isFirstVisit() {
  if (namer !== undefined || /[?&]embed\b/.test(location.search)) return false;
  try {
    return localStorage.getItem(`parley${base.slice(1)}.name`) === null;
  } catch {
    // No storage: the page asks for a name when it is loaded.
    return false;
  }
}

/**
 * Whether the path is that of a room: an invalid name is explained before the form asks for a name.
 */
function namesRoom() {
  return /^(?:r\/[a-z0-9][a-z0-9_-]{0,63}\/?)?$/i.test(location.pathname.slice(base.length));
}
