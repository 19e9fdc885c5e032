/**
 * What the load generator can be asked to do, and what it answers.
 *
 * @module
 */

import type { DialectName } from "./dialects.ts";

/** Senders keep messages in flight: how much is delivered? */
export interface Flood {
  readonly kind: "flood";
  readonly connections: number;
  /** Ends after this time, in seconds, or as many deliveries. */
  readonly seconds: number;
  readonly deliveries?: number;
  /** Whether pings and new connections are timed meanwhile. */
  readonly probe?: boolean;
}

/** Messages at a fixed rate: how long do they take? */
export interface Pace {
  readonly kind: "pace";
  readonly connections: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** How many more clients stop reading, and are flooded before anything is timed. */
  readonly stalled?: number;
}

/** Clients join and stay until the generator is killed. */
export interface Gather {
  readonly kind: "gather";
  readonly connections: number;
}

/** One run against a server that was just started. */
export interface Job {
  readonly port: number;
  readonly serverPid: number;
  readonly dialect: DialectName;
  readonly load: Flood | Pace | Gather;
}

/** What a run measured; each kind of load some of it. */
export interface Findings {
  /** From the first connect until all had joined. */
  readonly connectionsPerSecond?: number;
  readonly deliveriesPerSecond?: number;
  /** Deliveries that never came. */
  readonly missing?: number;
  /** Deliveries that came twice, or after a later one of the same sender. */
  readonly disordered?: number;
  /** From sending to receiving, in milliseconds. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** 99th percentile of the answers to pings. */
  readonly pingMs?: number;
  /** 99th percentile of new connections, until they had joined. */
  readonly joinMs?: number;
  /** The generator's own share of one core, 0 to 1: near 1, it is what was measured. */
  readonly generatorCpu: number;
  /** The server's share. */
  readonly serverCpu?: number;
}
