/**
 * The memory that rooms and messages take in Redis.
 *
 * @module
 */

import type { RedisServer } from "../../tests/support/redis_server.ts";
import { Nodes } from "./nodes.ts";

/** Bytes that a message, and a room with one message, take. */
export interface Sizes {
  readonly message: number;
  readonly room: number;
  /** The same without the feed and the receipts, which are bounded. */
  readonly keptMessage: number;
  readonly keptRoom: number;
}

/** As long as the texts of the other benchmarks. */
const TEXT = ".".repeat(88);
const IN_FLIGHT = 50;

/** The bytes of all hashes and sorted sets, which hold what is kept. */
const KEPT = `
local bytes, cursor = 0, "0"
repeat
  local page = redis.call("SCAN", cursor, "COUNT", 1000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do
    local type = redis.call("TYPE", key).ok
    if type == "hash" or type == "zset" then
      bytes = bytes + redis.call("MEMORY", "USAGE", key, "SAMPLES", 0)
    end
  end
until cursor == "0"
return bytes`;

interface Memory {
  readonly used: number;
  readonly kept: number;
}

async function memoryOf(redis: RedisServer): Promise<Memory> {
  const text = String(await redis.command("INFO", "memory"));
  const used = Number(/^used_memory:(\d+)/m.exec(text)?.[1]);
  return { used, kept: Number(await redis.command("EVAL", KEPT, 0)) };
}

/** Says some messages in one room, and then one in each of some rooms. */
export async function measureSizes(messages: number, rooms: number): Promise<Sizes> {
  await using nodes = await Nodes.start({ name: "Redis", store: "everysec", nodes: 1 });
  const { redis, ports: [port = 0] } = nodes;
  if (redis === undefined) throw new Error("No Redis");
  await post(port, "lobby", 1);
  const empty = await memoryOf(redis);
  await post(port, "lobby", messages);
  const filled = await memoryOf(redis);
  for (let i = 0; i < rooms; i++) await post(port, `room-${i}`, 1);
  const roomy = await memoryOf(redis);
  return {
    message: (filled.used - empty.used) / messages,
    keptMessage: (filled.kept - empty.kept) / messages,
    room: (roomy.used - filled.used) / rooms,
    keptRoom: (roomy.kept - filled.kept) / rooms,
  };
}

/** Posts messages into a room, some at a time. */
async function post(port: number, room: string, messages: number): Promise<void> {
  const headers = { authorization: "Bearer the key of the benchmark" };
  const url = `http://127.0.0.1:${port}/api/rooms/${room}/messages`;
  let rest = messages;
  await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
    while (rest-- > 0) {
      const { status, body } = await fetch(url, { method: "POST", body: TEXT, headers });
      await body?.cancel();
      if (status !== 201) throw new Error(`A message was refused with ${status}`);
    }
  }));
}
