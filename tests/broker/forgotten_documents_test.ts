/**
 * Documents that brokers forget: of idle rooms, and those that have expired.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { type Broker, ORIGIN } from "../../chat/broker/broker.ts";
import { MemoryBroker } from "../../chat/broker/memory.ts";
import { DocumentTable } from "../../chat/broker/sqlite/documents.ts";
import { RECEIPT_BYTES } from "./contract.ts";
import { documentOp, keepOne, send } from "./ops.ts";
import { testSqlite } from "./sqlite_folder.ts";

const DAY_MS = 86_400_000;
const NOW = 1_789_057_529_454;

/** A document of a room that has nothing set. */
const idleOp = (room: string) => (
  { ...documentOp(`${room}:settings`, ORIGIN, {}), maker: "ada", isIdle: true }
);

/** Fills a broker with documents; after 30 days and more only some are to be left. */
async function fill(broker: Broker): Promise<void> {
  for (const room of ["idle", "full", "set"]) {
    const op = idleOp(room);
    await keepOne(broker, room === "set" ? { ...op, isIdle: false } : op);
  }
  await keepOne(broker, send("hi", { room: "full" }));
  await keepOne(broker, { ...documentOp("full:bans", ORIGIN, [1]), expires: NOW + DAY_MS });
  await keepOne(broker, { ...documentOp(":bans", ORIGIN, [1]), expires: NOW + 90 * DAY_MS });
}

const LEFT = { idle: 0, full: 1, set: 1, "": 1 };

async function countsOf(broker: Broker): Promise<Record<string, number>> {
  const counts = Object.keys(LEFT).map(async (room) => (
    [room, (await broker.documents(room)).length] as const
  ));
  return Object.fromEntries(await Promise.all(counts));
}

Deno.test("MemoryBroker forgets rooms that have been idle for 30 days, and what has expired", async () => {
  let now = NOW;
  const broker = new MemoryBroker({
    now: () => now,
    roomSize: 10,
    maxBytes: 1e8,
    receiptBytes: RECEIPT_BYTES,
  });
  await fill(broker);
  now += 29 * DAY_MS;
  await broker.publish([]);
  assertEquals(await countsOf(broker), { ...LEFT, idle: 1 });
  now += 2 * DAY_MS;
  await broker.publish([]);
  assertEquals(await countsOf(broker), LEFT);
  // The room is empty from now on.
  const { head } = await broker.open("full", 1);
  broker.trim("full", head);
  now += 31 * DAY_MS;
  await broker.publish([]);
  assertEquals(await countsOf(broker), { ...LEFT, full: 0 });
  await broker.close();
});

testSqlite(
  "forgets rooms that have been idle for 30 days, and what has expired",
  async ({ open, reopen }) => {
    let now = NOW;
    const { broker, settle } = open({ now: () => now });
    await fill(broker);
    now += 29 * DAY_MS;
    settle();
    assertEquals(await countsOf(broker), { ...LEFT, idle: 1 });
    now += 2 * DAY_MS;
    const later = await reopen({ now: () => now });
    later.settle();
    assertEquals(await countsOf(later.broker), LEFT);
    const last = await reopen({ now: () => now, keepDays: 1 });
    last.settle();
    now += 31 * DAY_MS;
    last.settle();
    assertEquals(await countsOf(last.broker), { ...LEFT, full: 0 });
  },
);

testSqlite(
  "a room of which something is set is kept after a restart, too, whatever bans it has",
  async ({ open, reopen }) => {
    let now = NOW;
    const { broker } = open({ now: () => now });
    await keepOne(broker, { ...idleOp("den"), isIdle: false });
    await keepOne(broker, { ...documentOp("den:bans/1", ORIGIN, []), maker: "ada", isIdle: true });
    const later = await reopen({ now: () => now });
    now += 31 * DAY_MS;
    later.settle();
    assertEquals((await later.broker.documents("den")).map(({ key }) => key), [
      "den:bans/1",
      "den:settings",
    ]);
  },
);

Deno.test("forget() counts no document twice that has expired in an idle room", () => {
  const db = new DatabaseSync(":memory:");
  db.exec(
    "CREATE TABLE rooms (name TEXT); CREATE TABLE documents (key TEXT PRIMARY KEY, position TEXT, " +
      "body TEXT, maker TEXT, idle INTEGER, expires INTEGER)",
  );
  const table = new DocumentTable(db);
  table.set({ ...idleOp("den"), expires: 1 }, `00${ORIGIN.slice(2)}`);
  table.noteRoom("den", false, 0);
  assertEquals(table.forget(31 * DAY_MS).length, 1);
  db.close();
});

testSqlite(
  "constructor brings a database of the first version up to date",
  async ({ open, path, reopen }) => {
    const { broker } = open();
    await keepOne(broker, send("hi"));
    const { position } = await keepOne(broker, documentOp("lobby:a", ORIGIN, 1));
    await broker.close();
    const db = new DatabaseSync(path);
    db.exec(`
    DROP INDEX documents_by_expiry;
    ALTER TABLE documents DROP COLUMN maker;
    ALTER TABLE documents DROP COLUMN idle;
    ALTER TABLE documents DROP COLUMN expires;
    PRAGMA user_version = 1;
  `);
    db.close();
    const { broker: again } = await reopen();
    assertEquals((await again.open("lobby", 9)).messages.length, 1);
    assertEquals((await again.document("lobby:a"))?.position, position);
    await keepOne(again, { ...documentOp("lobby:a", position, 2), maker: "ada", isIdle: true });
  },
);
