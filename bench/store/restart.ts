/**
 * A restart: the time until the server answers, and until all clients that come back at once have
 * joined and have what they missed.
 *
 * @module
 */

import { SqliteBroker } from "../../chat/broker/sqlite.ts";
import { DataFolder } from "../support/data_folder.ts";
import { parley, UNLIMITED } from "../support/parley.ts";
import { memoryOf } from "../support/process_usage.ts";
import { spawnWorker } from "../support/processes.ts";
import { Server } from "../support/server.ts";
import { brokerOptions } from "./broker_options.ts";
import type { Figure } from "./figures.ts";
import { DAY_MS, fill } from "./fill.ts";
import type { Absence, ReturnFigures, Returns } from "./returning_clients.ts";

const CLIENTS = 1000;
const CLIENTS_TIMEOUT_MS = 120_000;

/** Every tenth room has more messages than its ring holds. */
const RING = 1000;
const LARGE_ROOM = 1.3;

/** What clients have missed. The last of these is more than a ring holds, where a room has as much. */
const MISSED = [0, 1, 20, 199, 200, 201, 600, 999, 1000, 1001];

/** Fills `rooms` rooms, restarts, and lets a client for each room come back. */
export async function measureRestart(rooms: number, messages: number): Promise<Figure[]> {
  await using folder = await DataFolder.make();
  const file = `${folder.path}/absences.json`;
  const absences = await fillRooms(folder.path, rooms, messages);
  await Deno.writeTextFile(file, JSON.stringify(absences));
  const settings = { ...UNLIMITED, CHAT_DATA: folder.path };
  const server = await Server.start(await parley(), settings);
  try {
    const job: Returns = { port: server.port, file };
    using worker = spawnWorker<ReturnFigures>(
      "store/returning_clients.ts",
      job,
      CLIENTS_TIMEOUT_MS,
    );
    const { p50Ms, allMs, caughtUpMs, complete, falselyComplete } = await worker.result;
    const { rssBytes } = await memoryOf(server.pid);
    const fit = absences.filter(({ missed }) => missed <= RING).length;
    const figure = (label: string, value: number, unit: Figure["unit"]): Figure => ({
      label: `restart with ${rooms} rooms of ${messages}: ${label}`,
      value,
      unit,
    });
    return [
      figure("start to first answer", server.startMs, "ms"),
      figure(`a client has joined, p50 of ${CLIENTS} at once`, p50Ms, "ms"),
      { ...figure("all have joined", allMs / 1000, "s"), atMost: 5 },
      figure("all have what they missed", caughtUpMs / 1000, "s"),
      figure("clients that missed no more than a ring holds", fit, ""),
      figure("told that they have all", complete, ""),
      { ...figure("of these falsely", falselyComplete, ""), atMost: 0 },
      figure("memory of the server", rssBytes / 2 ** 20, "MB"),
    ];
  } finally {
    await server.stop();
  }
}

/** Fills the rooms in turn. Returns what each client has missed. */
async function fillRooms(folder: string, rooms: number, messages: number): Promise<Absence[]> {
  const clock = { now: Date.now() - DAY_MS };
  const ids = new Map<string, string[]>();
  const broker = new SqliteBroker({ ...brokerOptions(clock), durability: "normal", folder });
  const large = Math.ceil(rooms / 10);
  const extra = Math.ceil(large * messages * (LARGE_ROOM - 1));
  const roomOf = (i: number) => `room-${i < rooms * messages ? i % rooms : (i % large) * 10}`;
  await fill(
    broker,
    { messages: rooms * messages + extra, roomOf, changed: 0, clock, days: 1 },
    (room, id) => {
      const known = ids.get(room);
      if (known === undefined) ids.set(room, [id]);
      else known.push(id);
    },
  );
  await broker.close();
  return Array.from({ length: CLIENTS }, (_, i) => {
    const room = `room-${i % rooms}`;
    const all = ids.get(room) ?? [];
    // Rooms with a multiple of ten are the large ones.
    const wanted = MISSED[Math.floor(i / 10) % MISSED.length] ?? 0;
    const missed = Math.min(wanted, all.length - 1);
    const since = all[all.length - 1 - missed] ?? "";
    return {
      room,
      since,
      missed,
      first: all[all.length - missed],
      last: missed > 0 ? all.at(-1) : undefined,
    };
  });
}
