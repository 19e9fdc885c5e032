/**
 * The broker that a configuration asks for.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import type { Logger } from "../runtime/logger.ts";
import type { RedisUrl } from "../config/redis_url.ts";
import { Unavailable } from "./broker.ts";
import { KvBroker } from "./kv.ts";
import { KvUnusable, openKv } from "./kv/open.ts";
import { RedisBroker } from "./redis.ts";
import { RedisUnusable } from "./redis/link.ts";
import type { ServableBroker } from "./served.ts";
import { memoryBounds, MemoryBroker } from "./memory.ts";
import { SqliteBroker } from "./sqlite.ts";

/** What a broker is made with. */
export interface BrokerOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
}

/** Between two looks at a KV: a watch on a file does not see what another process writes. */
const FILE_POLL_MS = 100;
const KV_POLL_MS = 3_000;

/**
 * A broker that keeps messages in the Redis of `CHAT_REDIS`, in the KV of `CHAT_KV`, in the folder of
 * `CHAT_DATA`, or in memory.
 *
 * @throws {DataFolderError} if the folder can't be used; it is left as it was
 * @throws {RedisUnusable} if what answers is no Redis, or too old, or refuses the password
 * @throws {KvUnusable} if the KV can't be used
 */
export async function openBroker(options: BrokerOptions): Promise<ServableBroker> {
  const { redisUrl, kv } = options.config;
  if (redisUrl !== undefined) return await openRedis(options, redisUrl);
  const kvBroker = kv && await openKvBroker(options, kv.path);
  return kvBroker ?? openLocalBroker(options);
}

/**
 * A broker that keeps messages in the folder of `CHAT_DATA`, or in memory.
 *
 * @throws {DataFolderError} if the folder can't be used; it is left as it was
 */
export function openLocalBroker({ config, logger, now }: BrokerOptions): ServableBroker {
  const { dataFolder: folder } = config;
  if (folder === undefined) return new MemoryBroker({ ...memoryBounds(config), now });
  const onProblem = (problem: string | undefined) => {
    if (problem === undefined) logger("info", "messages_kept_again", { folder });
    else logger("error", "messages_not_kept", { folder, problem });
  };
  return new SqliteBroker({ ...config, folder, now, onProblem });
}

async function openRedis({ config, logger }: BrokerOptions, url: RedisUrl): Promise<RedisBroker> {
  // Without the user and the password.
  const redis = url.toString();
  try {
    return await RedisBroker.connect({
      ...config,
      ...{ url, wait: config.redisWait },
      onProblem(problem) {
        if (problem === undefined) logger("info", "redis_back", { redis });
        else logger("error", "redis_lost", { redis, problem });
      },
      onUpkeepProblem(problem) {
        if (problem === undefined) logger("info", "redis_upkeep_back", { redis });
        else logger("error", "redis_upkeep_failed", { redis, problem });
      },
      onPolicy(policy) {
        logger("warn", "redis_evicts", { redis, policy, expected: "noeviction" });
      },
    });
  } catch (error) {
    if (!(error instanceof RedisUnusable)) throw error;
    throw new RedisUnusable(`Cannot use CHAT_REDIS (${redis}): ${error.message}`);
  }
}

/** A broker of a KV; none on Deno Deploy where the app has none. */
async function openKvBroker(
  { config, logger, now }: BrokerOptions,
  path: string | undefined,
): Promise<KvBroker | undefined> {
  const name = path ?? "app";
  let kv: Deno.Kv;
  try {
    kv = await openKv(path);
  } catch (error) {
    if (!(error instanceof KvUnusable)) throw error;
    if (path !== undefined) {
      throw new KvUnusable(`Cannot use CHAT_KV (${name}): ${error.message}`, { cause: error });
    }
    logger("warn", "kv_not_used", { kv: name, problem: error.message });
    return undefined;
  }
  const isFile = path !== undefined && !/^https?:/i.test(path);
  try {
    return await KvBroker.open({
      ...config,
      ...{ kv, now, pollMs: isFile ? FILE_POLL_MS : KV_POLL_MS },
      onProblem(problem) {
        if (problem === undefined) logger("info", "kv_back", { kv: name });
        else logger("error", "kv_lost", { kv: name, problem });
      },
    });
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    // In memory a part of the instances would go on alone, and lose what others were promised.
    throw new KvUnusable(`Cannot use CHAT_KV (${name}): ${error.message}`, { cause: error });
  }
}
