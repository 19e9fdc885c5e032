/**
 * A month in many rooms: what it takes to write and to keep, to start with it and to read it, to
 * search it, and to drop the oldest.
 *
 * @module
 */

import { SqliteBroker } from "../../chat/broker/sqlite.ts";
import type { RetentionOptions } from "../../chat/broker/sqlite/retention.ts";
import { SeededRandom } from "../../tests/support/seeded_random.ts";
import { DataFolder } from "../support/data_folder.ts";
import { Histogram } from "../support/histogram.ts";
import { parley, UNLIMITED } from "../support/parley.ts";
import { memoryOf } from "../support/process_usage.ts";
import { Server } from "../support/server.ts";
import { Stopwatch } from "../support/stopwatch.ts";
import { brokerOptions } from "./broker_options.ts";
import type { Figure } from "./figures.ts";
import { DAY_MS, fill } from "./fill.ts";
import { Pieces } from "./pieces.ts";
import { contentsOf, measureRetention } from "./retention.ts";
import { measureSearches } from "./searches.ts";

const DAYS = 30;
const CHANGED = 0.02;

/** The share of all messages that is dropped at the end for its age, and once more for its size. */
const DROPPED = 1 / 60;

const OPENED_ROOMS = 200;
const RING = 1000;

/** Few rooms have most of the messages. */
const CONCENTRATION = 2;

/** Simulates a month of `messages` messages in `rooms` rooms. */
export async function measureMonth(rooms: number, messages: number): Promise<Figure[]> {
  await using folder = await DataFolder.make();
  const clock = { now: Date.now() - DAYS * DAY_MS };
  const options = { ...brokerOptions(clock), folder: folder.path };
  const roomOf = (random: SeededRandom) =>
    `room-${Math.floor(rooms * random.next() ** CONCENTRATION)}`;
  const pieces = new Pieces();
  const figures: Figure[] = [];
  const add = (label: string, value: number, unit: Figure["unit"]) =>
    figures.push({ label, value, unit });

  const writing = new SqliteBroker(options);
  const conversation = { messages, changed: CHANGED, clock, days: DAYS };
  await fill(writing, { ...conversation, roomOf: (_, random) => roomOf(random) });
  await writing.close();
  const { commit, upkeep } = pieces.take();
  add("messages written", messages * (1 + CHANGED) / (commit.totalMs / 1000), "/s");
  add("a commit of 100, p50", commit.p50, "ms");
  add("a commit of 100, p99", commit.p99, "ms");
  add("a commit of 100, longest", commit.max, "ms");
  add("messages indexed", messages / (upkeep.totalMs / 1000), "/s");
  add("a step of upkeep, p99", upkeep.p99, "ms");
  add("a step of upkeep, longest", upkeep.max, "ms");
  const bytes = await folder.bytes();
  add("size of the file", bytes / 2 ** 20, "MB");
  add("size of the file, a message", bytes / messages, "B");

  figures.push(...await measureStart(folder.path));
  const opening = new Stopwatch();
  const reading = new SqliteBroker(options);
  add("the database opened", opening.ms, "ms");
  const opens = new Histogram();
  const random = new SeededRandom(3);
  pieces.take();
  for (let i = 0; i < OPENED_ROOMS; i++) {
    const stopwatch = new Stopwatch();
    await reading.open(roomOf(random), RING + 1);
    opens.add(stopwatch.ms);
  }
  add("a room opened, p50", opens.quantile(0.5), "ms");
  add("a room opened, p99", opens.quantile(0.99), "ms");
  add("rooms opened: longest piece", pieces.take().turn.max, "ms");
  figures.push(...await measureSearches(reading, roomOf, pieces));
  await reading.close();

  const retain = async (label: string, kept: Partial<RetentionOptions>) =>
    figures.push(...await measureRetention(label, { ...options, ...kept }, clock, pieces));
  await retain("age", { keepDays: DAYS * (1 - DROPPED) });
  await retain("size", { keepBytes: contentsOf(folder.path).bytes * (1 - DROPPED) });
  return figures;
}

/** Starts servers with and without the messages. */
async function measureStart(folder: string): Promise<Figure[]> {
  const command = await parley();
  const start = async (label: string, CHAT_DATA: string): Promise<Figure[]> => {
    const server = await Server.start(command, { ...UNLIMITED, CHAT_DATA });
    try {
      const { rssBytes } = await memoryOf(server.pid);
      return [
        { label: `a server started ${label}: first answer`, unit: "ms", value: server.startMs },
        { label: `a server started ${label}: memory`, unit: "MB", value: rssBytes / 2 ** 20 },
      ];
    } finally {
      await server.stop();
    }
  };
  return [...await start("without a file", "none"), ...await start("with the messages", folder)];
}
