/**
 * The work of a message in Redis and in the nodes that hear it, by the number of nodes.
 *
 * @module
 */

import type { Op, Subscriber } from "../../chat/broker/broker.ts";
import { RedisBroker } from "../../chat/broker/redis.ts";
import { RedisServer } from "../../tests/support/redis_server.ts";
import { sleep, Stopwatch } from "../support/stopwatch.ts";
import { pin } from "./nodes.ts";

/** Microseconds of a core for each message. */
export interface FeedCosts {
  readonly redisUs: number;
  /** Of the process of all brokers. */
  readonly nodesUs: number;
}

const BATCH = 32;
const IN_FLIGHT = 4;
const DEADLINE_MS = 60_000;

/** As long as the texts of the other benchmarks. */
const BODY = JSON.stringify({
  user: { id: "benchbenchbenchb", name: "Talker" },
  text: ".".repeat(88),
});

/** Publishes messages by one of some brokers, and waits until all have heard them. */
export async function measureFeed(readers: number, messages: number): Promise<FeedCosts> {
  await using redis = await RedisServer.start({ args: ["--appendfsync", "always"] });
  await pin(redis.pid);
  let heard = 0;
  const brokers: RedisBroker[] = [];
  await using stack = new AsyncDisposableStack();
  for (let i = 0; i < readers; i++) {
    const broker = await RedisBroker.connect({
      url: redis.url(),
      ...{ wait: 0, receiptBytes: 64 * 2 ** 20, keepDays: 0, keepBytes: 0 },
    });
    stack.defer(() => broker.close());
    const none = () => {};
    const subscriber: Subscriber = {
      published: () => heard++,
      lost: () => {
        throw new Error("A broker has missed messages");
      },
      ...{ documented: none, signalled: none, dropped: none },
    };
    broker.subscribe(subscriber);
    brokers.push(broker);
  }
  let sent = 0;
  const publish = async (count: number): Promise<void> => {
    const end = sent + count;
    heard = 0;
    await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
      while (sent < end) await brokers[0]?.publish(batch(sent += BATCH));
    }));
    const deadline = performance.now() + DEADLINE_MS;
    while (heard < count * readers && performance.now() < deadline) await sleep(5);
    if (heard < count * readers) throw new Error("Messages are missing");
  };
  // Compiled by then.
  await publish(messages / 4);
  const before = await redisSeconds(redis);
  const stopwatch = new Stopwatch();
  await publish(messages);
  const nodesUs = stopwatch.cpu * stopwatch.seconds * 1e6 / messages;
  return { redisUs: (await redisSeconds(redis) - before) * 1e6 / messages, nodesUs };
}

function batch(from: number): Op[] {
  return Array.from({ length: BATCH }, (_, i) => ({
    op: "send",
    room: "lobby",
    user: "benchbenchbenchb",
    ref: `${from + i}`,
    body: BODY,
  }));
}

/** The CPU time that Redis has used. */
async function redisSeconds(redis: RedisServer): Promise<number> {
  const text = String(await redis.command("INFO", "cpu"));
  const field = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(text)?.[1]);
  return field("used_cpu_user") + field("used_cpu_sys");
}
