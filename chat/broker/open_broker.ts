/**
 * The broker that a configuration asks for.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import type { Logger } from "../runtime/logger.ts";
import type { RedisUrl } from "../config/redis_url.ts";
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

/**
 * A broker that keeps messages in the Redis of `CHAT_REDIS`, in the folder of `CHAT_DATA`, or in memory.
 *
 * @throws {DataFolderError} if the folder can't be used; it is left as it was
 * @throws {RedisUnusable} if what answers is no Redis, or too old, or refuses the password
 */
export async function openBroker(options: BrokerOptions): Promise<ServableBroker> {
  const { redisUrl } = options.config;
  return redisUrl === undefined ? openLocalBroker(options) : await openRedis(options, redisUrl);
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
      onPolicy(policy) {
        logger("warn", "redis_evicts", { redis, policy, expected: "noeviction" });
      },
    });
  } catch (error) {
    if (!(error instanceof RedisUnusable)) throw error;
    throw new RedisUnusable(`Cannot use CHAT_REDIS (${redis}): ${error.message}`);
  }
}
