/**
 * Slash commands: texts that are carried out instead of sent. Pure.
 *
 * @module
 */

/** @import { Action } from "./reduce.js" */
/** @import { State } from "./state.js" */
import { NAME_IS_GIVEN } from "./explanations.js";
import { offerRoom, roomProblem } from "./misnamed.js";
import { foldName, nameProblem, parseRoom } from "./names.js";

/**
 * The meaning of a text: to be sent, to be carried out, or to be explained.
 *
 * @typedef {{ type: "text", text: string }
 *   | { type: "actions", actions: readonly Action[] }
 *   | { type: "help" }
 *   | { type: "problem", text: string }} Meaning
 */

/** All commands with their explanations. */
const COMMANDS = [
  { label: "/join", detail: "Join and open a room" },
  { label: "/leave", detail: "Leave this room" },
  { label: "/me", detail: "Say what you do: /me waves" },
  { label: "/name", detail: "Change your name" },
  { label: "/help", detail: "Keys, markup and commands" },
];

/**
 * The commands that a user has.
 *
 * @param {Pick<State, "namer">} state
 * @returns {typeof COMMANDS}
 */
export function commandsOf({ namer }) {
  return namer === "user" ? COMMANDS : COMMANDS.filter(({ label }) => label !== "/name");
}

/** A word that may be a command: not the beginning of a path such as /usr/bin. */
const COMMAND = /^\/([a-z]{1,32})(?!\S)/i;

/**
 * The commands that begin with a text. None once the text is all of one, so that Enter carries it
 * out.
 *
 * @param {string} text
 * @param {readonly { label: string, detail: string }[]} commands
 * @returns {{ label: string, detail: string }[]}
 */
export function matchCommands(text, commands) {
  if (!text.startsWith("/")) return [];
  const begun = text.toLowerCase();
  return commands.filter(({ label }) => label.startsWith(begun) && label !== begun);
}

/**
 * @param {string} text as it would be sent
 * @param {Pick<State, "namer" | "rooms" | "current" | "limits" | "features">} state
 * @returns {Meaning}
 */
export function parseSlash(text, state) {
  // A second slash sends the first. Comments such as "// see above" are sent as they are.
  if (/^\/\/(?!\s)/.test(text)) return { type: "text", text: text.slice(1) };
  const [whole, word] = COMMAND.exec(text) ?? [];
  if (whole === undefined || word === undefined) return { type: "text", text };
  const written = text.slice(whole.length).trim();
  switch (word.toLowerCase()) {
    case "join":
      return parseJoin(written);
    case "leave":
      return parseLeave(written, state);
    case "name":
      return parseName(written, state);
    case "me":
      return written === ""
        ? problem("Write what you do after /me, such as “/me waves”.")
        : { type: "text", text: emphasize(written) };
    case "topic":
      return problem(
        state.features.includes("charge")
          ? "A room’s topic is in its settings, which a click on its name opens."
          : "Rooms have no topics here.",
      );
    case "help":
      return { type: "help" };
  }
  return problem(
    `There is no command ${whole}: /help lists them. To send a text that begins so, write /${whole}`,
  );
}

/** @param {string} written */
function parseJoin(written) {
  const name = written.replace(/^#/, "");
  const room = parseRoom(name);
  if (room !== undefined) return actions({ type: "room_opened", room });
  if (name === "") return problem("Write the name of a room after /join, such as “/join garden”.");
  const offer = offerRoom(name);
  return problem(`${roomProblem(name)}${offer === "" ? "" : ` Try “/join ${offer}”.`}`);
}

/**
 * @param {string} written
 * @param {Pick<State, "rooms" | "current">} state
 */
function parseLeave(written, { rooms, current }) {
  if (written !== "" && parseRoom(written.replace(/^#/, "")) !== current) {
    return problem(`/leave leaves the room on show, #${current}. Write it alone.`);
  }
  if (rooms.length === 1) return problem(`You can’t leave #${current}: it is your only room.`);
  return actions({ type: "room_left", room: current });
}

/**
 * @param {string} written
 * @param {Pick<State, "namer" | "limits">} state
 */
function parseName(written, { namer, limits }) {
  if (namer !== "user") return problem(NAME_IS_GIVEN);
  if (written === "") return problem("Write your new name after /name, such as “/name Ada”.");
  const error = nameProblem(foldName(written), limits.name);
  return error === "" ? actions({ type: "name_chosen", name: written }) : problem(error);
}

/**
 * An action such as "waves" as it is sent: in asterisks, which pages show as emphasis and which
 * readers without markup know; in underscores if it has asterisks itself. Emphasis ends with the
 * paragraph, so only the first line is in it.
 *
 * @param {string} written
 */
function emphasize(written) {
  return written.replace(/^.*/, (line) => {
    const mark = line.includes("*") ? "_" : "*";
    return mark + line.trimEnd() + mark;
  });
}

/**
 * @param {string} text
 * @returns {Meaning}
 */
function problem(text) {
  return { type: "problem", text };
}

/**
 * @param {...Action} list
 * @returns {Meaning}
 */
function actions(...list) {
  return { type: "actions", actions: list };
}
