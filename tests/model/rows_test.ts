import { assert, assertEquals } from "@std/assert";
import type { Message, User } from "../../chat/protocol/types.ts";
import type { Entry } from "../../static/model/log.js";
import { outgoing } from "../../static/model/outbox.js";
import { rowsOf } from "../../static/model/rows.js";

const ADA = { id: "a", name: "Ada" };
const BOB = { id: "b", name: "Bob" };
const NOON = new Date(2026, 0, 15, 12).getTime();
const MINUTE = 60_000;

const message = (id: string, user: User, minutes: number): Message => ({
  id,
  time: NOON + minutes * MINUTE,
  user,
  text: id,
});

/** The rows in short: keys, and "day". */
function sketch(entries: Entry[]): string[] {
  return rowsOf(entries, { you: "a" }).map((row) => row.type === "day" ? "day" : row.key);
}

Deno.test("rowsOf() groups the messages of an author within 5 minutes", () => {
  const entries = [
    message("1", ADA, 0),
    message("2", ADA, 4),
    message("3", ADA, 9),
    message("4", BOB, 9),
    message("5", { ...BOB, name: "Rob" }, 9),
  ];
  assertEquals(sketch(entries), ["day", "1", "2+", "3", "4", "5"]);
});

Deno.test("rowsOf() starts a group after a gap", () => {
  const entries: Entry[] = [message("1", ADA, 0), { id: "1~", gap: true }, message("2", ADA, 0)];
  assertEquals(sketch(entries), ["day", "1", "1~", "2"]);
});

Deno.test("rowsOf() separates days", () => {
  const entries = [message("1", ADA, 0), message("2", ADA, 719), message("3", ADA, 721)];
  assertEquals(sketch(entries), ["day", "1", "2", "day", "3"]);
});

Deno.test("rowsOf() separates days on both sides of a gap", () => {
  const entries: Entry[] = [message("1", ADA, 0), { id: "1~", gap: true }, message("2", ADA, 900)];
  assertEquals(sketch(entries), ["day", "1", "1~", "day", "2"]);
});

Deno.test("rowsOf() puts the unread line above the first unread message, which starts a group", () => {
  const entries = [message("1", ADA, 0), message("2", ADA, 0)];
  const rows = rowsOf(entries, { unreadFrom: "2" });
  assertEquals(rows.slice(1).map((row) => row.key), ["1", "unread 2", "2"]);
});

Deno.test("rowsOf() gives a changed membership line another key", () => {
  const keys = [[ADA], [ADA, BOB]].map((joined) =>
    rowsOf([{ id: "1~~", joined, left: [], renamed: [] }])[0]?.key
  );
  assert(keys[0] !== keys[1]);
});

Deno.test("rowsOf() puts outgoing messages at the end, in the user's group", () => {
  const outbox = ["x", "y"].map((ref) =>
    outgoing({ type: "send", ref, room: "lobby", text: ref, queuedAt: NOON })
  );
  const continues = (user: User): (boolean | undefined)[] =>
    rowsOf([message("1", user, 0)], { outbox, you: "a" })
      .map((row) => row.type === "outgoing" ? row.continues : undefined).slice(-2);
  assertEquals(continues(ADA), [true, true]);
  assertEquals(continues(BOB), [false, true]);
});

Deno.test("rowsOf() marks authors with the same name, at the start of a group", () => {
  const OTHER = { id: "o", name: "ADA" };
  const entries = [message("1", ADA, 0), message("2", BOB, 0)];
  assertEquals(sketch(entries), ["day", "1", "2"]);
  const more = [...entries, message("3", OTHER, 0), message("4", OTHER, 0)];
  assertEquals(sketch(more), ["day", "1=", "2", "3=", "4+"]);
  // One user with two spellings of the name is not marked.
  assertEquals(sketch([message("1", ADA, 0), message("2", { ...ADA, name: "ADA" }, 0)]), [
    "day",
    "1",
    "2",
  ]);
});
