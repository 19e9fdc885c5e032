/**
 * A load generator: clients that send at a steady rate, as a {@linkcode SteadyLoad} says.
 *
 * @module
 */

import { ClientGroup } from "../compare/client_group.ts";
import { sendAtRate } from "../compare/load.ts";
import { PROTOCOLS } from "../compare/protocols.ts";
import { work } from "../support/processes.ts";

/** A steady load of one server. */
export interface SteadyLoad {
  readonly port: number;
  readonly serverPid: number;
  readonly perSecond: number;
  readonly seconds: number;
}

/** What it has measured: from sending to receiving, in milliseconds, and what never came. */
export interface SteadyFigures {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly missing: number;
}

const CLIENTS = 20;
const SENDERS = 10;

await work(async ({ perSecond, seconds, ...server }: SteadyLoad): Promise<SteadyFigures> => {
  const target = { ...server, protocol: PROTOCOLS["chat.v1"] };
  const group = await ClientGroup.join(target, CLIENTS, SENDERS);
  const { orderCheck, senders } = group;
  orderCheck.isTiming = true;
  await sendAtRate(senders, perSecond, seconds);
  const missing = await group.settle();
  const { latencies } = orderCheck;
  return { p50Ms: latencies.quantile(0.5), p99Ms: latencies.quantile(0.99), missing };
});
