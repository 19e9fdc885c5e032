import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { limitOfRedis, type Scenario, simulate, type Traffic } from "../../bench/cluster/feeds.ts";
import { growthTable, limitsTable } from "../../bench/cluster/growth.ts";
import { SeededRandom } from "../support/seeded_random.ts";

const COSTS = { writeUs: 20, readUs: 5, dropUs: 4 };

const SCENARIO: Scenario = {
  nodes: 3,
  shards: 1,
  users: 6000,
  rooms: 1000,
  roomsPerUser: 3,
  perMinute: 1,
  bytes: 300,
};

const run = (more: Partial<Scenario>): Traffic =>
  simulate({ ...SCENARIO, ...more }, COSTS, new SeededRandom(1));

Deno.test("simulate() adds up what users write, and what nodes read", () => {
  const traffic = run({});
  assertAlmostEquals(traffic.messagesPerSecond, 100, 1e-6);
  assertAlmostEquals(traffic.feedBytesPerSecond, 100 * 300 * 3, 1e-3);
  assertAlmostEquals(traffic.redisCore, 100 * (20 + 3 * 5) / 1e6, 1e-9);
  assertEquals(traffic.shardsNeeded, 1);
});

Deno.test("simulate() lets one node need everything", () => {
  const { roomsNeeded, messagesNeeded, wastedCore } = run({ nodes: 1 });
  assertAlmostEquals(roomsNeeded, 1, 1e-9);
  assertAlmostEquals(messagesNeeded, 1, 1e-9);
  assertAlmostEquals(wastedCore, 0, 1e-9);
});

Deno.test("simulate() lets a node need a room as the chance of a member says", () => {
  // All users in one room, few of them: 1 - (1 - 1/nodes)^users.
  const runs = 4000;
  const random = new SeededRandom(2);
  const scenario = { ...SCENARIO, nodes: 4, users: 5, rooms: 1, roomsPerUser: 1 };
  let needed = 0;
  for (let i = 0; i < runs; i++) needed += simulate(scenario, COSTS, random).roomsNeeded / runs;
  assertAlmostEquals(needed, 1 - (1 - 1 / 4) ** 5, 0.01);
});

Deno.test("simulate() gives several feeds a part of the messages each, and every node reads all", () => {
  const [one, eight] = [run({}), run({ shards: 8 })];
  assertEquals(eight.shardsNeeded, 1);
  assertLess(eight.redisCore, one.redisCore / 2);
  // The largest room is in one of them.
  assertGreater(eight.redisCore, one.redisCore / 8);
  assertAlmostEquals(eight.wastedCore, one.wastedCore, 1e-9);
});

Deno.test("simulate() lets nodes with few users leave feeds out", () => {
  const { shardsNeeded } = run({ nodes: 50, users: 100, shards: 16 });
  assertLess(shardsNeeded, 0.5);
});

Deno.test("limitOfRedis() is where writing and reading fill a core", () => {
  assertAlmostEquals(limitOfRedis(6, COSTS), 20_000, 1e-6);
});

Deno.test("architecture.md has the tables of the model", () => {
  const url = new URL("../../docs/architecture.md", import.meta.url);
  const squeeze = (text: string) => text.replace(/ +/g, " ").replace(/-+/g, "-");
  const text = squeeze(Deno.readTextFileSync(url));
  for (const table of [limitsTable(), growthTable()]) {
    assert(text.includes(squeeze(table)), `${url} lacks\n${table}`);
  }
});
