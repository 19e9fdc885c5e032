/// <reference lib="dom" />

/**
 * The first room of the page. If the path has an invalid name, a dialog asks the user, instead of
 * opening another room.
 *
 * @module
 */

import { byId, element } from "./dom.js";
import { offerRoom, roomProblem, writtenRoom } from "../model/misnamed.js";
import { parseRoom } from "../model/names.js";

/** The most UTF-16 units of a name that are shown. */
const MAX_SHOWN = 80;

/**
 * @param {string} path
 * @param {string} otherwise the room of a path that names none
 * @returns {Promise<string>}
 */
export async function firstRoom(path, otherwise) {
  const written = writtenRoom(path);
  if (written === undefined) return otherwise;
  return parseRoom(written) ?? await askForRoom(written, otherwise);
}

/**
 * @param {string} written
 * @param {string} otherwise
 * @returns {Promise<string>}
 */
function askForRoom(written, otherwise) {
  const dialog = byId("misnamed", HTMLDialogElement);
  const title = byId("misnamed-title", HTMLElement);
  const problem = byId("misnamed-problem", HTMLElement);
  const accept = byId("misnamed-accept", HTMLButtonElement);
  const leave = byId("misnamed-leave", HTMLButtonElement);
  const offer = offerRoom(written);
  if (written.trim() === "") {
    title.textContent = "This link names no room";
    problem.textContent = "Links to rooms end with a name.";
  } else {
    const isCut = written.length > MAX_SHOWN;
    const shown = isCut ? `${written.slice(0, MAX_SHOWN)}…` : written;
    title.replaceChildren("There is no room “", element("bdi", { textContent: shown }), "”");
    problem.textContent = roomProblem(written);
  }
  accept.textContent = `Join #${offer}`;
  accept.hidden = offer === "";
  leave.textContent = `Go to #${otherwise}`;
  leave.classList.toggle("primary", offer === "");
  return new Promise((resolve) => {
    /** @param {string} room */
    const choose = (room) => {
      resolve(room);
      dialog.close();
    };
    accept.addEventListener("click", () => choose(offer));
    leave.addEventListener("click", () => choose(otherwise));
    // Escape: browsers ignore a second preventDefault().
    dialog.addEventListener("close", () => resolve(otherwise));
    dialog.showModal();
  });
}
