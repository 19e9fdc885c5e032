/// <reference lib="dom" />

/**
 * Buttons that load messages, which the server gives only to those who are in the room.
 *
 * @module
 */

import { setText } from "./dom.js";

/**
 * Draws such a button. If it were disabled, it would lose the focus.
 *
 * @param {HTMLButtonElement} button
 * @param {string} label
 * @param {{ canLoad: boolean, isBusy?: boolean }} options
 * @returns {void}
 */
export function drawLoader(button, label, { canLoad, isBusy = false }) {
  setText(button, canLoad ? label : `${label} when you are back`);
  button.setAttribute("aria-disabled", String(!canLoad || isBusy));
}
