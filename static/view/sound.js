/// <reference lib="dom" />

/**
 * Choice of the messages that sound, in the settings.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { Notifications, State } from "../model/state.js" */
import { byId, element, setText } from "./dom.js";

/** @type {Readonly<Record<Notifications, string>>} */
const LABELS = { off: "Off", mentions: "When I am mentioned", all: "For everything said" };

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createSoundView(dispatch) {
  const note = element("p", { className: "hint", role: "status" });
  const inputs = Object.entries(LABELS).map(([value, label]) => {
    const input = element("input", { type: "radio", name: "sound", value });
    input.addEventListener("change", () => {
      dispatch({ type: "sound_chosen", sound: /** @type {Notifications} */ (value) });
    });
    return { input, row: element("label", {}, input, ` ${label}`) };
  });
  const fieldset = element(
    "fieldset",
    { className: "sound" },
    element("legend", { textContent: "Sound" }),
    ...inputs.map(({ row }) => row),
    element("button", { type: "button", textContent: "Try it", onclick: play }),
  );
  byId("alerts-note", HTMLElement).after(fieldset, note);
  /** @type {Notifications | undefined} */
  let sound;

  async function play() {
    const { playSound } = await import("../browser/sound.js");
    const isAllowed = await playSound();
    setText(note, isAllowed ? "" : "The browser doesn’t allow sound from this page.");
  }

  return (state) => {
    if (state.sound === sound) return;
    sound = state.sound;
    for (const { input } of inputs) input.checked = input.value === sound;
    if (sound !== "off") prepare();
  };
}

async function prepare() {
  const { prepareSound } = await import("../browser/sound.js");
  prepareSound();
}
