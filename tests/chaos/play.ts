/**
 * A run of clients and nodes through faults, and what is known after it.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { within } from "../support/deadline.ts";

import type { RedisServer } from "../support/redis_server.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { Cluster, OBSERVER } from "./cluster.ts";
import { harm } from "./faults.ts";
import { judge, type Violation } from "./judge.ts";
import { Participant } from "./participant.ts";
import type { NodeView, Truth } from "./record.ts";

/** Options of {@linkcode play}. */
export interface PlayOptions {
  readonly nodes: number;
  /** The keeper of messages: a Redis, or a folder for one node alone. */
  readonly store: RedisServer | string;
  readonly clients: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly scale: number;
  readonly seed: number;
  /** Returns the ports at which clients reach the nodes. By default, those of the nodes. */
  readonly entrances?: (ports: readonly number[]) => Promise<readonly number[]>;
  /** The faults. By default, all of them, as long as it goes. */
  readonly harm?: typeof harm;
  /** Told of each fault when it has ended. */
  readonly tell: (line: string) => void;
}

/** The result of a run. */
export interface Outcome {
  readonly truth: Truth;
  readonly violations: readonly Violation[];
  readonly faults: number;
  readonly acked: number;
  /** Acks of messages that the node knew already, by a `ref` that was sent again. */
  readonly duplicates: number;
  /** Connections, answers to `since` with and without all since, and announced gaps. */
  readonly connections: number;
  readonly complete: number;
  readonly incomplete: number;
  readonly gaps: number;
}

/** For all clients to have everything, after the last fault. */
const SETTLE_MS = 40_000;

/** For a node to notice that another one has gone, and the users of it. */
const PRESENCE_MS = 20_000;

/** Runs clients at nodes through faults. Returns the verdict. */
export async function play(options: PlayOptions): Promise<Outcome> {
  const { seed, scale, seconds, tell } = options;
  await using stack = new AsyncDisposableStack();
  const cluster = await Cluster.start(options.nodes, options.store);
  const { harm: begin = harm, entrances = (ports) => Promise.resolve(ports) } = options;
  const ports = await entrances(cluster.nodes.map(({ front }) => front.port));
  const participants = Array.from(
    { length: options.clients },
    (_, i) => new Participant(`Talker ${i + 1}`, ports, new SeededRandom(seed + 1000 + i)),
  );
  stack.defer(async () => {
    await Promise.all(participants.map((each) => each.stop()));
    // Sockets to a node that was killed, or cut off, close when nothing is left on the other side.
    await cluster[Symbol.asyncDispose]();
    await Promise.all(participants.map((each) => each.closed()));
  });
  await until(
    () => participants.every(({ memory }) => memory.position !== undefined),
    "all to join",
  );

  const end = performance.now() + seconds * 1000;
  let faults = 0;
  const harmed = begin(cluster, {
    seed,
    scale,
    isOver: () => performance.now() > end,
    tell: (line) => {
      faults++;
      tell(line);
    },
  });
  const talking = talk(participants, options, () => performance.now() > end);
  await Promise.all([harmed, talking]);

  // The judge finds rooms that do not settle.
  await until(() => participants.every(({ memory }) => memory.isSettled), "").catch(() => {});
  await until(() => haveAll(participants), "").catch(() => {});
  const memories = participants.map(({ memory }) => memory);
  const leaving = participants.slice(0, participants.length / 3);
  await Promise.all(leaving.map((each) => each.stop()));
  const present = [...memories.slice(leaving.length).map(({ name }) => name), OBSERVER];
  const nodes = await look(cluster, present);
  const truth: Truth = { clients: memories, nodes, present };
  const entries = memories.flatMap(({ entries }) => entries);
  const resumed = entries.flatMap((entry) =>
    entry.kind === "joined" && entry.since !== undefined ? [entry.complete] : []
  );
  return {
    truth,
    violations: judge(truth),
    faults,
    acked: entries.filter(({ kind }) => kind === "acked").length,
    duplicates: memories.reduce((sum, { duplicates }) => sum + duplicates, 0),
    connections: participants.reduce((sum, { connections }) => sum + connections, 0),
    complete: resumed.filter((isComplete) => isComplete).length,
    incomplete: resumed.filter((isComplete) => !isComplete).length,
    gaps: entries.filter(({ kind }) => kind === "gap").length,
  };
}

/** Lets clients talk at a steady rate, whatever becomes of it. */
async function talk(
  participants: readonly Participant[],
  { perSecond, seed }: PlayOptions,
  isOver: () => boolean,
): Promise<void> {
  const random = new SeededRandom(seed + 999);
  const start = performance.now();
  for (let said = 0; !isOver(); await delay(20)) {
    const due = (performance.now() - start) / 1000 * perSecond;
    for (; said < due; said++) random.pick(participants).speak();
  }
}

/** True if all clients have reached the same position. */
function haveAll(participants: readonly Participant[]): boolean {
  const [first, ...others] = participants.map(({ memory }) => memory.position);
  return others.every((position) => position === first);
}

/** The views of all nodes, when they count the same members or do not within a time. */
async function look(cluster: Cluster, present: readonly string[]): Promise<NodeView[]> {
  const end = performance.now() + PRESENCE_MS;
  while (true) {
    const isOver = performance.now() > end;
    try {
      const views = await Promise.all(cluster.nodes.map((node) => node.view()));
      const violations = judge({ clients: [], nodes: views, present });
      if (isOver || violations.every(({ fault }) => fault !== "members")) return views;
    } catch (error) {
      // A node that was just started may not have reached Redis.
      if (isOver) throw error;
    }
    await delay(500);
  }
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  let isOver = false;
  const wait = async () => {
    while (!isSo() && !isOver) await delay(20);
  };
  await within(wait(), what, SETTLE_MS).finally(() => isOver = true);
}
