/**
 * Signals between instances: JSON, of which nothing is believed that has another form.
 *
 * @module
 */

import { MAX_SIGNAL_LENGTH } from "../broker/broker.ts";
import type { Stamp } from "../room/stamp.ts";

/** A user as an instance has it. */
export interface Announced {
  readonly name: string;
  /** The place of the name in the order of all. */
  readonly named: Stamp;
  readonly isAdmin: boolean;
  /** The rooms of which the user is a member by that instance. */
  readonly rooms: ReadonlySet<string>;
}

/** A user by the id; without a state, the user has no connection and no membership there. */
export interface UserState {
  readonly id: string;
  readonly state: Announced | undefined;
}

/** A signal of an instance. */
export type NodeSignal =
  & { readonly from: string }
  & (
    /** It is there, and `change` is the number of its last changes. */
    | { readonly kind: "beat"; readonly change: number }
    /** Users who have changed, and who has left which room by a command. */
    | {
      readonly kind: "changes";
      readonly change: number;
      readonly users: readonly UserState[];
      readonly left: readonly (readonly [id: string, room: string])[];
    }
    /** It needs the state of another instance, or of all. */
    | { readonly kind: "ask"; readonly of: string }
    /** One of the parts of its state as of a change. */
    | {
      readonly kind: "part";
      readonly change: number;
      readonly snapshot: number;
      readonly part: number;
      readonly parts: number;
      readonly users: readonly UserState[];
    }
    /** It ends. */
    | { readonly kind: "bye" }
  );

/** All instances, as those that are asked. */
export const EVERYBODY = "*";

/** Instances of other forms of signals are not heard. */
const VERSION = 1;

/** The latest time of a name, and the largest number of a signal. */
export const MAX_NUMBER = 2 ** 50;

/** Bounds of what is believed, in UTF-16 units and in number. */
const MAX_ID = 64;
const MAX_NAME = 256;
const MAX_ROOM = 64;
const MAX_PARTS = 4_096;

/** The most rooms of a user that are told: with names of the longest they take half of a signal. */
export const MAX_ROOMS_TOLD = 450;

/** The units of a signal besides its users. */
const MAX_FRAME = 512;

/** The start of all signals of an instance. */
export function prefixOf(from: string): string {
  return `{"parley":${VERSION},"from":${JSON.stringify(from)},`;
}

/** A signal without users as JSON. */
export function encodeSignal(
  from: string,
  fields:
    | { kind: "beat"; change: number }
    | { kind: "ask"; of: string }
    | { kind: "bye" },
): string {
  return prefixOf(from) + JSON.stringify(fields).slice(1);
}

/** Items of JSON in lists, each of which fits into a signal. */
export function* chunk(items: Iterable<string>): Generator<string[]> {
  let list: string[] = [];
  let length = 0;
  for (const item of items) {
    if (length + item.length + 1 > MAX_SIGNAL_LENGTH - MAX_FRAME) {
      yield list;
      list = [];
      length = 0;
    }
    list.push(item);
    length += item.length + 1;
  }
  if (list.length > 0) yield list;
}

/** Changes as JSON. @param users, left as {@linkcode encodeUser} and JSON give them */
export function encodeChanges(
  from: string,
  change: number,
  users: readonly string[],
  left: readonly string[],
): string {
  const fields = `"kind":"changes","change":${change}`;
  return `${prefixOf(from)}${fields},"users":[${users}],"left":[${left}]}`;
}

/** A part of a state as JSON. */
export function encodePart(
  from: string,
  fields: { change: number; snapshot: number; part: number; parts: number },
  users: readonly string[],
): string {
  const start = JSON.stringify({ kind: "part", ...fields }).slice(1, -1);
  return `${prefixOf(from)}${start},"users":[${users}]}`;
}

/**
 * A user as JSON: an array, since there may be thousands. The instance that has named the user is left
 * out where it is the one that tells.
 */
export function encodeUser({ id, state }: UserState, from: string): string {
  if (state === undefined) return JSON.stringify([id]);
  const { name, named: { time, by }, isAdmin, rooms } = state;
  const told = rooms.values().take(MAX_ROOMS_TOLD).toArray();
  return JSON.stringify([id, name, time, by === from ? 0 : by, Number(isAdmin), told]);
}

/** The signal in a body, or `undefined` if it is none of this version. */
export function parseSignal(body: string): NodeSignal | undefined {
  if (body.length > MAX_SIGNAL_LENGTH || !body.startsWith(`{"parley":${VERSION},`)) {
    return undefined;
  }
  try {
    return readSignal(JSON.parse(body));
  } catch {
    return undefined;
  }
}

function readSignal(value: Readonly<Record<string, unknown>>): NodeSignal | undefined {
  const { from, kind, change, users, left, of, snapshot, part, parts } = value;
  if (!isText(from, MAX_ID)) return undefined;
  switch (kind) {
    case "bye":
      return { from, kind };
    case "ask":
      return isText(of, MAX_ID) ? { from, kind, of } : undefined;
    case "beat":
      return isCount(change) ? { from, kind, change } : undefined;
    case "changes": {
      const states = readUsers(users, from);
      if (!isCount(change) || states === undefined || !isLeft(left)) return undefined;
      return { from, kind, change, users: states, left };
    }
    case "part": {
      const states = readUsers(users, from);
      if (!isCount(change) || !isCount(snapshot) || states === undefined) return undefined;
      if (!isCount(part) || !isCount(parts) || parts > MAX_PARTS || part >= parts) return undefined;
      return { from, kind, change, snapshot, part, parts, users: states };
    }
    default:
      return undefined;
  }
}

function readUsers(value: unknown, from: string): UserState[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const users = value.map((user) => readUser(user, from));
  return users.every((each) => each !== undefined) ? users : undefined;
}

function readUser(value: unknown, from: string): UserState | undefined {
  if (!Array.isArray(value)) return undefined;
  const [id, name, time, namedBy, isAdmin, rooms] = value;
  const by = namedBy === 0 ? from : namedBy;
  if (!isText(id, MAX_ID)) return undefined;
  if (value.length === 1) return { id, state: undefined };
  if (!isText(name, MAX_NAME) || !isCount(time) || !isText(by, MAX_ID)) return undefined;
  if (!Array.isArray(rooms) || !rooms.every((room) => isText(room, MAX_ROOM))) return undefined;
  const state = { name, named: { time, by }, isAdmin: isAdmin === 1, rooms: new Set(rooms) };
  return { id, state };
}

function isLeft(value: unknown): value is [string, string][] {
  return Array.isArray(value) &&
    value.every((pair) =>
      Array.isArray(pair) && pair.length === 2 && isText(pair[0], MAX_ID) &&
      isText(pair[1], MAX_ROOM)
    );
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === "string" && value !== "" && value.length <= maxLength;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MAX_NUMBER;
}
