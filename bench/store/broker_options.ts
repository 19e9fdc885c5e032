/**
 * The options of a broker that a benchmark fills.
 *
 * @module
 */

import type { SqliteOptions } from "../../chat/broker/sqlite.ts";
import type { Clock } from "./fill.ts";

/** Keeps everything, as durably as by default. All times are those of the clock. */
export function brokerOptions(clock: Clock): Omit<SqliteOptions, "folder"> {
  const now = () => clock.now;
  return {
    durability: "full",
    keepDays: 0,
    keepBytes: 0,
    receiptBytes: 2 ** 28,
    now,
    elapsed: now,
  };
}
