/**
 * The broker that a configuration asks for.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import type { Logger } from "../runtime/logger.ts";
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
 * A broker that keeps messages in the folder of `CHAT_DATA`, or in memory.
 *
 * @throws {DataFolderError} if the folder can't be used; it is left as it was
 */
export function openBroker({ config, logger, now }: BrokerOptions): ServableBroker {
  const { dataFolder: folder } = config;
  if (folder === undefined) return new MemoryBroker({ ...memoryBounds(config), now });
  const onProblem = (problem: string | undefined) => {
    if (problem === undefined) logger("info", "messages_kept_again", { folder });
    else logger("error", "messages_not_kept", { folder, problem });
  };
  return new SqliteBroker({ ...config, folder, now, onProblem });
}
