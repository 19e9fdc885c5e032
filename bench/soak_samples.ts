/**
 * What a server tells of itself every few seconds while it is soaked.
 *
 * @module
 */

import { type Scrape, scrape } from "../tests/support/scrape.ts";
import type { Server } from "./server.ts";
import { Stopwatch } from "./stopwatch.ts";
import { cpuSecondsOf, memoryOf } from "./usage.ts";

/** What was told at one time, and for delays and rates: since the time before. */
export interface Sample {
  readonly minutes: number;
  readonly rssBytes: number;
  /** The most so far, as the kernel has it. */
  readonly peakRssBytes: number;
  /** 99th percentile, rounded up to a bound of the server's histogram; Infinity beyond the last. */
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  readonly delayMeanMs: number;
  /** Of the load's own process, at most: what is late there too is the machine's doing. */
  readonly loadDelayMs: number;
  /** The share of one core, 0 to 1. */
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

/** What grows with time, as it was told. */
interface Totals {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly deliveries: number;
  /** How many delays were at most so long, by that in seconds, ascending; and how long all were. */
  readonly delays: readonly (readonly [bound: number, count: number])[];
  readonly delaySeconds: number;
}

/** How often the load looks how late it is: as the server does. */
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
    const told = await scrape(port);
    const totals = totalsOf(told, seconds, await cpuSecondsOf(pid));
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
      rssBytes: told.get("process_resident_memory_bytes"),
      peakRssBytes: (await memoryOf(pid)).peakRssBytes,
      delayP99Ms: 1000 * quantile(delays, 0.99),
      delayMaxMs: 1000 * quantile(delays, 1),
      delayMeanMs: 1000 * (totals.delaySeconds - before.delaySeconds) / timers,
      loadDelayMs,
      cpu: (totals.cpuSeconds - before.cpuSeconds) / passed,
      deliveriesPerSecond: (totals.deliveries - before.deliveries) / passed,
      connections: told.get("parley_connections"),
      users: told.get("parley_users"),
      rooms: told.get("parley_rooms"),
      addresses: told.get("parley_addresses"),
      messagesKept: told.get("parley_messages_kept"),
      receipts: told.get("parley_receipts"),
      messageBudgets: told.get("parley_message_budgets"),
      queuedBytes: told.get("parley_queued_bytes"),
    };
  }
}

function totalsOf(told: Scrape, seconds: number, cpuSeconds: number): Totals {
  const delays = told.series.flatMap((series) => {
    const bound = series.match(/^parley_event_loop_delay_seconds_bucket\{le="(.*)"\}$/)?.[1];
    if (bound === undefined) return [];
    return [[Number(bound.replace("+Inf", "Infinity")), told.get(series)] as const];
  });
  return {
    seconds,
    cpuSeconds,
    deliveries: told.get("parley_deliveries_total"),
    delays,
    delaySeconds: told.get("parley_event_loop_delay_seconds_sum"),
  };
}

/** The bound that a share of all does not exceed; NaN of none. */
export function quantile(
  buckets: readonly (readonly [bound: number, count: number])[],
  share: number,
): number {
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total === 0) return NaN;
  return buckets.find(([, count]) => count >= total * share)?.[0] ?? NaN;
}
