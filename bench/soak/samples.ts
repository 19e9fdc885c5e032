/**
 * Samples of a server's metrics and process, every few seconds of a soak.
 *
 * @module
 */

import { type Scrape, scrape } from "../../tests/support/scrape.ts";
import type { Server } from "../support/server.ts";
import { Stopwatch } from "../support/stopwatch.ts";
import { cpuSecondsOf, memoryOf } from "../support/process_usage.ts";

/** The values at one time. Delays and rates are those since the previous sample. */
export interface Sample {
  readonly minutes: number;
  readonly rssBytes: number;
  /** The peak so far, from the kernel. */
  readonly peakRssBytes: number;
  /** 99th percentile, rounded up to a bound of the server's histogram; Infinity beyond the last. */
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  readonly delayMeanMs: number;
  /** The largest delay of the load generator's own event loop, which only the machine can cause. */
  readonly loadDelayMs: number;
  /** The server's use of one core, 0 to 1. */
  readonly cpu: number;
  readonly deliveriesPerSecond: number;
  readonly connections: number;
  readonly users: number;
  readonly rooms: number;
  readonly addresses: number;
  readonly messagesKept: number;
  readonly receipts: number;
  readonly messageBudgets: number;
  readonly queuedBytes: number;
}

/** Values that only grow. */
interface Totals {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly deliveries: number;
  /** The number of delays up to each bound in seconds, ascending; and the sum of all delays. */
  readonly delays: readonly (readonly [bound: number, count: number])[];
  readonly delaySeconds: number;
}

/** How often the load generator measures its own delay: as often as the server. */
const TICK_MS = 100;

/** Takes samples of a server. */
export class Sampler {
  readonly #server: Server;
  readonly #stopwatch = new Stopwatch();
  #before: Totals;
  #loadDelayMs = 0;

  private constructor(server: Server, before: Totals) {
    this.#server = server;
    this.#before = before;
    let due = performance.now() + TICK_MS;
    setInterval(() => {
      const now = performance.now();
      this.#loadDelayMs = Math.max(this.#loadDelayMs, now - due);
      due = now + TICK_MS;
    }, TICK_MS);
  }

  static async start(server: Server): Promise<Sampler> {
    return new Sampler(
      server,
      totalsOf(await scrape(server.port), 0, await cpuSecondsOf(server.pid)),
    );
  }

  async take(): Promise<Sample> {
    const { port, pid } = this.#server;
    const { seconds } = this.#stopwatch;
    const scraped = await scrape(port);
    const totals = totalsOf(scraped, seconds, await cpuSecondsOf(pid));
    const before = this.#before;
    const loadDelayMs = this.#loadDelayMs;
    this.#before = totals;
    this.#loadDelayMs = 0;
    const delays = totals.delays.map(([bound, count], i) =>
      [bound, count - (before.delays[i]?.[1] ?? 0)] as const
    );
    const timers = delays.at(-1)?.[1] ?? 0;
    const passed = seconds - before.seconds;
    return {
      minutes: seconds / 60,
      rssBytes: scraped.get("process_resident_memory_bytes"),
      peakRssBytes: (await memoryOf(pid)).peakRssBytes,
      delayP99Ms: 1000 * quantile(delays, 0.99),
      delayMaxMs: 1000 * quantile(delays, 1),
      delayMeanMs: 1000 * (totals.delaySeconds - before.delaySeconds) / timers,
      loadDelayMs,
      cpu: (totals.cpuSeconds - before.cpuSeconds) / passed,
      deliveriesPerSecond: (totals.deliveries - before.deliveries) / passed,
      connections: scraped.get("parley_connections"),
      users: scraped.get("parley_users"),
      rooms: scraped.get("parley_rooms"),
      addresses: scraped.get("parley_addresses"),
      messagesKept: scraped.get("parley_messages_kept"),
      receipts: scraped.get("parley_receipts"),
      messageBudgets: scraped.get("parley_message_budgets"),
      queuedBytes: scraped.get("parley_queued_bytes"),
    };
  }
}

function totalsOf(scraped: Scrape, seconds: number, cpuSeconds: number): Totals {
  const delays = scraped.series.flatMap((series) => {
    const bound = series.match(/^parley_event_loop_delay_seconds_bucket\{le="(.*)"\}$/)?.[1];
    if (bound === undefined) return [];
    return [[Number(bound.replace("+Inf", "Infinity")), scraped.get(series)] as const];
  });
  return {
    seconds,
    cpuSeconds,
    deliveries: scraped.get("parley_deliveries_total"),
    delays,
    delaySeconds: scraped.get("parley_event_loop_delay_seconds_sum"),
  };
}

/** The bound that a share of all values does not exceed. NaN without values. */
export function quantile(
  buckets: readonly (readonly [bound: number, count: number])[],
  share: number,
): number {
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total === 0) return NaN;
  return buckets.find(([, count]) => count >= total * share)?.[0] ?? NaN;
}
