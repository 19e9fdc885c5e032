/// <reference lib="dom" />

/**
 * Settings dialog: theme and notifications. Other modules add the sound and ignored people.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { Notifications, State, Theme } from "../model/state.js" */
import { canNotify, mayNotify, requestPermission } from "../browser/notifications.js";
import { openedBy } from "./dialog.js";
import { byId, setText } from "./dom.js";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createSettingsView(dispatch) {
  const dialog = openedBy("settings-open", "settings");
  const note = byId("alerts-note", HTMLElement);
  const choiceFields = byId("alerts", HTMLFieldSetElement);
  /** @type {Notifications} */
  let notifications = "off";
  /** Counts the choices of notifications: the last one applies. */
  let choices = 0;

  dialog.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    if (target.name === "theme") {
      dispatch({ type: "theme_chosen", theme: /** @type {Theme} */ (target.value) });
    } else if (target.name === "alerts") {
      chooseNotifications(/** @type {Notifications} */ (target.value));
    }
  });

  /** @param {Notifications} wanted */
  async function chooseNotifications(wanted) {
    const choice = ++choices;
    if (wanted !== "off" && !mayNotify()) {
      // The user may never answer the browser's question: until then the radios show the present
      // setting.
      check("alerts", notifications);
      setText(note, "To be notified, allow it when the browser asks.");
      const isAllowed = await requestPermission();
      // The user has made another choice meanwhile.
      if (choice !== choices) return;
      if (!isAllowed) {
        return setText(note, "The browser doesn't allow notifications from this page.");
      }
    }
    setText(note, "");
    dispatch({ type: "notifications_chosen", notifications: wanted });
  }

  if (!canNotify()) {
    choiceFields.disabled = true;
    setText(note, "This browser has no notifications.");
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  function check(name, value) {
    for (const input of dialog.querySelectorAll("input")) {
      if (input.name === name) input.checked = input.value === value;
    }
  }

  /** The colours of the browser's own bars, of the light theme and of the dark one. */
  const barColors = document.querySelectorAll("meta[name=theme-color]");
  /** @type {Theme | undefined} */
  let theme;
  return (state) => {
    if (state.theme !== theme) {
      theme = state.theme;
      check("theme", theme);
      const root = document.documentElement;
      if (theme === "system") delete root.dataset["theme"];
      else root.dataset["theme"] = theme;
      ["light", "dark"].forEach((scheme, index) => {
        const media = theme === "system" ? `(prefers-color-scheme: ${scheme})` : "not all";
        barColors[index]?.setAttribute("media", scheme === theme ? "all" : media);
      });
    }
    if (state.notifications !== notifications) {
      notifications = state.notifications;
      check("alerts", notifications);
    }
  };
}
