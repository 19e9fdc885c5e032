/**
 * Passes: passwords and tokens by which a server or a room lets the user in. They are kept on this
 * device until they turn out to be wrong. Pure.
 *
 * @module
 */

/** @import { Command, ErrorEvent, JoinedEvent } from "../../chat/protocol/types.ts" */
/** @import { PassDialog, State } from "./state.js" */
/** @import { Step } from "./step.js" */
import { IDLE, turnedAway } from "../client/connection.js";
import { explainPass, explainStop } from "./explanations.js";
import { yourRole } from "./roles.js";
import { findRoom } from "./state.js";
import { store, update, updateRoom } from "./step.js";

/** The name in `hello` of a user who has none yet, where it does not count. */
const NAMELESS = "Guest";

/**
 * The fields of state and storage that hold the passes of the server.
 *
 * @type {Readonly<Record<PassDialog["needs"], "serverPassword" | "token">>}
 */
export const FIELDS = { password: "serverPassword", token: "token" };

/**
 * @param {State} state
 * @returns {Extract<Command, { type: "hello" }>}
 */
export function helloCommand({ name, key, serverPassword, token }) {
  return {
    type: "hello",
    name: name === "" ? NAMELESS : name,
    key,
    ...(serverPassword !== "" && { password: serverPassword }),
    ...(token !== "" && { token }),
  };
}

/**
 * The server lets the user in, so its passes are kept.
 *
 * @param {Step} step
 * @returns {void}
 */
export function keepPasses(step) {
  for (const field of Object.values(FIELDS)) {
    if (step.state[field] !== "") store(step, field, step.state[field]);
  }
  update(step, { passDialog: null });
}

/**
 * The server did not let the user in: the page asks for a pass, or tries again later.
 *
 * @param {Step} step
 * @param {Extract<Command, { type: "hello" }>} hello
 * @param {ErrorEvent} error
 * @returns {void}
 */
export function refuseEntry(step, hello, { code, needs = "password", retryMs }) {
  const { state: { connection, passDialog }, now, random } = step;
  step.effects.push({ type: "close" });
  if (code === "unauthorized") {
    const isWrong = hello[needs] !== undefined;
    return askForPass(step, needs, isWrong ? explainPass(needs, "wrong") : "");
  }
  const isPassed = hello.password !== undefined || hello.token !== undefined;
  const isGuessed = code === "rate_limited" && isPassed;
  const next = turnedAway(connection, { ...(retryMs !== undefined && { retryMs }), now, random });
  update(step, { connection: next, outage: isGuessed ? "guessed" : "busy" });
  if (passDialog === null || !isGuessed) return;
  const error = explainPass(passDialog.needs, "guessed");
  update(step, { passDialog: { ...passDialog, error, until: next.retryAt } });
}

/**
 * Stops, forgets the pass of the server that was refused or has expired, and asks for another, if one
 * can be entered.
 *
 * @param {Step} step
 * @param {PassDialog["needs"]} needs
 * @param {string} error
 * @returns {void}
 */
export function askForPass(step, needs, error) {
  const field = FIELDS[needs];
  if (step.state[field] !== "") store(step, field, null);
  // A proxy that named nobody takes no token.
  const isUnnamed = needs === "token" && step.state.namer === "proxy";
  update(step, {
    connection: { ...IDLE, status: "stopped" },
    stopReason: explainStop(isUnnamed ? "proxy" : needs),
    [field]: "",
    passDialog: isUnnamed ? null : { needs, error, until: 0 },
  });
}

/**
 * A room let the user in, so its password is kept, if there is one.
 *
 * @param {Step} step
 * @param {Command | undefined} command the join
 * @param {JoinedEvent} joined
 * @returns {void}
 */
export function keepPassword(step, command, { room, settings }) {
  if (command?.type !== "join" || command.password === undefined) return;
  // The server looks at none of somebody with a role: it may be outdated, and must be in no link.
  const isChecked = settings?.locked === true && yourRole(step.state, { settings }) === undefined;
  const password = isChecked ? command.password : "";
  updateRoom(step, room, { password });
  store(step, `password.${room}`, password === "" ? null : password);
}

/**
 * Forgets the wrong password of a room.
 *
 * @param {Step} step
 * @param {Extract<Command, { type: "join" }>} join
 * @returns {boolean} whether there is another one, which is to be tried
 */
export function forgetPassword(step, { room, password = "" }) {
  const { password: known = "", otherPassword = "" } = findRoom(step.state, room) ?? {};
  if (known !== password) return true;
  if (password === "") return false;
  updateRoom(step, room, { password: otherPassword, otherPassword: "" });
  if (otherPassword !== "") return true;
  store(step, `password.${room}`, null);
  return false;
}
