/**
 * Made-up samples of a soak.
 *
 * @module
 */

import type { Sample } from "../../bench/soak/samples.ts";

/** A sample of a server whose memory does not grow. */
const STEADY: Sample = {
  minutes: 0,
  rssBytes: 100e6,
  peakRssBytes: 110e6,
  delayP99Ms: 5,
  delayMaxMs: 10,
  delayMeanMs: 1,
  loadDelayMs: 3,
  cpu: 0.1,
  deliveriesPerSecond: 1000,
  connections: 200,
  users: 200,
  rooms: 100,
  addresses: 200,
  messagesKept: 20_000,
  receipts: 40_000,
  messageBudgets: 50,
  queuedBytes: 0,
};

/** Two hundred samples over `minutes`, each changed by `at`. */
export function makeSamples(minutes: number, at: (minutes: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: 200 }, (_, i) => {
    const time = minutes * (i + 1) / 200;
    return { ...STEADY, minutes: time, ...at(time) };
  });
}
