/// <reference lib="dom" />

/**
 * Fields of a room's settings: topic, who may write and how often, and the directory.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { Part } from "./room_dialog.js" */
/** @import { SettingName } from "../model/room_settings.js" */
import { element, setText } from "./dom.js";
import { mayDo } from "../model/permissions.js";

/** The times of slow mode that are offered, in milliseconds. */
const SLOW = [0, 5000, 30_000, 60_000, 300_000, 3_600_000];

/**
 * @param {Dispatch} dispatch
 * @returns {Part}
 */
export function createRoomFields(dispatch) {
  let room = "";
  const topic = element("input", {
    id: "room-topic",
    autocomplete: "off",
    dir: "auto",
    "aria-describedby": "room-topic-problem",
  });
  const save = element("button", { textContent: "Save" });
  const form = element(
    "form",
    { className: "field-row", noValidate: true },
    topic,
    save,
  );
  topic.addEventListener("input", () => {
    dispatch({ type: "setting_typed", change: { topic: topic.value } });
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dispatch({ type: "setting_chosen", room, change: { topic: topic.value } });
  });
  const readOnly = checkbox((readOnly) =>
    dispatch({ type: "setting_chosen", room, change: { readOnly } })
  );
  const listed = checkbox((listed) =>
    dispatch({ type: "setting_chosen", room, change: { listed } })
  );
  const slow = element("select", { id: "room-slow", "aria-describedby": "room-slow-problem" });
  slow.addEventListener("change", () => {
    dispatch({ type: "setting_chosen", room, change: { slowMs: Number(slow.value) } });
  });
  const problems = /** @type {const} */ ({
    topic: problemOf("room-topic-problem"),
    readOnly: problemOf("room-read-only-problem"),
    slowMs: problemOf("room-slow-problem"),
    listed: problemOf("room-listed-problem"),
  });
  const node = element(
    "div",
    { className: "room-fields" },
    element("label", { htmlFor: topic.id, textContent: "Topic" }),
    form,
    problems.topic,
    element("label", { className: "check" }, readOnly, " Read only: moderators alone may write"),
    problems.readOnly,
    element("label", { className: "check" }, listed, " Listed: everybody can find the room"),
    problems.listed,
    element("label", { htmlFor: slow.id, textContent: "Slow mode" }),
    slow,
    problems.slowMs,
  );

  return {
    node,
    draw(state, { name, settings, ...rest }, { typed, problems: texts }) {
      if (settings === null) return;
      room = name;
      const shown = { ...settings, ...typed };
      const may = (/** @type {"topic" | "readOnly" | "slowMs" | "listed"} */ setting) =>
        mayDo(state, { ...rest, name, settings }, `set ${setting}`);
      for (const field of [topic, save]) field.disabled = !may("topic");
      setValue(topic, shown.topic);
      readOnly.disabled = !may("readOnly");
      readOnly.checked = shown.readOnly;
      listed.disabled = !may("listed");
      listed.checked = shown.listed;
      slow.disabled = !may("slowMs");
      fillSlow(slow, shown.slowMs);
      for (const [setting, problem] of Object.entries(problems)) {
        setText(problem, texts[/** @type {SettingName} */ (setting)] ?? "");
      }
      topic.setAttribute("aria-invalid", String(problems.topic.textContent !== ""));
    },
  };
}

/**
 * Sets the text of a field; the caret stays where it is the same.
 *
 * @param {HTMLInputElement} field
 * @param {string} value
 * @returns {void}
 */
export function setValue(field, value) {
  if (field.value !== value) field.value = value;
}

/**
 * The line for the problem of a field.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function problemOf(id) {
  return element("p", { id, className: "error", role: "alert" });
}

/** @param {(isOn: boolean) => void} chosen */
function checkbox(chosen) {
  const box = element("input", { type: "checkbox" });
  box.addEventListener("change", () => chosen(box.checked));
  return box;
}

/**
 * @param {HTMLSelectElement} select
 * @param {number} slowMs
 */
function fillSlow(select, slowMs) {
  const value = String(slowMs);
  if (select.value === value) return;
  // A time that was set by other means is kept.
  const times = [...new Set([...SLOW, slowMs])].sort((a, b) => a - b);
  select.replaceChildren(
    ...times.map((ms) => element("option", { value: String(ms), textContent: describeSlow(ms) })),
  );
  select.value = value;
}

/** @param {number} ms */
function describeSlow(ms) {
  if (ms === 0) return "Off";
  const [size, unit] = ms % 3_600_000 === 0
    ? [3_600_000, "hour"]
    : ms % 60_000 === 0
    ? [60_000, "minute"]
    : [1000, "second"];
  const count = ms / size;
  return `One message every ${count === 1 ? unit : `${count} ${unit}s`}`;
}
