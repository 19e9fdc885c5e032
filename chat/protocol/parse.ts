/**
 * Parser for client frames.
 *
 * @module
 */

import { isRecord } from "./json.ts";
import { isPassword, isUserId, parseSettingsChange, PASSWORD_ERROR } from "./parse_settings.ts";
import {
  type Command,
  COMMAND_TYPES,
  type CommandType,
  MAX_HISTORY_LIMIT,
  MAX_SEARCH_LIMIT,
} from "./types.ts";

/** The `limit` of a `history` command that has none. */
const DEFAULT_HISTORY_LIMIT = 50;

/** The `limit` of a `search` command that has none. */
const DEFAULT_SEARCH_LIMIT = 20;

/** The bounds of a `history` command, of which it may have one. */
const BOUNDS = ["before", "after", "around", "since"] as const;

const MAX_REF_LENGTH = 64;
const MIN_KEY_LENGTH = 16;
const MAX_KEY_LENGTH = 128;

/** Starts of the texts of which the ids of users of tokens and proxies are made. */
const RESERVED_KEYS = /^(?:token|header):/;

/** The fault of a value that is no key. */
export const KEY_ERROR =
  `"key" must be a string of ${MIN_KEY_LENGTH} to ${MAX_KEY_LENGTH} UTF-16 units, and not begin with ` +
  '"token:" or "header:"';

/** The fault of a value that is no `ref`. */
export const REF_ERROR = `"ref" must be a string of 1 to ${MAX_REF_LENGTH} UTF-16 units`;

/** The most UTF-16 units in a token. */
export const MAX_TOKEN_LENGTH = 8_192;

/** A command, or why a frame is none. */
export type ParseResult = { readonly ok: true; readonly command: Command } | {
  readonly ok: false;
  /** What was wrong, with the field's name and its limit. */
  readonly message: string;
  /** The `ref` of the command, if it is well-formed. */
  readonly ref?: string;
  /** The type of the command, if it is well-formed. */
  readonly type?: CommandType;
};

/**
 * Parses a client's frame. Unknown fields are ignored. Never throws: a frame that is no well-formed
 * command returns a failure whose message names the field and what it must be.
 */
export function parseCommand(frame: string): ParseResult {
  let fields: Record<string, unknown>;
  try {
    const value: unknown = JSON.parse(frame);
    if (!isRecord(value)) return { ok: false, message: "A command must be a JSON object" };
    fields = value;
  } catch {
    return { ok: false, message: "The frame is not JSON" };
  }
  const { ref, type } = fields;
  if (ref !== undefined && !isRef(ref)) {
    return { ok: false, message: REF_ERROR };
  }
  const echo = ref === undefined ? {} : { ref };
  if (!isCommandType(type)) {
    return { ok: false, message: `"type" must be one of ${COMMAND_TYPES.join(", ")}`, ...echo };
  }
  const result = parseFields(type, fields, ref);
  return typeof result === "string"
    ? { ok: false, message: result, type, ...echo }
    : { ok: true, command: result };
}

function isCommandType(value: unknown): value is CommandType {
  return (COMMAND_TYPES as readonly unknown[]).includes(value);
}

/** Whether `value` can be the `ref` of a command. */
export function isRef(value: unknown): value is string {
  return isStringOf(value, 1, MAX_REF_LENGTH);
}

function isStringOf(value: unknown, min: number, max: number): value is string {
  return typeof value === "string" && value.length >= min && value.length <= max;
}

/**
 * Returns the command of a type with some fields, or what is wrong with one of them.
 *
 * @param ref of the command; empty where its sender has none, but the command needs one
 */
export function parseFields(
  type: CommandType,
  fields: Record<string, unknown>,
  ref: string | undefined,
): Command | string {
  const { room, name, text, since, before, limit, reply, id, emoji, on, password } = fields;
  const echo = ref === undefined ? {} : { ref };
  switch (type) {
    case "ping":
    case "rooms":
      return { type, ...echo };
    case "hello":
      return parseHello(fields, echo);
    case "rename":
      if (typeof name !== "string") return '"name" must be a string';
      return { type, ...echo, name };
    case "bans":
      if (room === undefined) return { type, ...echo };
      return typeof room === "string" ? { type, ...echo, room } : '"room" must be a string';
    case "ban": {
      const ban = parseBan(fields);
      return typeof ban === "string" ? ban : { type, ...echo, ...ban };
    }
    case "search": {
      if (room !== undefined && typeof room !== "string") return '"room" must be a string';
      if (typeof text !== "string") return '"text" must be a string';
      if (limit !== undefined && !isWholeOf(limit, 1, MAX_SEARCH_LIMIT)) {
        return limitError(MAX_SEARCH_LIMIT);
      }
      const command = { type, ...echo, text, limit: limit ?? DEFAULT_SEARCH_LIMIT };
      const inRoom = room === undefined ? command : { ...command, room };
      if (before === undefined) return inRoom;
      if (!isPosition(before)) return positionError("before");
      return { ...inRoom, before: before.toUpperCase() };
    }
  }
  if (typeof room !== "string") return '"room" must be a string';
  switch (type) {
    case "leave":
    case "typing":
      return { type, ...echo, room };
    case "send":
      if (ref === undefined) return '"ref" is missing: "send" needs one';
      if (typeof text !== "string") return '"text" must be a string';
      if (reply === undefined) return { type, ref, room, text };
      if (!isPosition(reply)) return positionError("reply");
      return { type, ref, room, text, reply: reply.toUpperCase() };
    case "edit":
    case "delete":
    case "react": {
      if (ref === undefined) return `"ref" is missing: "${type}" needs one`;
      if (!isPosition(id)) return positionError("id");
      const change = { ref, room, id: id.toUpperCase() };
      if (type === "delete") return { type, ...change };
      if (type === "edit") {
        return typeof text === "string" ? { type, ...change, text } : '"text" must be a string';
      }
      if (typeof emoji !== "string") return '"emoji" must be a string';
      return typeof on === "boolean"
        ? { type, ...change, emoji, on }
        : '"on" must be true or false';
    }
    case "kick":
    case "mute": {
      const ban = parseBan(fields);
      return typeof ban === "string" ? ban : { type, ...echo, room, ...ban };
    }
    case "join": {
      if (password !== undefined && !isPassword(password)) return PASSWORD_ERROR;
      const command = { type, ...echo, room, ...password !== undefined && { password } };
      if (since === undefined) return command;
      if (!isPosition(since)) return positionError("since");
      return { ...command, since: since.toUpperCase() };
    }
    case "configure": {
      const change = parseSettingsChange(fields);
      return typeof change === "string" ? change : { type, ...echo, room, ...change };
    }
    case "history": {
      if (limit !== undefined && !isWholeOf(limit, 1, MAX_HISTORY_LIMIT)) {
        return limitError(MAX_HISTORY_LIMIT);
      }
      const command = { type, ...echo, room, limit: limit ?? DEFAULT_HISTORY_LIMIT };
      const [name, another] = BOUNDS.filter((each) => fields[each] !== undefined);
      if (name === undefined) return command;
      if (another !== undefined) return `Only one of "${name}" and "${another}" may be given`;
      const bound = fields[name];
      return isPosition(bound) ? { ...command, [name]: bound.toUpperCase() } : positionError(name);
    }
  }
}

/** Returns true if `value` can be the secret key of a user. */
export function isKey(value: unknown): value is string {
  return isStringOf(value, MIN_KEY_LENGTH, MAX_KEY_LENGTH) && !RESERVED_KEYS.test(value);
}

function parseHello(
  { name, key, password, token }: Record<string, unknown>,
  echo: { readonly ref?: string },
): Command | string {
  if (typeof name !== "string") return '"name" must be a string';
  if (key !== undefined && !isKey(key)) return KEY_ERROR;
  if (password !== undefined && !isPassword(password)) return PASSWORD_ERROR;
  if (token !== undefined && !isStringOf(token, 0, MAX_TOKEN_LENGTH)) {
    return `"token" must be a string of at most ${MAX_TOKEN_LENGTH} UTF-16 units`;
  }
  return {
    type: "hello",
    ...echo,
    name,
    ...key !== undefined && { key },
    ...password !== undefined && { password },
    ...token !== undefined && { token },
  };
}

/** The longest time for which somebody is kept out: 30 days. */
const MAX_MINUTES = 43_200;

/** Returns for whom and how long a ban is, or what is wrong with it. */
function parseBan(
  { user, minutes }: Record<string, unknown>,
): { readonly user: string; readonly minutes: number } | string {
  if (!isUserId(user)) return '"user" must be the id of a user: 16 of a-z and 2-7';
  if (!isWholeOf(minutes, 0, MAX_MINUTES)) {
    return `"minutes" must be a whole number from 0 to ${MAX_MINUTES}`;
  }
  return { user, minutes };
}

function limitError(max: number): string {
  return `"limit" must be a whole number from 1 to ${max}`;
}

/** Whether `value` is 26 characters of Crockford's base32, in either case. */
export function isPosition(value: unknown): value is string {
  return typeof value === "string" && /^[0-9A-HJKMNP-TV-Z]{26}$/i.test(value);
}

function positionError(field: string): string {
  return `"${field}" must be a message id: 26 characters of Crockford's base32`;
}

function isWholeOf(value: unknown, min: number, max: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}
