/**
 * The kinds of load, as the generator puts them on a server.
 *
 * @module
 */

import type { Target } from "./client.ts";
import { Crowd, type Sender } from "./crowd.ts";
import type { Findings, Flood, Gather, Pace } from "./jobs.ts";
import { probe } from "./probe.ts";
import { sleep, Stopwatch } from "./stopwatch.ts";
import { cpuSecondsOf } from "./usage.ts";

const SENDERS = 4;
const IN_FLIGHT = 16;
const WARM_UP_MS = 1000;

/** Fills the kernel's buffers of a client that does not read, and the server's mark after them. */
const STALL_MS = 5000;

/** Puts a load on a server, and returns what was measured. */
export function run(target: Target, load: Flood | Pace | Gather): Promise<Findings> {
  switch (load.kind) {
    case "flood":
      return flood(target, load);
    case "pace":
      return pace(target, load);
    case "gather":
      return gather(target, load);
  }
}

async function flood(target: Target, load: Flood): Promise<Findings> {
  const { connections, seconds, deliveries = Infinity } = load;
  const { serverPid } = target;
  const crowd = await Crowd.open(target, connections, SENDERS);
  const { tally, senders } = crowd;
  for (const sender of senders) sender.keepInFlight(IN_FLIGHT);
  await sleep(WARM_UP_MS);
  const serverStart = await cpuSecondsOf(serverPid);
  const start = tally.deliveries;
  const stopwatch = new Stopwatch();
  const probing = load.probe ? probe(target, seconds) : {};
  while (stopwatch.seconds < seconds && tally.deliveries - start < deliveries) await sleep(10);
  const deliveriesPerSecond = (tally.deliveries - start) / stopwatch.seconds;
  const serverCpu = (await cpuSecondsOf(serverPid) - serverStart) / stopwatch.seconds;
  const { cpu: generatorCpu } = stopwatch;
  const probed = await probing;
  for (const sender of senders) sender.rest();
  const missing = await crowd.settle();
  const { disordered } = tally;
  return { deliveriesPerSecond, missing, disordered, generatorCpu, serverCpu, ...probed };
}

async function pace(target: Target, load: Pace): Promise<Findings> {
  const { connections, seconds, perSecond, stalled = 0 } = load;
  const sleepers = await Crowd.open(target, stalled);
  const crowd = await Crowd.open(target, connections, SENDERS);
  const { tally, senders } = crowd;
  for (const client of sleepers.clients) client.stall();
  for (const sender of senders) sender.keepInFlight(IN_FLIGHT);
  await sleep(stalled > 0 ? STALL_MS : WARM_UP_MS);
  for (const sender of senders) sender.rest();
  await crowd.settle();
  tally.timing = true;
  const serverStart = await cpuSecondsOf(target.serverPid);
  const stopwatch = new Stopwatch();
  await drip(senders, perSecond, seconds);
  const serverCpu = (await cpuSecondsOf(target.serverPid) - serverStart) / stopwatch.seconds;
  const { cpu: generatorCpu } = stopwatch;
  const missing = await crowd.settle();
  const { latencies, disordered } = tally;
  const p50Ms = latencies.quantile(0.5);
  const p99Ms = latencies.quantile(0.99);
  return { p50Ms, p99Ms, missing, disordered, generatorCpu, serverCpu };
}

async function gather(target: Target, { connections }: Gather): Promise<Findings> {
  const stopwatch = new Stopwatch();
  await Crowd.open(target, connections);
  const connectionsPerSecond = connections / stopwatch.seconds;
  return { connectionsPerSecond, generatorCpu: stopwatch.cpu };
}

/** Sends so many messages a second, the senders by turns, as evenly as a timer can. */
async function drip(senders: readonly Sender[], perSecond: number, seconds: number): Promise<void> {
  const stopwatch = new Stopwatch();
  for (let sent = 0; sent < seconds * perSecond; await sleep(1)) {
    const due = Math.min(stopwatch.seconds, seconds) * perSecond;
    for (; sent < due; sent++) senders[sent % senders.length]?.send(1);
  }
}
