/**
 * Part of the reducer for the forms that ask for passwords and tokens. Pure.
 *
 * @module
 */

/** @import { Input } from "./reduce.js" */
/** @import { Step } from "./step.js" */
import { ABNORMAL_CLOSURE } from "../client/connection.js";
import { cutPassword, MAX_TOKEN } from "./invitation.js";
import { FIELDS } from "./passes.js";
import { connect, lose } from "./reconnect.js";
import { findRoom } from "./state.js";
import { update, updateRoom } from "./step.js";

/**
 * @param {Step} step
 * @param {Input} input
 * @param {() => void} next the rest of the reducer
 * @returns {void}
 */
export function reducePasses(step, input, next) {
  switch (input.type) {
    case "pass_given":
      return givePass(step, input.needs, input.text);
    case "pass_dismissed":
      return update(step, { passDialog: null });
    case "password_given":
      return givePassword(step, input.room, input.text);
    case "stored_elsewhere":
      adopt(step, input.key, input.value);
  }
  next();
}

/**
 * @param {Step} step
 * @param {keyof typeof FIELDS} needs
 * @param {string} text
 */
function givePass(step, needs, text) {
  const { connection, passDialog } = step.state;
  const pass = needs === "password" ? cutPassword(text) : text.slice(0, MAX_TOKEN);
  if (pass === "") return;
  update(step, { [FIELDS[needs]]: pass });
  if (passDialog !== null) update(step, { passDialog: { ...passDialog, error: "" } });
  // Of a link that is followed while the page is open.
  if (connection.status === "online") lose(step, ABNORMAL_CLOSURE);
  // The server looks at none before the wait after too many wrong ones is over.
  if (connection.status !== "offline") connect(step);
}

/**
 * @param {Step} step
 * @param {string} name
 * @param {string} text
 */
function givePassword(step, name, text) {
  const room = findRoom(step.state, name);
  const password = cutPassword(text);
  if (room === undefined || room.status === "joined" || password === "") return;
  updateRoom(step, name, { password, joinAt: Math.max(step.now, room.joinError?.until ?? 0) });
}

/**
 * Takes what was entered in another tab, where this one asks for it, too.
 *
 * @param {Step} step
 * @param {string} key
 * @param {unknown} value
 */
function adopt(step, key, value) {
  if (typeof value !== "string") return;
  const [kind = "", ...rest] = key.split(".");
  const name = rest.join(".");
  const { passDialog } = step.state;
  if (passDialog !== null && kind === FIELDS[passDialog.needs]) {
    return givePass(step, passDialog.needs, value);
  }
  const isAsked = findRoom(step.state, name)?.joinError?.needs === "password";
  if (kind === "password" && isAsked) givePassword(step, name, value);
}
