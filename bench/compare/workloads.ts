/**
 * The workloads of the load generator, and the measurements that it returns.
 *
 * @module
 */

import type { ProtocolName } from "./protocols.ts";

/** A closed loop: the senders keep a number of messages in flight. Measures throughput. */
export interface ClosedLoop {
  readonly kind: "closed loop";
  readonly connections: number;
  /** The workload ends after this time, in seconds, or after so many deliveries. */
  readonly seconds: number;
  readonly deliveries?: number;
  /** Whether a probe times pings and new connections meanwhile. */
  readonly probe?: boolean;
}

/** An open loop: messages at a fixed rate. Measures latency. */
export interface OpenLoop {
  readonly kind: "open loop";
  readonly connections: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** The number of additional clients that stop reading before the measurement begins. */
  readonly stalled?: number;
}

/** Connections alone: clients join, and stay until the generator is killed. */
export interface Connect {
  readonly kind: "connect";
  readonly connections: number;
}

export type Workload = ClosedLoop | OpenLoop | Connect;

/** One workload, for a server that has just started. */
export interface Job {
  readonly port: number;
  readonly otherPorts?: readonly number[];
  readonly serverPid: number;
  readonly protocol: ProtocolName;
  readonly workload: Workload;
}

/** What the load generator measured. Each workload measures some of it. */
export interface Measurements {
  /** From the first connect until all clients had joined. */
  readonly connectionsPerSecond?: number;
  readonly deliveriesPerSecond?: number;
  /** Deliveries that never came. */
  readonly missing?: number;
  /** Deliveries that came twice, or after a later message of the same sender. */
  readonly disordered?: number;
  /** Percentiles of the time from sending to receiving, in milliseconds. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** The 99th percentile of the answers to pings. */
  readonly pingMs?: number;
  /** The 99th percentile of the time from connecting to having joined. */
  readonly joinMs?: number;
  /** The generator's own use of one core, 0 to 1. Near 1, the generator is the bottleneck. */
  readonly generatorCpu: number;
  /** The server's use of one core. */
  readonly serverCpu?: number;
}
