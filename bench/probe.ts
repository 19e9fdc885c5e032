/**
 * What somebody else notices while a server is flooded.
 *
 * @module
 */

import { Client, type Target } from "./client.ts";
import { Histogram } from "./histogram.ts";
import { sleep, Stopwatch } from "./stopwatch.ts";

const INTERVAL_MS = 50;

/** Times pings, and connections until they have joined. Returns the 99th percentiles. */
export async function probe(
  target: Target,
  seconds: number,
): Promise<{ readonly pingMs: number; readonly joinMs: number }> {
  const pings = new Histogram();
  const joins = new Histogram();
  const client = await Client.open(target, "probe");
  const stopwatch = new Stopwatch();
  for (let visits = 0; stopwatch.seconds < seconds; visits++, await sleep(INTERVAL_MS)) {
    const pinged = new Stopwatch();
    await client.ask(target.dialect.ping);
    pings.add(pinged.seconds * 1000);
    const opened = new Stopwatch();
    const visitor = await Client.open(target, `visitor-${visits}`);
    joins.add(opened.seconds * 1000);
    visitor.close();
  }
  client.close();
  return { pingMs: pings.quantile(0.99), joinMs: joins.quantile(0.99) };
}
