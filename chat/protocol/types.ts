/**
 * The types of the wire protocol, version 1: commands, events and codes.
 *
 * A client sends one JSON object per text frame (a {@linkcode Command}); the server sends JSON
 * arrays of {@linkcode ServerEvent}s.
 *
 * @module
 */

import type { Role } from "./permissions.ts";
import type { Settings, SettingsChange } from "./settings.ts";

export type { Settings, SettingsChange } from "./settings.ts";

/** The WebSocket subprotocol, echoed to clients that offer it. */
export const SUBPROTOCOL = "chat.v1";

/** The most messages that one `history` command may ask for. */
export const MAX_HISTORY_LIMIT = 200;

/** The most messages that one `search` command may ask for. */
export const MAX_SEARCH_LIMIT = 50;

/**
 * The most members that one `joined` event names, and the size beyond which presence is a count.
 */
export const MAX_NAMED_MEMBERS = 200;

/** A user as everyone may see it. `id` is derived from the user's secret key. */
export interface User {
  readonly id: string;
  readonly name: string;
  readonly role?: Role | "bot";
}

/** A message in its current state: `id` is a ULID, `time` milliseconds since 1970. */
export interface Message {
  readonly id: string;
  readonly time: number;
  readonly user: User;
  readonly text: string;
  /** The id of the message that it answers. */
  readonly reply?: string;
  /** When its text was last changed, in milliseconds since 1970. */
  readonly edited?: number;
  /** Its text is empty, and it has no reply, no reactions, and no time of an edit. */
  readonly deleted?: true;
  readonly reactions?: readonly Reactions[];
  /** The position of its last change, if it was changed. */
  readonly changed?: string;
}

/** All reactions to a message with one emoji: `users` are the ids of the first 20 of `count`. */
export interface Reactions {
  readonly emoji: string;
  readonly count: number;
  readonly users: readonly string[];
}

/** The command of a client. The answer echoes its `ref`. */
export type Command =
  | {
    readonly type: "hello";
    ref?: string;
    name: string;
    key?: string;
    password?: string;
    token?: string;
  }
  | { readonly type: "join"; ref?: string; room: string; since?: string; password?: string }
  | { readonly type: "leave"; ref?: string; room: string }
  | { readonly type: "send"; ref: string; room: string; text: string; reply?: string }
  | { readonly type: "edit"; ref: string; room: string; id: string; text: string }
  | { readonly type: "delete"; ref: string; room: string; id: string }
  | {
    readonly type: "react";
    ref: string;
    room: string;
    id: string;
    emoji: string;
    on: boolean;
  }
  | { readonly type: "rename"; ref?: string; name: string }
  | { readonly type: "typing"; ref?: string; room: string }
  | {
    readonly type: "history";
    ref?: string;
    room: string;
    before?: string;
    after?: string;
    around?: string;
    since?: string;
    limit: number;
  }
  | {
    readonly type: "search";
    ref?: string;
    room?: string;
    text: string;
    before?: string;
    limit: number;
  }
  | { readonly type: "rooms"; ref?: string }
  | { readonly type: "configure"; ref?: string; room: string } & SettingsChange
  | {
    readonly type: "kick" | "mute";
    ref?: string;
    room: string;
    /** The id of a user. */
    user: string;
    minutes: number;
  }
  | { readonly type: "ban"; ref?: string; user: string; minutes: number }
  | { readonly type: "bans"; ref?: string; room?: string }
  | { readonly type: "ping"; ref?: string };

/** The names of all commands. */
export const COMMAND_TYPES = [
  "hello",
  "join",
  "leave",
  "send",
  "edit",
  "delete",
  "react",
  "rename",
  "typing",
  "history",
  "search",
  "rooms",
  "configure",
  "kick",
  "mute",
  "ban",
  "bans",
  "ping",
] as const;

/** The name of a {@linkcode Command}. */
export type CommandType = typeof COMMAND_TYPES[number];

/** Why a command may be refused. */
export const ERROR_CODES = [
  "bad_request",
  "not_welcome",
  "unauthorized",
  "forbidden",
  "not_joined",
  "not_found",
  "name_invalid",
  "name_taken",
  "room_invalid",
  "text_invalid",
  "emoji_invalid",
  "too_many_reactions",
  "rate_limited",
  "kicked",
  "muted",
  "banned",
  "read_only",
  "too_many_rooms",
  "room_full",
  "unavailable",
  "internal",
] as const;

/** Why a command was refused. */
export type ErrorCode = typeof ERROR_CODES[number];

/** The answer to `hello`: the client's user and its limits. */
export interface WelcomeEvent {
  readonly type: "welcome";
  readonly ref?: string;
  readonly version: 1;
  readonly you: User;
  readonly heartbeatMs: number;
  readonly limits: {
    /** Code points in a message. */
    readonly text: number;
    /** Code points in a name. */
    readonly name: number;
    /** UTF-8 bytes in a client's frame. */
    readonly frame: number;
    /** Messages in a `joined` event. */
    readonly history: number;
  };
  /** The optional parts of the protocol that the server has. */
  readonly features: readonly string[];
  /** The title of the chat. */
  readonly title: string;
  /** Days for which messages are kept, 0 for ever; of a server with a store. */
  readonly keepDays?: number;
}

/** The first event of a room on a connection: its members, messages and head. */
export interface JoinedEvent {
  readonly type: "joined";
  readonly ref?: string;
  readonly room: string;
  /** True if no message after the requested `since` is missing. */
  readonly complete: boolean;
  /** True if `history` has older messages than the first of `messages`. */
  readonly more: boolean;
  /** The number of missed messages that follow as `message` events, at most. */
  readonly follow: number;
  /** The position of the end of the log, for use as `since` later. */
  readonly head: string;
  /** The position of the last message that is kept no more; 26 zeros if none ever was dropped. */
  readonly floor: string;
  readonly messages: readonly Message[];
  readonly members: readonly User[];
  readonly count: number;
  /** Servers of earlier versions have none. */
  readonly settings?: Settings;
}

/** The settings of a room: the answer to who has changed them, and told to everybody in the room. */
export interface SettingsEvent extends Settings {
  readonly type: "settings";
  readonly ref?: string;
  readonly room: string;
}

/** The rooms that are listed, those with most users first. */
export interface RoomsEvent {
  readonly type: "rooms";
  readonly ref?: string;
  readonly rooms: readonly ListedRoom[];
}

/** Those who are kept out of a room, or of the server, the latest first. */
export interface BansEvent {
  readonly type: "bans";
  readonly ref?: string;
  readonly bans: readonly {
    readonly user: User;
    readonly kind: "kick" | "mute" | "ban";
    /** In milliseconds since 1970. */
    readonly until: number;
    /** The id of who gave it. */
    readonly by: string;
  }[];
}

/** A room that is listed. */
export interface ListedRoom {
  readonly room: string;
  readonly topic: string;
  /** The users in the room. */
  readonly count: number;
  /** The id of its newest message, if it has one. */
  readonly last?: string;
}

/** A message, sent to everyone in the room. */
export interface MessageEvent extends Message {
  readonly type: "message";
  readonly room: string;
}

/** The receipt for the sender of a message, or of a change, of which `changed` is the position. */
export interface AckEvent {
  readonly type: "ack";
  readonly ref: string;
  readonly room: string;
  readonly id: string;
  readonly time: number;
  readonly changed?: string;
  readonly duplicate: boolean;
}

/** The net change of the members of a room. Empty lists are left out. */
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
  /** True if there are messages older than the first. */
  readonly more: boolean;
  /** True if there are messages newer than the last. */
  readonly moreAfter: boolean;
}

/** Messages that were found, newest first. */
export interface FoundEvent {
  readonly type: "found";
  readonly ref?: string;
  readonly messages: readonly (Message & { readonly room: string })[];
  readonly more: boolean;
}

/** The refusal of a command. */
export interface ErrorEvent {
  readonly type: "error";
  readonly ref?: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryMs?: number;
  /** The secret that is missing or wrong, of `unauthorized`. */
  readonly needs?: "password" | "token";
}

/** The `retryMs` of an `unavailable` error. */
export const UNAVAILABLE_RETRY_MS = 1000;

/** Makes an `error` event. */
export function refusal(
  code: ErrorCode,
  message: string,
  ref?: string,
  retryMs?: number,
): ErrorEvent {
  return {
    type: "error",
    ...(ref !== undefined && { ref }),
    code,
    message,
    ...(retryMs !== undefined && { retryMs }),
  };
}

/** Makes the `error` event of a command that needs a password or a token, or another one. */
export function unauthorized(
  needs: "password" | "token",
  message: string,
  ref: string | undefined,
): ErrorEvent {
  return { ...refusal("unauthorized", message, ref), needs };
}

/** An event of the server. */
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
  | FoundEvent
  | SettingsEvent
  | RoomsEvent
  | BansEvent
  | { readonly type: "done"; readonly ref?: string }
  | { readonly type: "kicked"; readonly room: string; readonly until: number }
  | { readonly type: "pong"; readonly ref?: string }
  | { readonly type: "gap"; readonly room: string; readonly after: string; readonly before: string }
  | ErrorEvent
  | { readonly type: "bye"; readonly retryMs: number };

/**
 * Why the server closed a connection. Clients reconnect after 4000 to 4499, not after 4500 to 4999.
 */
export const CloseCode = {
  GOING_AWAY: 1001,
  BINARY_FRAME: 1003,
  FRAME_TOO_LARGE: 1009,
  SLOW_CONSUMER: 4000,
  HELLO_TIMEOUT: 4001,
  INTERNAL_ERROR: 4002,
  BAD_COMMANDS: 4500,
  FLOODING: 4501,
  BANNED: 4502,
  TOKEN_EXPIRED: 4503,
} as const;

/** A code of {@linkcode CloseCode}. */
export type CloseCode = typeof CloseCode[keyof typeof CloseCode];
