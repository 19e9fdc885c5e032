/**
 * The oracle of events: it checks every frame that a server sends in a test, by the protocol document
 * alone.
 *
 * @module
 */

import type { ServerEvent } from "../../chat/protocol/types.ts";
import { isUnits, ruleEmoji, ruleName, ruleRoom, ruleText } from "./oracle_values.ts";

/** Finds the fault in a value, with its path. Returns undefined for a valid value. */
type Check = (value: unknown) => string | undefined;

/** Finds a fault in the relation between the fields of an object. */
type Relation = (fields: Readonly<Record<string, unknown>>) => string | undefined;

const when = (holds: (value: unknown) => boolean, expected: string): Check => (value) =>
  holds(value) ? undefined : ` is no ${expected}: ${JSON.stringify(value)?.slice(0, 200)}`;

const whole = (min: number, max = Number.MAX_SAFE_INTEGER): Check =>
  when((value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max, "count");

const flag = when((value) => typeof value === "boolean", "boolean");
const id = when(
  (value) => isUnits(value, 26, 26) && /^[0-7][0-9A-HJKMNP-TV-Z]*$/.test(value),
  "ULID",
);
const userId = when((value) => isUnits(value, 16, 16) && /^[a-z2-7]*$/.test(value), "user id");
const room = when((value) => isUnits(value, 1, 64) && isSame(value, ruleRoom(value)), "room");
const name = when((value) => isUnits(value, 1, 64) && isSame(value, ruleName(value)), "name");
const text = when((value) => isUnits(value, 1, 1e6) && ruleText(value).value === value, "text");
const ref = optional(when((value) => isUnits(value, 1, 64), "ref"));
const time = whole(Date.UTC(2020, 0), Date.UTC(2200, 0));

/** An error message for people, without traces of code. */
const explanation = when(
  (value) =>
    isUnits(value, 1, 300) && !/\n|\.ts\b|\bat .+:\d|Error\b|\[object|undefined/.test(value),
  "explanation",
);

const role = when(
  (value) => ["admin", "owner", "moderator", "bot"].includes(String(value)),
  "role",
);
const user = shape({ id: userId, name, role: optional(role) });
const users = listOf(user, 200);
const emoji = when((value) => ruleEmoji(value).legal === true, "emoji in its fully qualified form");
const reaction = both(
  shape({ emoji, count: whole(1), users: listOf(userId, 20) }),
  ({ users }) => isList(users) && hasRepeated(users) ? ".users has a user twice" : undefined,
  ({ users, count }) =>
    isList(users) && users.length !== Math.min(Number(count), 20)
      ? ".users has not the first 20 of .count"
      : undefined,
);

/** The fields of a message. */
const MESSAGE = {
  id,
  time,
  changed: optional(id),
  user,
  text: when((value) => value === "" || text(value) === undefined, "text"),
  reply: optional(id),
  edited: optional(time),
  deleted: optional(when((value) => value === true, "true")),
  reactions: optional(listOf(reaction, 12)),
};
const message = messageWith({});

function messageWith(fields: Readonly<Record<string, Check>>): Check {
  return both(
    shape({ ...MESSAGE, ...fields }),
    ({ text, deleted }) =>
      (text === "") === (deleted === true) ? undefined : ".text is empty, or .deleted has a text",
    ({ deleted, reply, edited, reactions }) =>
      deleted && (reply ?? edited ?? reactions) !== undefined
        ? ".deleted has more than its user"
        : undefined,
    ({ changed, deleted, edited, reactions }) =>
      changed === undefined && (deleted ?? edited ?? reactions) !== undefined
        ? ".changed is missing"
        : undefined,
    ({ id, changed }) =>
      changed !== undefined && String(changed) <= String(id) ? ".changed is not later" : undefined,
    ({ reactions }) =>
      isList(reactions) && hasRepeated(reactions.map((each) => isRecord(each) && each["emoji"]))
        ? ".reactions has an emoji twice"
        : undefined,
  );
}

const topic = when((value) => isUnits(value, 0, 400) && !/[\n\r\t]/.test(value), "topic");

const seldomNamed = shape({
  id: userId,
  name: when((value) => value === "" || name(value) === undefined, "name"),
});
const banKind = when((value) => ["kick", "mute", "ban"].includes(String(value)), "kind of ban");

/** The fields of a room's settings. */
const SETTINGS = {
  topic,
  owner: when((value) => value === null || userId(value) === undefined, "owner"),
  moderators: listOf(seldomNamed, 50),
  locked: flag,
  readOnly: flag,
  slowMs: whole(0, 3_600_000),
  listed: flag,
};

const CODES = [
  ...["bad_request", "not_welcome", "not_joined", "name_invalid", "name_taken", "room_invalid"],
  ...["text_invalid", "rate_limited", "too_many_rooms", "room_full", "unavailable", "internal"],
  ...["forbidden", "not_found", "emoji_invalid", "too_many_reactions"],
  ...["unauthorized", "read_only", "kicked", "muted", "banned"],
];

/** The fields of each event, and the relations between them. */
const EVENTS: Readonly<Record<string, Check>> = {
  welcome: shape({
    ref,
    version: whole(1, 1),
    you: user,
    heartbeatMs: whole(1),
    limits: shape({ text: whole(1), name: whole(32, 32), frame: whole(1024), history: whole(0) }),
    title: when((value) => isUnits(value, 1, 128), "title"),
    features: listOf(when((value) => isUnits(value, 1, 32), "feature"), 10),
    keepDays: optional(whole(0)),
  }),
  joined: both(
    shape({
      ref,
      room,
      complete: flag,
      more: flag,
      follow: whole(0),
      head: id,
      floor: id,
      messages: listOf(message, 10_000),
      members: users,
      count: whole(1),
      settings: shape(SETTINGS),
    }),
    ascending,
    ({ members }) => hasRepeated(idsOf(members)) ? ".members contains a user twice" : undefined,
    ({ members, count }) =>
      Number(count) < idsOf(members).length ? ".count is less than there are" : undefined,
  ),
  left: shape({ ref, room }),
  message: messageWith({ room }),
  ack: shape({
    ref: when((value) => isUnits(value, 1, 64), "ref"),
    room,
    id,
    time,
    changed: optional(id),
    duplicate: flag,
  }),
  renamed: shape({ ref, you: user }),
  presence: both(
    shape({
      room,
      joined: optional(users),
      left: optional(listOf(userId, Infinity)),
      renamed: optional(users),
      count: whole(0),
    }),
    ({ joined, left, renamed }) =>
      hasRepeated([...idsOf(joined), ...idsOf(renamed), ...Array.isArray(left) ? left : []])
        ? " has an id in two places"
        : undefined,
  ),
  typing: shape({ room, user }),
  history: both(
    shape({ ref, room, messages: listOf(message, 200), more: flag, moreAfter: flag }),
    ascending,
  ),
  found: shape({ ref, messages: listOf(messageWith({ room }), 50), more: flag }),
  rooms: shape({
    ref,
    rooms: listOf(shape({ room, topic, count: whole(0), last: optional(id) }), 10_000),
  }),
  settings: shape({ ref, room, ...SETTINGS }),
  done: shape({ ref }),
  kicked: shape({ room, until: time }),
  bans: shape({
    ref,
    bans: listOf(shape({ user: seldomNamed, kind: banKind, until: time, by: userId }), 10_000),
  }),
  pong: shape({ ref }),
  gap: shape({ room, after: when((value) => isUnits(value, 0, 26), "position"), before: id }),
  error: both(
    shape({
      ref,
      code: when((value) => CODES.includes(String(value)), "code"),
      message: explanation,
      retryMs: optional(whole(1)),
      needs: optional(when((value) => value === "password" || value === "token", "need")),
    }),
    ({ code, needs }) =>
      needs !== undefined && code !== "unauthorized" ? ".needs is of another code" : undefined,
    ({ code, retryMs }) =>
      ["rate_limited", "kicked", "muted", "banned"].includes(String(code)) && retryMs === undefined
        ? ".retryMs is missing"
        : undefined,
  ),
  bye: shape({ retryMs: whole(0) }),
};

/**
 * Parses and checks a frame of the server.
 *
 * @throws {TypeError} if the frame is not a valid list of events
 */
export function readFrame(frame: string): ServerEvent[] {
  const events: unknown = JSON.parse(frame);
  if (!isList(events) || events.length === 0) throw new TypeError(`No list of events: ${frame}`);
  for (const event of events) {
    const problem = checkEvent(event);
    if (problem !== undefined) {
      throw new TypeError(`${problem}: ${JSON.stringify(event).slice(0, 2000)}`);
    }
  }
  return JSON.parse(frame);
}

function checkEvent(event: unknown): string | undefined {
  if (!isRecord(event)) return "An event that is no object";
  const { type, ...fields } = event;
  const check = typeof type === "string" && Object.hasOwn(EVENTS, type) ? EVENTS[type] : undefined;
  if (check === undefined) return "An event of an unknown type";
  const problem = check(fields);
  return problem && `"${type}"${problem}`;
}

function shape(checks: Readonly<Record<string, Check>>): Check {
  return (value) => {
    if (!isRecord(value)) return " is no object";
    const unknown = Object.keys(value).find((field) => !Object.hasOwn(checks, field));
    if (unknown !== undefined) return `.${unknown} is not in the protocol`;
    for (const [field, check] of Object.entries(checks)) {
      const problem = check(value[field]);
      if (problem !== undefined) return `.${field}${problem}`;
    }
    return undefined;
  };
}

function listOf(check: Check, max: number): Check {
  return (value) => {
    if (!isList(value)) return " is no list";
    if (value.length > max) return ` has more than ${max}`;
    for (const [i, item] of value.entries()) {
      const problem = check(item);
      if (problem !== undefined) return `[${i}]${problem}`;
    }
    return undefined;
  };
}

function optional(check: Check): Check {
  return (value) => value === undefined ? undefined : check(value);
}

/** A check of fields, and then of the relations between them. */
function both(first: Check, ...others: readonly Relation[]): Check {
  return (value) => {
    const problem = first(value);
    if (problem !== undefined || !isRecord(value)) return problem;
    return others.map((other) => other(value)).find((each) => each !== undefined);
  };
}

/** In order of ids, or of positions after a `since`. */
function ascending({ messages }: Readonly<Record<string, unknown>>): string | undefined {
  const positions = isList(messages)
    ? messages.map((each) => isRecord(each) ? each["changed"] ?? each["id"] : undefined)
    : [];
  return isAscending(idsOf(messages)) || isAscending(positions)
    ? undefined
    : ".messages is out of order";
}

function isAscending(positions: readonly unknown[]): boolean {
  return positions.every((each, i) => i === 0 || String(each) > String(positions[i - 1]));
}

function idsOf(items: unknown): unknown[] {
  return isList(items) ? items.map((item) => isRecord(item) ? item["id"] : undefined) : [];
}

function hasRepeated(items: readonly unknown[]): boolean {
  return new Set(items).size < items.length;
}

function isSame(value: string, ruling: { legal: boolean | undefined; value: string }): boolean {
  return ruling.legal !== false && (ruling.legal === undefined || ruling.value === value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}
