/**
 * The load generator's loops: each workload against one server.
 *
 * @module
 */

import { cpuSecondsOf } from "../support/process_usage.ts";
import { sleep, Stopwatch } from "../support/stopwatch.ts";
import { ClientGroup, type Sender } from "./client_group.ts";
import { probe } from "./probe.ts";
import type { Target } from "./protocols.ts";
import type { ClosedLoop, Connect, Measurements, OpenLoop, Workload } from "./workloads.ts";

const SENDERS = 4;
const IN_FLIGHT = 16;
const WARM_UP_MS = 1000;

/** Fills the kernel's buffers of a client that does not read, and then the server's send budget. */
const STALL_MS = 5000;

/** Runs a workload against a server. */
export function runWorkload(target: Target, workload: Workload): Promise<Measurements> {
  switch (workload.kind) {
    case "closed loop":
      return closedLoop(target, workload);
    case "open loop":
      return openLoop(target, workload);
    case "connect":
      return connect(target, workload);
  }
}

async function closedLoop(target: Target, workload: ClosedLoop): Promise<Measurements> {
  const { connections, seconds, deliveries = Infinity } = workload;
  const { serverPid } = target;
  const group = await ClientGroup.join(target, connections, SENDERS);
  const { orderCheck, senders } = group;
  for (const sender of senders) sender.keepInFlight(IN_FLIGHT);
  await sleep(WARM_UP_MS);
  const serverStart = await cpuSecondsOf(serverPid);
  const start = orderCheck.deliveries;
  const stopwatch = new Stopwatch();
  const probing = workload.probe ? probe(target, seconds) : {};
  while (stopwatch.seconds < seconds && orderCheck.deliveries - start < deliveries) await sleep(10);
  const deliveriesPerSecond = (orderCheck.deliveries - start) / stopwatch.seconds;
  const serverCpu = (await cpuSecondsOf(serverPid) - serverStart) / stopwatch.seconds;
  const { cpu: generatorCpu } = stopwatch;
  const probed = await probing;
  for (const sender of senders) sender.stop();
  const missing = await group.settle();
  const { disordered } = orderCheck;
  return { deliveriesPerSecond, missing, disordered, generatorCpu, serverCpu, ...probed };
}

async function openLoop(target: Target, workload: OpenLoop): Promise<Measurements> {
  const { connections, seconds, perSecond, stalled = 0 } = workload;
  const stalledGroup = await ClientGroup.join(target, stalled);
  const group = await ClientGroup.join(target, connections, SENDERS);
  const { orderCheck, senders } = group;
  for (const client of stalledGroup.clients) client.stall();
  for (const sender of senders) sender.keepInFlight(IN_FLIGHT);
  await sleep(stalled > 0 ? STALL_MS : WARM_UP_MS);
  for (const sender of senders) sender.stop();
  await group.settle();
  orderCheck.isTiming = true;
  const serverStart = await cpuSecondsOf(target.serverPid);
  const stopwatch = new Stopwatch();
  await sendAtRate(senders, perSecond, seconds);
  const serverCpu = (await cpuSecondsOf(target.serverPid) - serverStart) / stopwatch.seconds;
  const { cpu: generatorCpu } = stopwatch;
  const missing = await group.settle();
  const { latencies, disordered } = orderCheck;
  const p50Ms = latencies.quantile(0.5);
  const p99Ms = latencies.quantile(0.99);
  return { p50Ms, p99Ms, missing, disordered, generatorCpu, serverCpu };
}

async function connect(target: Target, { connections }: Connect): Promise<Measurements> {
  const stopwatch = new Stopwatch();
  await ClientGroup.join(target, connections);
  const connectionsPerSecond = connections / stopwatch.seconds;
  return { connectionsPerSecond, generatorCpu: stopwatch.cpu };
}

/** Sends `perSecond` messages a second, the senders in turn, as evenly as a timer allows. */
export async function sendAtRate(
  senders: readonly Sender[],
  perSecond: number,
  seconds: number,
): Promise<void> {
  const stopwatch = new Stopwatch();
  for (let sent = 0; sent < seconds * perSecond; await sleep(1)) {
    const due = Math.min(stopwatch.seconds, seconds) * perSecond;
    for (; sent < due; sent++) senders[sent % senders.length]?.send(1);
  }
}
