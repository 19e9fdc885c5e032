/**
 * The steps that attacks are made of: many clients, repetition, rates, and commands.
 *
 * @module
 */

import type { WireCommand } from "../../tests/support/clients.ts";
import { sleep, Stopwatch } from "../support/stopwatch.ts";
import type { AttackTarget } from "./attack.ts";
import { AttackClient } from "./attack_client.ts";

/** The number of clients that connect at the same time. */
export const LANES = 64;

/** The commands that one client may send a second, a little below the server's default limit. */
export const COMMANDS_PER_SECOND = 45;

/** The room that all clients join. */
export const LOBBY = "lobby";

/** The command that joins {@linkcode LOBBY}. */
export const JOIN: WireCommand = { type: "join", room: LOBBY };

/** The commands of one write. */
const BATCH = 50;

/** A number, or a tenth of it in a quick run. */
export function scaled({ quick }: AttackTarget, count: number): number {
  return quick ? Math.ceil(count / 10) : count;
}

/** Opens `size` clients, {@linkcode LANES} at a time. */
export async function openAll(
  size: number,
  open: (i: number) => Promise<AttackClient>,
): Promise<readonly AttackClient[]> {
  const clients: AttackClient[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: LANES }, async () => {
    while (next < size) clients.push(await open(next++));
  }));
  return clients;
}

/** Counts the clients that are still connected. */
export function countOpen(clients: readonly AttackClient[]): number {
  return clients.filter(({ ended }) => !ended).length;
}

/** Repeats a step in several lanes until the attack's time is over, or it ran `times` times. */
export async function repeat(
  { seconds }: AttackTarget,
  lanes: number,
  step: (i: number, lane: number) => Promise<void>,
  times = Infinity,
): Promise<number> {
  const stopwatch = new Stopwatch();
  let next = 0;
  await Promise.all(Array.from({ length: lanes }, async (_, lane) => {
    while (next < times && stopwatch.seconds < seconds) await step(next++, lane);
  }));
  return next;
}

/** Runs a step `perSecond` times a second until the attack's time is over. Returns the number of runs. */
export async function repeatAtRate(
  { seconds }: AttackTarget,
  perSecond: number,
  step: (i: number) => unknown,
): Promise<number> {
  const stopwatch = new Stopwatch();
  let runs = 0;
  for (; stopwatch.seconds < seconds; await sleep(10)) {
    for (; runs < stopwatch.seconds * perSecond; runs++) await step(runs);
  }
  return runs;
}

/** Connects as user `i`, sends commands, and waits for an event of the type `until`. */
export async function enter(
  { port }: AttackTarget,
  i: number,
  commands: readonly WireCommand[],
  until: string,
  from?: string,
): Promise<AttackClient> {
  const client = await AttackClient.upgrade(port, from);
  const answer = client.receive(`"type":"${until}"`);
  const name = `attacker ${i}`;
  await client.tell({ type: "hello", name, key: `the secret key of ${name}` }, ...commands);
  await answer;
  return client;
}

/** Sends commands and waits until the server has answered all of them. */
export async function tellAndWait(
  client: AttackClient | undefined,
  ...commands: readonly WireCommand[]
): Promise<void> {
  const pong = client?.receive('"type":"pong"');
  await client?.tell(...commands, { type: "ping" });
  await pong;
}

/** Clients that send the next commands in a loop, as fast as the server answers. */
export async function loop(
  target: AttackTarget,
  size: number,
  commands: (i: number) => readonly WireCommand[],
  times = Infinity,
): Promise<string> {
  const clients = await openAll(size, (i) => enter(target, i, [JOIN], "joined"));
  const batches = await repeat(target, size, async (i, lane) => {
    const numbers = Array.from({ length: BATCH }, (_, n) => i * BATCH + n);
    await tellAndWait(clients[lane], ...numbers.flatMap(commands));
  }, times / BATCH);
  return `${batches * BATCH} times; ${countOpen(clients)} stay`;
}

/** The commands of one write. */
export function batch(command: (i: number) => WireCommand): readonly WireCommand[] {
  return Array.from({ length: BATCH }, (_, i) => command(i));
}

/** A command in one of very many rooms. */
export function commandInRoom(i: number, type: "join" | "send" | "leave"): WireCommand {
  return { type, room: `room-${i}`, ref: `${i}` };
}

let refs = 0;

/** A message to {@linkcode LOBBY} with a new ref. */
export function makeSend(): WireCommand {
  return { type: "send", ref: `${refs++}`, room: LOBBY, text: "x".repeat(100) };
}
