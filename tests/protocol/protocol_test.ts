import { assertEquals, assertStringIncludes } from "@std/assert";
import { decodeBody, encodeBody, encodedUserId, publicBody } from "../../chat/protocol/body.ts";
import {
  encodeEvent,
  encodeFrame,
  encodeHistory,
  encodeJoined,
  encodeMessage,
  encodeMessageEvents,
  messageEventPrefix,
} from "../../chat/protocol/encode.ts";
import { isPosition, parseCommand, type ParseResult } from "../../chat/protocol/parse.ts";
import type { Command, Message } from "../../chat/protocol/types.ts";
import { timeOf } from "../../chat/protocol/ulid.ts";
import { messageOf } from "../support/messages.ts";

const ULID = "01J9ZX3Q4R5S6T7V8W9XYZABCD";
const KEY = "0123456789abcdef";

/** The failure that a frame must give. */
function failureOf(frame: string): Extract<ParseResult, { ok: false }> {
  const result = parseCommand(frame);
  if (result.ok) throw new TypeError(`Parsed ${frame}`);
  return result;
}

Deno.test("parseCommand() parses every command with all of its fields", () => {
  const commands: Command[] = [
    { type: "hello", ref: "1", name: "Ada", key: KEY },
    { type: "join", ref: "2", room: "lobby", since: ULID },
    { type: "leave", ref: "3", room: "lobby" },
    { type: "send", ref: "4", room: "lobby", text: "hi" },
    { type: "send", ref: "4", room: "lobby", text: "hi", reply: ULID },
    { type: "edit", ref: "4", room: "lobby", id: ULID, text: "hi" },
    { type: "delete", ref: "4", room: "lobby", id: ULID },
    { type: "react", ref: "4", room: "lobby", id: ULID, emoji: "👍", on: false },
    { type: "rename", ref: "5", name: "Ada L" },
    { type: "typing", ref: "6", room: "lobby" },
    { type: "history", ref: "7", room: "lobby", before: ULID, limit: 200 },
    { type: "history", ref: "8", room: "lobby", after: ULID, limit: 1 },
    { type: "ping", ref: "9" },
  ];
  for (const command of commands) {
    assertEquals(parseCommand(JSON.stringify(command)), { ok: true, command });
  }
});

Deno.test("parseCommand() parses commands without their optional fields", () => {
  const frames: [fields: Record<string, unknown>, command: Command][] = [
    [{ type: "hello", name: "Ada" }, { type: "hello", name: "Ada" }],
    [{ type: "join", room: "lobby" }, { type: "join", room: "lobby" }],
    [{ type: "leave", room: "lobby" }, { type: "leave", room: "lobby" }],
    [{ type: "rename", name: "Ada" }, { type: "rename", name: "Ada" }],
    [{ type: "typing", room: "lobby" }, { type: "typing", room: "lobby" }],
    [{ type: "history", room: "lobby" }, { type: "history", room: "lobby", limit: 50 }],
    [{ type: "ping" }, { type: "ping" }],
  ];
  for (const [fields, command] of frames) {
    assertEquals(parseCommand(JSON.stringify(fields)), { ok: true, command });
  }
});

Deno.test("parseCommand() does not change names, rooms and texts", () => {
  const wild = [
    { type: "rename", name: "" },
    { type: "leave", room: "No Room!" },
    { type: "send", ref: "1", room: "", text: "" },
    { type: "send", ref: "1", room: "LOBBY", text: "\u0000\ud800" },
  ] satisfies Command[];
  for (const command of wild) {
    assertEquals(parseCommand(JSON.stringify(command)), { ok: true, command });
  }
});

Deno.test("parseCommand() names the field that is missing, mistyped or out of bounds", () => {
  const hello = { type: "hello", name: "Ada" };
  const join = { type: "join", room: "lobby" };
  const leave = { type: "leave", room: "lobby" };
  const send = { type: "send", ref: "1", room: "lobby", text: "hi" };
  const rename = { type: "rename", name: "Ada" };
  const typing = { type: "typing", room: "lobby" };
  const history = { type: "history", room: "lobby" };
  const notStrings = [undefined, null, 0, true, {}, ["lobby"]];
  const notKeys = [null, 0, {}, "", "x".repeat(15), "x".repeat(129)];
  const notPositions = [null, 0, {}, "", "0", ULID.slice(1), `${ULID}0`, ` ${ULID}`];
  const notBase32 = [..."ILOUilou-_é"].map((each) => ULID.slice(1) + each);
  const notLimits = [null, "50", true, {}, 0, -1, 201, 1.5, 1e300];
  const table: [valid: { type: string }, field: string, values: unknown[], limit: string][] = [
    [hello, "name", notStrings, "string"],
    [hello, "key", notKeys, "16 to 128"],
    [join, "room", notStrings, "string"],
    [join, "since", [...notPositions, ...notBase32], "26"],
    [leave, "room", notStrings, "string"],
    [send, "room", notStrings, "string"],
    [send, "text", notStrings, "string"],
    [send, "ref", [undefined], "missing"],
    [rename, "name", notStrings, "string"],
    [typing, "room", notStrings, "string"],
    [history, "room", notStrings, "string"],
    [history, "before", [...notPositions, ...notBase32], "26"],
    [history, "after", [...notPositions, ...notBase32], "26"],
    [history, "limit", notLimits, "1 to 200"],
  ];
  for (const [valid, field, values, limit] of table) {
    for (const value of values) {
      const failure = failureOf(JSON.stringify({ ...valid, [field]: value }));
      assertStringIncludes(failure.message, `"${field}"`);
      assertStringIncludes(failure.message, limit);
      assertEquals<string | undefined>(failure.type, valid.type);
    }
  }
});

Deno.test("parseCommand() accepts fields at their limits", () => {
  const frames = [
    { type: "hello", name: "Ada", key: "x".repeat(16) },
    { type: "hello", name: "Ada", key: "x".repeat(128) },
    // An emoji is two UTF-16 units.
    { type: "hello", name: "Ada", key: "🔑".repeat(64) },
    { type: "history", room: "lobby", limit: 1 },
    { type: "history", room: "lobby", limit: 200 },
    { type: "join", room: "lobby", since: "0".repeat(26) },
    { type: "join", room: "lobby", since: "Z".repeat(26) },
  ];
  for (const frame of frames) assertEquals(parseCommand(JSON.stringify(frame)).ok, true);
});

Deno.test("parseCommand() refuses history with two bounds", () => {
  const { message } = failureOf(
    JSON.stringify({ type: "history", room: "lobby", before: ULID, after: ULID }),
  );
  assertStringIncludes(message, '"before"');
  assertStringIncludes(message, '"after"');
});

Deno.test("parseCommand() returns positions in upper case", () => {
  for (const [type, field] of [["join", "since"], ["history", "before"], ["history", "after"]]) {
    const frame = { type, room: "lobby", [field ?? ""]: ULID.toLowerCase() };
    const result = parseCommand(JSON.stringify(frame));
    assertEquals(result.ok && Object.values(result.command).includes(ULID), true, field);
  }
});

Deno.test("parseCommand() echoes a ref of 1 to 64 UTF-16 units", () => {
  for (const ref of ["1", " ", "x".repeat(64), "🙂".repeat(32), "__proto__"]) {
    const command = { type: "ping" as const, ref };
    assertEquals(parseCommand(JSON.stringify(command)), { ok: true, command });
    assertEquals(failureOf(JSON.stringify({ type: "join", ref })).ref, ref);
    assertEquals(failureOf(JSON.stringify({ type: "nonsense", ref })).ref, ref);
  }
});

Deno.test("parseCommand() refuses an invalid ref and does not echo it", () => {
  for (const ref of [null, 0, 1, true, {}, ["1"], "", "x".repeat(65), "🙂".repeat(32) + "x"]) {
    for (const type of ["ping", "send", "nonsense"]) {
      const failure = failureOf(JSON.stringify({ type, ref, room: "lobby", text: "hi" }));
      assertEquals("ref" in failure, false);
      assertStringIncludes(failure.message, '"ref"');
      assertStringIncludes(failure.message, "1 to 64");
    }
  }
});

Deno.test("parseCommand() refuses types that are not commands", () => {
  const types = [
    ...[undefined, null, 0, ["ping"], {}, "", "Ping", "ping ", "nonsense"],
    ...["__proto__", "constructor", "toString", "hasOwnProperty", "welcome", "message"],
  ];
  for (const type of types) {
    const failure = failureOf(JSON.stringify({ type, name: "Ada", room: "lobby" }));
    assertEquals(failure.type, undefined);
    assertStringIncludes(failure.message, '"type"');
  }
});

Deno.test("parseCommand() reads no field of a prototype", () => {
  const failure = failureOf('{"__proto__":{"type":"ping","ref":"1"}}');
  assertEquals([failure.type, failure.ref], [undefined, undefined]);
});

Deno.test("parseCommand() ignores unknown fields", () => {
  const frames = [
    '{"type":"ping","extra":1}',
    '{"type":"ping","__proto__":{"ref":1},"constructor":null}',
    '{"type":"ping","name":1,"room":2,"text":3,"since":4,"limit":5}',
  ];
  for (const frame of frames) {
    assertEquals(parseCommand(frame), { ok: true, command: { type: "ping" } });
  }
});

Deno.test("parseCommand() refuses a frame that is no JSON object", () => {
  const frames = ["", " ", "nonsense", "{", '{"type":"ping"', "{'type':'ping'}", "undefined"];
  const values = ["null", "true", "1", '"ping"', "[]", '[{"type":"ping"}]'];
  for (const frame of frames) assertEquals(failureOf(frame).message, "The frame is not JSON");
  for (const value of values) {
    assertEquals(failureOf(value).message, "A command must be a JSON object");
  }
});

Deno.test("parseCommand() survives nesting as deep as a frame allows", () => {
  const arrays = "[".repeat(8000) + "]".repeat(8000);
  assertEquals(failureOf(arrays).ok, false);
  assertEquals(parseCommand(`{"type":"ping","extra":${arrays}}`).ok, true);
  assertEquals(failureOf("[".repeat(16_384)).ok, false);
});

Deno.test("isPosition() accepts 26 Crockford base32 characters in either case", () => {
  const ulids = [ULID, ULID.toLowerCase(), "0".repeat(26), "z".repeat(26)];
  const others = ["", ULID.slice(1), `${ULID}0`, `${ULID}\n`, `U${ULID.slice(1)}`];
  assertEquals(ulids.filter(isPosition), ulids);
  assertEquals(others.filter(isPosition), []);
});

const MESSAGES: Message[] = [
  { id: ULID, user: { id: "k3v3q4x2abcd2345", name: "Ada" }, text: "hi" },
  { id: `${ULID.slice(1)}0`, user: { id: "", name: '"\\' }, text: '{"a":[1,2]},\n\u2028' },
  { id: `${ULID.slice(1)}1`, user: { id: "x", name: "🙂" }, text: "\ud800", changed: ULID },
].map((message) => ({ ...message, time: timeOf(message.id) }));

const LOGGED = MESSAGES.map(messageOf);

Deno.test("encodeMessage() keeps the fields of a message and no others", () => {
  for (const message of MESSAGES) {
    const user = { ...message.user, key: "secret" };
    const json = encodeMessage(messageOf({ ...message, user, ref: "secret" } as Message));
    assertEquals(JSON.parse(json), message);
  }
});

Deno.test("encodeBody() names the first 20 users of a reaction to clients, and keeps all", () => {
  const users = Array.from({ length: 25 }, (_, i) => `user${i}`);
  const body = {
    user: { id: "a", name: "Ada" },
    text: 'said ,"unnamed":[1]',
    reactions: [{ emoji: "👍", users }, { emoji: "❤️", users: users.slice(0, 2) }],
  };
  const json = encodeBody(body);
  assertEquals(decodeBody(json), body);
  assertEquals(JSON.parse(publicBody(json)), {
    user: body.user,
    text: body.text,
    reactions: [
      { emoji: "👍", count: 25, users: users.slice(0, 20) },
      { emoji: "❤️", count: 2, users: users.slice(0, 2) },
    ],
  });
  const { id } = MESSAGES[0] ?? { id: ULID };
  const told = encodeMessage({ id, position: ULID.replace("01", "02"), body: json });
  assertEquals(JSON.parse(told).reactions[0].count, 25);
  assertEquals(told.includes('unnamed":[['), false);
});

Deno.test("encodedUserId() is the id of the user", () => {
  assertEquals(LOGGED.map(({ body }) => encodedUserId(body)), MESSAGES.map(({ user }) => user.id));
});

Deno.test("encodeFrame() makes one JSON array of events", () => {
  const events = [{ type: "pong", ref: "]" }, { type: "bye", retryMs: 1 }] as const;
  for (const some of [[], events.slice(0, 1), events]) {
    assertEquals(JSON.parse(encodeFrame(some.map(encodeEvent))), some);
  }
});

Deno.test("encodeMessageEvents() makes message events of encoded messages", () => {
  for (const count of [0, 1, 2, 3]) {
    const events = encodeMessageEvents(messageEventPrefix("lobby"), LOGGED.slice(0, count));
    assertEquals(
      JSON.parse(encodeFrame([events])),
      MESSAGES.slice(0, count).map((message) => ({ type: "message", room: "lobby", ...message })),
    );
  }
});

Deno.test("encodeHistory() puts encoded messages into an event", () => {
  const history = {
    type: "history",
    ref: "1",
    room: "lobby",
    more: true,
    moreAfter: false,
  } as const;
  for (const count of [0, 1, 3]) {
    const messages = MESSAGES.slice(0, count);
    assertEquals(JSON.parse(encodeHistory(history, LOGGED.slice(0, count))), {
      ...history,
      messages,
    });
  }
});

Deno.test("encodeJoined() puts encoded members and messages into an event", () => {
  const about = { complete: true, more: false, follow: 0, head: ULID, floor: ULID, count: 1 };
  const joined = { type: "joined", room: "lobby", ...about } as const;
  const members = [{ id: "ada", name: 'A"da' }];
  assertEquals(
    JSON.parse(encodeJoined(joined, JSON.stringify(members), LOGGED)),
    { ...joined, members, messages: MESSAGES },
  );
});
