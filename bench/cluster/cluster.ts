/**
 * The costs of many machines: `deno task bench:cluster`, or in two minutes
 * `deno task bench:cluster --quick`. `--only=NAME` runs one part: `latency`, `throughput`, `move`,
 * `sizes` or `feed`; `--rounds=N` sets the number of rounds.
 *
 * Each round runs all setups in turn. All nodes share one core, so that several of them compete for
 * it: the figures tell what a node costs, not what it brings. Redis shares the other core with the load
 * generator.
 *
 * @module
 */

import type { Job, Measurements } from "../compare/workloads.ts";
import { format } from "../compare/results.ts";
import { flag } from "../support/flags.ts";
import { median } from "../support/median.ts";
import { isPinning, spawnWorker } from "../support/processes.ts";
import { table } from "../support/table.ts";
import { measureFeed } from "./feed_costs.ts";
import { growthTable, limitsTable } from "./growth.ts";
import { measureMove } from "./move.ts";
import { Nodes, type Setup, SETUPS } from "./nodes.ts";
import { measureSizes } from "./sizes.ts";
import type { TalkFigures, TalkLoad } from "./talk.ts";

const quick = Deno.args.includes("--quick");
const rounds = Number(flag("rounds") ?? (quick ? 1 : 5));
const seconds = quick ? 3 : 6;

const RATES = [100, 500];
const CONNECTIONS = 1000;
const TIMEOUT_MS = 90_000;

/** The most that an ack may take longer than with a file, at the median, in milliseconds. */
const ACK_MS = 3;
/** The least deliveries, against one node with a file. */
const DELIVERIES_RATIO = 0.7;
const MOVE_MS = 6000;

/** Runs a measurement of each setup, in some rounds. Returns the medians by setup. */
async function inTurn<Key extends string>(
  setups: readonly Setup[],
  measure: (setup: Setup) => Promise<Record<Key, number>>,
): Promise<Map<string, Record<Key, number>>> {
  const values = new Map<string, Record<Key, number>[]>(setups.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const setup of setups) {
      const figures = await measure(setup);
      values.get(setup.name)?.push(figures);
      console.error(setup.name, figures);
    }
  }
  const medians = [...values].map(([name, rounds]) => {
    const keys = Object.keys(rounds[0] ?? {}) as Key[];
    const medians = keys.map((key) => [key, median(rounds.map((each) => each[key]))] as const);
    return [name, Object.fromEntries(medians) as Record<Key, number>] as const;
  });
  return new Map(medians);
}

function verdict(label: string, value: number, bound: number, isReached: boolean): string {
  return `${label}: ${value.toFixed(2)}, goal ${bound}: ${isReached ? "reached" : "missed"}`;
}

async function latency(): Promise<void> {
  for (const perSecond of RATES) {
    const medians = await inTurn(SETUPS, async (setup) => {
      await using nodes = await Nodes.start(setup);
      const load: TalkLoad = { ports: nodes.ports, perSecond, seconds };
      using worker = spawnWorker<TalkFigures>("cluster/talk.ts", load, TIMEOUT_MS);
      return { ...await worker.result };
    });
    const keys = ["ackP50", "ackP99", "heardP50", "heardP99"] as const;
    console.log(table(
      [`${perSecond} messages a second`, "ack p50", "p99", "heard p50", "p99", "lost"],
      [...medians].map(([name, figures]) => [
        name,
        ...keys.map((key) => format(figures[key], "ms")),
        `${figures.missing}`,
      ]),
    ));
    const more = (medians.get("Redis")?.ackP50 ?? NaN) - (medians.get("a file")?.ackP50 ?? NaN);
    console.log(`\n${verdict("ack p50 over a file's, ms", more, ACK_MS, more <= ACK_MS)}\n`);
  }
}

async function throughput(): Promise<void> {
  const medians = await inTurn(SETUPS, async (setup) => {
    await using nodes = await Nodes.start(setup);
    const [first, ...others] = nodes.servers;
    const job: Job = {
      port: first?.port ?? NaN,
      otherPorts: others.map(({ port }) => port),
      serverPid: first?.pid ?? NaN,
      protocol: "chat.v1",
      workload: { kind: "closed loop", connections: CONNECTIONS, seconds },
    };
    using worker = spawnWorker<Measurements>("compare/generator.ts", job, TIMEOUT_MS);
    const { deliveriesPerSecond = NaN, missing = NaN, disordered = NaN } = await worker.result;
    return { deliveriesPerSecond, missing, disordered };
  });
  const base = medians.get("a file")?.deliveriesPerSecond ?? NaN;
  console.log(table(
    [`flat out, N=${CONNECTIONS}`, "deliveries", "against a file", "lost", "disordered"],
    [...medians].map(([name, { deliveriesPerSecond, missing, disordered }]) => [
      name,
      format(deliveriesPerSecond, "/s"),
      format(deliveriesPerSecond / base, "×"),
      `${missing}`,
      `${disordered}`,
    ]),
  ));
  const ratio = (medians.get("Redis")?.deliveriesPerSecond ?? NaN) / base;
  const isReached = ratio >= DELIVERIES_RATIO;
  console.log(`\n${verdict("deliveries against a file's", ratio, DELIVERIES_RATIO, isReached)}\n`);
}

async function move(): Promise<void> {
  const count = quick ? 200 : CONNECTIONS;
  const { halfMs, allMs, acked, lost, doubled, incomplete } = await measureMove(count);
  console.log(table(
    [`a kill, ${count} clients`, "half are back", "all", "acked", "lost", "doubled", "incomplete"],
    [[
      "to another node",
      ...[halfMs, allMs].map((ms) => format(ms / 1000, "s")),
      ...[acked, lost, doubled, incomplete].map(String),
    ]],
  ));
  const isReached = allMs <= MOVE_MS && lost + doubled + incomplete === 0;
  console.log(`\n${verdict("all are back, s", allMs / 1000, MOVE_MS / 1000, isReached)}\n`);
}

async function sizes(): Promise<void> {
  const [messages, rooms] = quick ? [2000, 200] : [10_000, 1000];
  const { message, keptMessage, room, keptRoom } = await measureSizes(messages, rooms);
  const row = (name: string, ...bytes: readonly number[]) => [
    name,
    ...bytes.map((each) => format(Math.round(each), "B")),
  ];
  console.log(table(
    ["memory in Redis", "kept", "with receipts and feed"],
    [row("a message", keptMessage, message), row("a room with a message", keptRoom, room)],
  ));
}

/** Costs by the number of brokers; and what they mean, by the model. */
async function feed(): Promise<void> {
  const counts = [1, 2, 4, 8];
  const messages = quick ? 6400 : 32_000;
  const values = counts.map((): { redis: number[]; nodes: number[] } => ({ redis: [], nodes: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const [i, count] of counts.entries()) {
      const { redisUs, nodesUs } = await measureFeed(count, messages);
      values[i]?.redis.push(redisUs);
      values[i]?.nodes.push(nodesUs);
    }
  }
  const redis = values.map((each) => median(each.redis));
  const nodes = values.map((each) => median(each.nodes));
  console.log(table(
    ["µs of a core for a message, nodes:", ...counts.map(String)],
    [["Redis", ...redis.map((us) => us.toFixed(1))], [
      "all nodes",
      ...nodes.map((us) => us.toFixed(1)),
    ]],
  ));
  console.log(`\n${limitsTable()}\n\n${growthTable()}\n`);
}

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  latency,
  throughput,
  move,
  sizes,
  feed,
};
const only = flag("only");
const names = only === undefined ? Object.keys(PARTS) : [only];
if (!isPinning()) console.error("Not pinned to cores: the figures depend on where processes run");
for (const name of names) {
  const measure = PARTS[name];
  if (measure === undefined) {
    console.error(`There is no part "${name}": it must be one of ${Object.keys(PARTS).join(", ")}`);
    Deno.exit(2);
  }
  await measure();
}
Deno.exit(0);
