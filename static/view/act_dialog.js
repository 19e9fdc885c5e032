/// <reference lib="dom" />

/**
 * Dialog that asks for how long somebody is to be kicked, muted or banned.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { Moderating, ModeratingAct } from "../model/moderating.js" */
/** @import { State } from "../model/state.js" */
import { closeBeside } from "./dialog.js";
import { element, setText } from "./dom.js";
import { describeMinutes, lastMessages, MINUTES } from "../model/moderating.js";
import { problemOf } from "./room_fields.js";
import { findRoom } from "../model/state.js";

/** The time that is proposed, in minutes. */
const PROPOSED = 60;

/** @type {Readonly<Record<ModeratingAct, { button: string, title: string, effect: string }>>} */
const TEXTS = {
  kick: {
    button: "Kick",
    title: "Kick ",
    effect: "They are put out of this room, and can’t come back in that time, " +
      "also under another name from the same network.",
  },
  mute: {
    button: "Mute",
    title: "Mute ",
    effect: "They can read this room, but neither write nor react in that time.",
  },
  ban: {
    button: "Ban",
    title: "Ban ",
    effect: "They are put out of the whole chat, and can’t come back in that time, " +
      "also under another name from the same network.",
  },
};

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createActDialogView(dispatch) {
  const title = element("h2", { id: "act-title" });
  const effect = element("p", { id: "act-effect", className: "hint" });
  const times = MINUTES.map((minutes, index) => {
    const input = element("input", { type: "radio", name: "minutes", value: String(minutes) });
    const longest = index === MINUTES.length - 1 ? ", or until it is ended" : "";
    return { input, row: element("label", {}, input, ` ${describeMinutes(minutes)}${longest}`) };
  });
  const deletes = element("input", { type: "checkbox" });
  const deleted = element("span");
  const deletion = element("label", { className: "check" }, deletes, " ", deleted);
  const problem = problemOf("act-problem");
  const cancel = element("button", { type: "button", className: "quiet", textContent: "Cancel" });
  const confirm = element("button", { className: "primary" });
  const form = element(
    "form",
    { noValidate: true },
    title,
    effect,
    element(
      "fieldset",
      {},
      element("legend", { textContent: "For how long" }),
      ...times.map(({ row }) => row),
    ),
    deletion,
    problem,
    element("div", { className: "actions" }, cancel, confirm),
  );
  const dialog = element(
    "dialog",
    { id: "act", "aria-labelledby": "act-title", "aria-describedby": "act-effect" },
    form,
  );
  /** The one on show. @type {Moderating | null} */
  let shown = null;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const minutes = Number(times.find(({ input }) => input.checked)?.input.value ?? PROPOSED);
    const isDeletion = !deletion.hidden && deletes.checked;
    dispatch({ type: "act_confirmed", minutes, deletes: isDeletion });
  });
  cancel.addEventListener("click", () => dialog.close());
  closeBeside(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (shown !== null) dispatch({ type: "act_dismissed" });
  });

  return (state) => {
    const { moderating } = state;
    const isNew = shown === null && moderating !== null;
    shown = moderating;
    if (moderating === null) {
      if (dialog.open) dialog.close();
      return;
    }
    if (isNew) open(state, moderating);
    confirm.disabled = moderating.ref !== null;
    setText(problem, moderating.problem);
    if (!dialog.open) {
      // Only while it is open: its labels are like those of the page.
      document.body.append(dialog);
      dialog.showModal();
    }
    if (isNew) confirm.focus();
  };

  /**
   * @param {State} state
   * @param {Moderating} moderating
   */
  function open(state, { act, room: name, user }) {
    const texts = TEXTS[act];
    title.replaceChildren(texts.title, element("bdi", { textContent: user.name }));
    if (act !== "ban") title.append(act === "kick" ? ` out of #${name}` : ` in #${name}`);
    setText(effect, texts.effect);
    setText(confirm, texts.button);
    for (const { input } of times) input.checked = Number(input.value) === PROPOSED;
    const room = findRoom(state, name);
    const hasTalk = state.features.includes("talk");
    const count = room === undefined ? 0 : lastMessages(room, user.id, state.now).length;
    deletion.hidden = act === "mute" || count === 0 || !hasTalk;
    deletes.checked = false;
    setText(deleted, `Delete their messages of the last hour (${count})`);
  }
}
