/**
 * Measures an upgrade: how soon 200 clients that talk are back, and what is lost. The next server is
 * started before the old one is stopped, with `--wait`, and in a second run after it has ended.
 *
 * @module
 */

import { ackedBy, ClientState } from "../../tests/support/client_state.ts";
import { DataFolder } from "../support/data_folder.ts";
import { flag } from "../support/flags.ts";
import { median } from "../support/median.ts";
import { ENVIRONMENT, parley, UNLIMITED } from "../support/parley.ts";
import { spawn } from "../support/processes.ts";
import { freePort } from "../support/server.ts";
import { sleep } from "../support/stopwatch.ts";
import { table } from "../support/table.ts";
import { PageClient } from "./page_client.ts";

const CLIENTS = Number(flag("clients") ?? 200);

/** Each client says something so often, in milliseconds. */
const SAY_MS = Number(flag("say-ms") ?? 2000);

/** Talk before the signal, and after everybody is back. */
const TALK_MS = 3000;

const DEADLINE_MS = 60_000;

/** The result of an upgrade. */
interface Outcome {
  /** From the signal until each client had joined again. */
  readonly backMs: readonly number[];
  readonly acked: number;
  /** Acknowledged messages that somebody does not have, and messages that are there twice. */
  readonly lost: number;
  readonly doubled: number;
  readonly incomplete: number;
}

const { command } = await parley();
const head = ["next server", "median", "90%", "last", "acked", "lost", "doubled", "incomplete"];
const rows: string[][] = [];
for (const order of ["before", "after"] as const) {
  const { backMs, ...counts } = await upgrade(order);
  const sorted = backMs.toSorted((a, b) => a - b);
  const times = [median(sorted), sorted[Math.floor(sorted.length * 0.9)], sorted.at(-1)];
  rows.push([
    order === "before" ? "started before, with --wait" : "started after",
    ...times.map((ms) => `${((ms ?? NaN) / 1000).toFixed(2)} s`),
    ...[counts.acked, counts.lost, counts.doubled, counts.incomplete].map(String),
  ]);
}
console.log(table(head, rows));

async function upgrade(order: "before" | "after"): Promise<Outcome> {
  await using folder = await DataFolder.make();
  const port = freePort();
  const env = {
    ...ENVIRONMENT,
    ...UNLIMITED,
    ...{ CHAT_DATA: folder.path, CHAT_HISTORY_SIZE: "100000" },
    ...{ HOST: "127.0.0.1", PORT: `${port}` },
  };
  const start = (...flags: string[]) =>
    spawn([...command, ...flags], 0, { env, stdin: "null", stdout: "null", stderr: "inherit" });
  const old = start();
  const clients = Array.from(
    { length: CLIENTS },
    (_, i) => new PageClient([port], new ClientState(`Talker ${i}`)),
  );
  await until(() => clients.every(({ joinedAt }) => joinedAt.length > 0), "everybody to join");
  let turn = 0;
  const talk = setInterval(() => clients[turn++ % CLIENTS]?.say(), SAY_MS / CLIENTS);
  let next = order === "before" ? start("--wait") : undefined;
  // Its modules are loaded, and it waits.
  await sleep(TALK_MS);
  const signalAt = performance.now();
  old.kill("SIGTERM");
  if (next === undefined) {
    await old.status;
    next = start();
  }
  const backAt = ({ joinedAt }: PageClient) => joinedAt.find((time) => time > signalAt);
  await until(() => clients.every((client) => backAt(client) !== undefined), "all to come back");
  await sleep(TALK_MS);
  clearInterval(talk);
  await until(() => clients.every(({ state }) => state.isSettled), "the last acks");
  const states = clients.map(({ state }) => state);
  const acked = ackedBy(states);
  const newest = acked.at(-1)?.[0] ?? "";
  await until(() => states.every(({ position = "" }) => position >= newest), "the last message");
  for (const client of clients) client.stop();
  next.kill("SIGKILL");
  await next.status;
  await old.status;
  const ids = new Set(states.flatMap(({ seen }) => [...seen.keys()]));
  return {
    backMs: clients.map((client) => (backAt(client) ?? NaN) - signalAt),
    acked: acked.length,
    lost: acked.filter(([id]) => !states.every(({ seen }) => seen.has(id))).length,
    doubled: ids.size - new Set(acked.map(([, text]) => text)).size,
    incomplete: states.reduce((sum, { incompleteJoins }) => sum + incompleteJoins, 0),
  };
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`Waited too long for ${what}`);
    await sleep(10);
  }
}
