/**
 * The probe: an additional client that times pings and new connections during a workload.
 *
 * @module
 */

import { Histogram } from "../support/histogram.ts";
import { sleep, Stopwatch } from "../support/stopwatch.ts";
import { join, type Target } from "./protocols.ts";

const INTERVAL_MS = 50;

/** Times pings, and connections until they have joined. Returns the 99th percentiles. */
export async function probe(
  target: Target,
  seconds: number,
): Promise<{ readonly pingMs: number; readonly joinMs: number }> {
  const pings = new Histogram();
  const joins = new Histogram();
  const client = await join(target, "probe");
  const { command, answer } = target.protocol.ping;
  const stopwatch = new Stopwatch();
  for (let round = 0; stopwatch.seconds < seconds; round++, await sleep(INTERVAL_MS)) {
    const ping = new Stopwatch();
    await client.ask(command, answer);
    pings.add(ping.ms);
    const connection = new Stopwatch();
    const joiner = await join(target, `joiner-${round}`);
    joins.add(connection.ms);
    joiner.destroy();
  }
  client.destroy();
  return { pingMs: pings.quantile(0.99), joinMs: joins.quantile(0.99) };
}
