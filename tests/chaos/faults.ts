/**
 * The faults of machines and networks that a cluster goes through.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";

import type { RedisServer } from "../support/redis_server.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import type { Cluster, Node } from "./cluster.ts";

/** The place of a fault: at one place there is one fault at a time. */
export type Place = "node" | "link" | "redis" | "clients";

/** The longest pause between the faults of a place, in the long form. */
const PAUSE_MS = 4000;

/** The length of faults: a part of that in the long form. */
export interface Pace {
  readonly random: SeededRandom;
  readonly scale: number;
}

/** A fault. It begins, ends, and returns what was done. */
export interface Fault {
  readonly place: Place;
  run(cluster: Cluster, pace: Pace): Promise<string>;
}

/** A random time up to so many milliseconds of the long form, and at least a third of them. */
function someTime({ random, scale }: Pace, mostMs: number): number {
  return Math.round(mostMs * scale * (1 + 2 * random.next()) / 3);
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function faultOfNode(
  place: "node" | "link",
  harm: (node: Node, pace: Pace, cluster: Cluster) => Promise<string>,
): Fault {
  return {
    place,
    async run(cluster, pace) {
      const node = pace.random.pick(cluster.nodes);
      return `node ${node.index} ${await harm(node, pace, cluster)}`;
    },
  };
}

function faultOfRedis(
  harm: (redis: RedisServer, pace: Pace) => Promise<string>,
): Fault {
  return {
    place: "redis",
    run: ({ redis }, pace) =>
      redis === undefined ? Promise.reject(new Error("No Redis")) : harm(redis, pace),
  };
}

/** Keeps a node from Redis for a time: both ways, or one. */
async function partition({ back }: Node, ms: number, ways: "both" | "up" | "down"): Promise<void> {
  if (ways === "both") back?.partition();
  else for (const link of back?.links ?? []) link[ways].stall();
  await delay(ms);
  back?.heal();
}

/** Empties the feed. Returns the number of entries that were in it. */
async function trimFeed(redis: RedisServer): Promise<number> {
  let trimmed = 0;
  const keys = await redis.command("KEYS", "*");
  for (const key of Array.isArray(keys) ? keys : []) {
    if (await redis.command("TYPE", key) !== "stream") continue;
    trimmed += Number(await redis.command("XTRIM", key, "MAXLEN", 0));
  }
  return trimmed;
}

/** The faults of nodes with a store of their own. */
export const NODE_FAULTS: readonly Fault[] = [
  faultOfNode("node", async (node, pace) => {
    await node.end("SIGKILL");
    const ms = someTime(pace, 3000);
    await delay(ms);
    await node.restart();
    return `was killed, and started again after ${seconds(ms)}`;
  }),
  faultOfNode("node", async (node, pace) => {
    const ms = Math.max(7000, 10_000 * pace.scale);
    node.signal("SIGSTOP");
    await delay(ms);
    node.signal("SIGCONT");
    return `stood still for ${seconds(ms)}`;
  }),
  faultOfNode("node", async (node) => {
    await node.end("SIGTERM");
    await node.restart();
    return "was stopped by SIGTERM, and started again";
  }),
  {
    place: "clients",
    async run({ nodes }, { random }) {
      const cut = random.pick(["fin", "rst"] as const);
      const links = nodes.flatMap(({ front }) => [...front.links]);
      const chosen = links.filter(() => random.chance(0.3));
      for (const link of chosen) link.cut(cut);
      await Promise.all(chosen.map(({ closed }) => closed));
      return `${chosen.length} of ${links.length} connections were cut (${cut})`;
    },
  },
];

/** The faults that need a Redis. */
export const REDIS_FAULTS: readonly Fault[] = [
  faultOfNode("link", async (node, pace) => {
    const ms = someTime(pace, 9000);
    const ways = pace.random.pick(["both", "up", "down"] as const);
    await partition(node, ms, ways);
    return `was cut off from Redis for ${seconds(ms)} (${ways})`;
  }),
  faultOfNode("link", async (node, pace, { redis }) => {
    const ms = someTime(pace, 4000);
    const cutOff = partition(node, ms, "both");
    await delay(ms * 0.9);
    // Redis may stand still or be gone at that moment.
    const trimmed = redis === undefined ? 0 : await trimFeed(redis).catch(() => 0);
    await cutOff;
    return `was cut off from Redis for ${seconds(ms)}, and ${trimmed} entries of the feed trimmed`;
  }),
  faultOfRedis(async (redis, pace) => {
    await redis.end();
    const ms = someTime(pace, 3000);
    await delay(ms);
    await redis.restart();
    return `Redis was killed, and started again after ${seconds(ms)}`;
  }),
  faultOfRedis(async (redis, pace) => {
    redis.pause();
    const ms = someTime(pace, 6000);
    await delay(ms);
    redis.resume();
    return `Redis stood still for ${seconds(ms)}`;
  }),
];

/** Options of {@linkcode harm}. */
export interface HarmOptions {
  readonly seed: number;
  /** The length of faults, and of the pauses between them: 1 in the long form. */
  readonly scale: number;
  readonly isOver: () => boolean;
  /** Told of each fault when it has ended. */
  readonly tell: (line: string) => void;
}

/** Runs the faults of each place one after the other, all of them in a random order, again and again. */
export async function harm(cluster: Cluster, options: HarmOptions): Promise<void> {
  const { seed, scale, isOver, tell } = options;
  const faults = cluster.redis === undefined ? NODE_FAULTS : [...NODE_FAULTS, ...REDIS_FAULTS];
  const places = Map.groupBy(faults, ({ place }) => place);
  await Promise.all([...places.values()].map(async (faults, i) => {
    const pace: Pace = { random: new SeededRandom(seed + i), scale };
    let bag: Fault[] = [];
    while (!isOver()) {
      await delay(someTime(pace, PAUSE_MS));
      if (bag.length === 0) bag = shuffled(faults, pace.random);
      const fault = bag.pop();
      if (fault !== undefined && !isOver()) tell(await fault.run(cluster, pace));
    }
  }));
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  return items.map((item) => ({ item, rank: random.next() }))
    .sort((a, b) => a.rank - b.rank).map(({ item }) => item);
}
