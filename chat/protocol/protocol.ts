/**
 * The wire protocol, version 1: types, parsing, encoding and codes.
 *
 * A client sends one JSON object per text frame (a {@linkcode Command}); the server sends JSON
 * arrays of {@linkcode ServerEvent}s. Everything here is pure.
 *
 * @module
 */

/** The WebSocket subprotocol, echoed to clients that offer it. */
export const SUBPROTOCOL = "chat.v1";

/** The most messages that one `history` command may ask for. */
export const MAX_HISTORY_LIMIT = 200;

/** The most members that one `joined` event names, and the size beyond which presence is a count. */
export const MAX_NAMED_MEMBERS = 200;

/** How many messages `history` answers when no limit is asked for. */
const DEFAULT_HISTORY_LIMIT = 50;
const MAX_REF_LENGTH = 64;
const MIN_KEY_LENGTH = 16;
const MAX_KEY_LENGTH = 128;

/** A user as everyone may see it. `id` is derived from the user's secret key. */
export interface User {
  readonly id: string;
  readonly name: string;
}

/** A message as it stands in the log: `id` is a ULID, `time` milliseconds since 1970. */
export interface Message {
  readonly id: string;
  readonly time: number;
  readonly user: User;
  readonly text: string;
}

/** What a client may ask for. `ref` is echoed in the answer. */
export type Command =
  | { readonly type: "hello"; ref?: string; name: string; key?: string }
  | { readonly type: "join"; ref?: string; room: string; since?: string }
  | { readonly type: "leave"; ref?: string; room: string }
  | { readonly type: "send"; ref: string; room: string; text: string }
  | { readonly type: "rename"; ref?: string; name: string }
  | { readonly type: "typing"; ref?: string; room: string }
  | {
    readonly type: "history";
    ref?: string;
    room: string;
    before?: string;
    after?: string;
    limit: number;
  }
  | { readonly type: "ping"; ref?: string };

/** The name of a {@linkcode Command}. */
export type CommandType = Command["type"];

/** Why a command was not carried out. */
export type ErrorCode =
  | "bad_request"
  | "not_welcome"
  | "not_joined"
  | "name_invalid"
  | "name_taken"
  | "room_invalid"
  | "text_invalid"
  | "rate_limited"
  | "too_many_rooms"
  | "room_full"
  | "unavailable"
  | "internal";

/** The limits that a client is told in `welcome`. */
export interface WelcomeLimits {
  /** Code points in a message. */
  readonly text: number;
  /** Code points in a name. */
  readonly name: number;
  /** UTF-8 bytes in a client's frame. */
  readonly frame: number;
  /** Messages in a `joined` event. */
  readonly history: number;
}

/** The server's first answer: who the client is, and what it may do. */
export interface WelcomeEvent {
  readonly type: "welcome";
  readonly ref?: string;
  readonly version: 1;
  readonly you: User;
  readonly heartbeatMs: number;
  readonly limits: WelcomeLimits;
}

/** The first event of a room on a connection: its state, and where its log stands. */
export interface JoinedEvent {
  readonly type: "joined";
  readonly ref?: string;
  readonly room: string;
  /** Whether nothing is missing since the `since` that was asked for. */
  readonly complete: boolean;
  /** Whether `history` has messages older than the first of `messages`. */
  readonly more: boolean;
  /** How many older messages follow as `message` events. */
  readonly follow: number;
  /** The position of the log's end, to be used as `since` later. */
  readonly head: string;
  readonly messages: readonly Message[];
  readonly members: readonly User[];
  readonly count: number;
}

/** A message, as everyone in the room gets it. */
export interface MessageEvent extends Message {
  readonly type: "message";
  readonly room: string;
}

/** The sender's receipt for a message. */
export interface AckEvent {
  readonly type: "ack";
  readonly ref: string;
  readonly room: string;
  readonly id: string;
  readonly time: number;
  readonly duplicate: boolean;
}

/** The net change of who is in a room. Lists that are empty are left out. */
export interface PresenceEvent {
  readonly type: "presence";
  readonly room: string;
  readonly joined?: readonly User[];
  readonly left?: readonly string[];
  readonly renamed?: readonly User[];
  readonly count: number;
}

/** A page of a room's log, oldest first. */
export interface HistoryEvent {
  readonly type: "history";
  readonly ref?: string;
  readonly room: string;
  readonly messages: readonly Message[];
  readonly more: boolean;
}

/** A command that was not carried out. */
export interface ErrorEvent {
  readonly type: "error";
  readonly ref?: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryMs?: number;
}

/** What the server may say. */
export type ServerEvent =
  | WelcomeEvent
  | JoinedEvent
  | { readonly type: "left"; readonly ref?: string; readonly room: string }
  | MessageEvent
  | AckEvent
  | { readonly type: "renamed"; readonly ref?: string; readonly you: User }
  | PresenceEvent
  | { readonly type: "typing"; readonly room: string; readonly user: User }
  | HistoryEvent
  | { readonly type: "pong"; readonly ref?: string }
  | { readonly type: "gap"; readonly room: string; readonly after: string; readonly before: string }
  | ErrorEvent
  | { readonly type: "bye"; readonly retryMs: number };

/** Why the server closed a connection. 4000 to 4499: come back; 4500 to 4999: stop. */
export const CloseCode = {
  GOING_AWAY: 1001,
  BINARY_FRAME: 1003,
  FRAME_TOO_LARGE: 1009,
  SLOW_CONSUMER: 4000,
  HELLO_TIMEOUT: 4001,
  INTERNAL_ERROR: 4002,
  BAD_COMMANDS: 4500,
  FLOODING: 4501,
} as const;

/** One of the codes. */
export type CloseCode = typeof CloseCode[keyof typeof CloseCode];

/** A command that could not be read. */
export interface ParseFailure {
  readonly ok: false;
  /** Says what was wrong, with the field's name and its limit. */
  readonly message: string;
  /** The command's `ref`, when it had a well-formed one. */
  readonly ref?: string;
  /** The command's type, when that much was well-formed. */
  readonly type?: CommandType;
}

/** What {@linkcode parseCommand} returns. */
export type ParseResult = { readonly ok: true; readonly command: Command } | ParseFailure;

/** Whether `value` is 26 characters of Crockford's base32, in either case. */
export function isUlid(value: string): boolean {
  return /^[0-9A-HJKMNP-TV-Z]{26}$/i.test(value);
}

/**
 * Reads a client's frame. Unknown fields are ignored. Never throws: a frame that is no well-formed
 * command gives a failure whose message names the field and what it must be.
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
    return { ok: false, message: `"ref" must be a string of 1 to ${MAX_REF_LENGTH} UTF-16 units` };
  }
  const known = isCommandType(type) ? type : undefined;
  const echo = ref === undefined ? {} : { ref };
  if (known === undefined) {
    return { ok: false, message: `"type" must be one of ${COMMAND_TYPES.join(", ")}`, ...echo };
  }
  const result = readFields(known, fields, ref);
  return typeof result === "string"
    ? { ok: false, message: result, type: known, ...echo }
    : { ok: true, command: result };
}

const COMMAND_TYPES: readonly CommandType[] = [
  "hello",
  "join",
  "leave",
  "send",
  "rename",
  "typing",
  "history",
  "ping",
];

function isCommandType(value: unknown): value is CommandType {
  return (COMMAND_TYPES as readonly unknown[]).includes(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether `value` can be the `ref` of a command. */
export function isRef(value: unknown): value is string {
  return isStringOf(value, 1, MAX_REF_LENGTH);
}

function isStringOf(value: unknown, min: number, max: number): value is string {
  return typeof value === "string" && value.length >= min && value.length <= max;
}

/** The command, or what is wrong with it. */
function readFields(
  type: CommandType,
  fields: Record<string, unknown>,
  ref: string | undefined,
): Command | string {
  const { room, name, key, text, since, before, after, limit } = fields;
  const echo = ref === undefined ? {} : { ref };
  switch (type) {
    case "ping":
      return { type, ...echo };
    case "hello":
      if (typeof name !== "string") return '"name" must be a string';
      if (key === undefined) return { type, ...echo, name };
      if (!isStringOf(key, MIN_KEY_LENGTH, MAX_KEY_LENGTH)) {
        return `"key" must be a string of ${MIN_KEY_LENGTH} to ${MAX_KEY_LENGTH} UTF-16 units`;
      }
      return { type, ...echo, name, key };
    case "rename":
      if (typeof name !== "string") return '"name" must be a string';
      return { type, ...echo, name };
  }
  if (typeof room !== "string") return '"room" must be a string';
  switch (type) {
    case "leave":
    case "typing":
      return { type, ...echo, room };
    case "send":
      if (ref === undefined) return '"ref" is missing: "send" needs one';
      if (typeof text !== "string") return '"text" must be a string';
      return { type, ref, room, text };
    case "join":
      if (since === undefined) return { type, ...echo, room };
      if (!isPosition(since)) return positionError("since");
      return { type, ...echo, room, since: since.toUpperCase() };
    case "history": {
      if (limit !== undefined && !isWholeOf(limit, 1, MAX_HISTORY_LIMIT)) {
        return `"limit" must be a whole number from 1 to ${MAX_HISTORY_LIMIT}`;
      }
      const command = { type, ...echo, room, limit: limit ?? DEFAULT_HISTORY_LIMIT };
      if (before !== undefined && after !== undefined) {
        return 'Only one of "before" and "after" may be given';
      }
      if (before !== undefined) {
        return isPosition(before)
          ? { ...command, before: before.toUpperCase() }
          : positionError("before");
      }
      if (after !== undefined) {
        return isPosition(after)
          ? { ...command, after: after.toUpperCase() }
          : positionError("after");
      }
      return command;
    }
  }
}

function isPosition(value: unknown): value is string {
  return typeof value === "string" && isUlid(value);
}

function positionError(field: string): string {
  return `"${field}" must be a message id: 26 characters of Crockford's base32`;
}

function isWholeOf(value: unknown, min: number, max: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}

/** An event as JSON, to be put into a frame by {@linkcode encodeFrame}. */
export function encodeEvent(event: ServerEvent): string {
  return JSON.stringify(event);
}

/** One text frame of the given encoded events. Without its brackets it is those events again. */
export function encodeFrame(events: readonly string[]): string {
  // Added up, not joined: the engine then copies the characters once, when the frame is sent.
  let frame = "[";
  for (const event of events) frame += frame === "[" ? event : `,${event}`;
  return `${frame}]`;
}

/** A message as it stands in `joined` and `history`; the log keeps this, so it is made once. */
export function encodeMessage(message: Message): string {
  const { id, time, user, text } = message;
  return JSON.stringify({ id, time, user: { id: user.id, name: user.name }, text });
}

/** What comes before the fields of an encoded message to make it a `message` event of `room`. */
export function messageEventPrefix(room: string): string {
  return `{"type":"message","room":${JSON.stringify(room)},`;
}

/** The `message` events of encoded messages, joined by commas. */
export function encodeMessageEvents(prefix: string, messages: readonly string[]): string {
  let events = "";
  for (const message of messages) {
    // The message's own "{" gives way to the prefix.
    events += `${events === "" ? "" : ","}${prefix}${message.slice(1)}`;
  }
  return events;
}

/** A `joined` event around members and messages that are encoded already. */
export function encodeJoined(
  event: Omit<JoinedEvent, "messages" | "members">,
  members: string,
  messages: readonly string[],
): string {
  return `${open(event)},"members":${members},"messages":[${messages.join(",")}]}`;
}

/** A `history` event around messages that are encoded already. */
export function encodeHistory(
  event: Omit<HistoryEvent, "messages">,
  messages: readonly string[],
): string {
  return `${open(event)},"messages":[${messages.join(",")}]}`;
}

/** An object as JSON, to which fields can be added. */
function open(event: Record<PropertyKey, unknown>): string {
  return JSON.stringify(event).slice(0, -1);
}
