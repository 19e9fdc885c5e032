/**
 * The dropping of the oldest messages, by age and by size.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { DATABASE } from "../../chat/broker/sqlite/folder.ts";
import { SqliteBroker, type SqliteOptions } from "../../chat/broker/sqlite.ts";
import type { Figure } from "./figures.ts";
import type { Clock } from "./fill.ts";
import type { Pieces } from "./pieces.ts";

/** The longest that a step may hold up the event loop, in milliseconds. */
const LONGEST_PIECE_MS = 8;

/** What a database holds. */
export interface Contents {
  readonly messages: number;
  /** As `CHAT_KEEP_MB` counts them. */
  readonly bytes: number;
}

/** Counts what the database of a folder holds, while nothing else uses it. */
export function contentsOf(folder: string): Contents {
  const db = new DatabaseSync(`${folder}/${DATABASE}`, { readOnly: true });
  try {
    const { messages } = db.prepare("SELECT count(*) AS messages FROM messages").get() ?? {};
    const { bytes } = db.prepare("SELECT sum(bytes) AS bytes FROM rooms").get() ?? {};
    return { messages: Number(messages), bytes: Number(bytes) };
  } finally {
    db.close();
  }
}

/** Drops what the options do not keep. */
export async function measureRetention(
  label: string,
  options: SqliteOptions,
  clock: Clock,
  pieces: Pieces,
): Promise<Figure[]> {
  const before = contentsOf(options.folder).messages;
  const broker = new SqliteBroker(options);
  pieces.take();
  while (broker.upkeep()) {
    clock.now += 10;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const { upkeep } = pieces.take();
  await broker.close();
  const dropped = before - contentsOf(options.folder).messages;
  return [
    { label: `dropped by ${label}`, unit: "", value: dropped },
    {
      label: `dropped by ${label}, in a second of steps`,
      unit: "/s",
      value: dropped / (upkeep.totalMs / 1000),
    },
    { label: `dropped by ${label}: a step, p99`, unit: "ms", value: upkeep.p99 },
    {
      label: `dropped by ${label}: a step, longest`,
      unit: "ms",
      value: upkeep.max,
      atMost: LONGEST_PIECE_MS,
    },
  ];
}
