/**
 * What intruders do: each comes as somebody else, many at a time.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { WireCommand } from "../tests/support/clients.ts";
import { frame, Opcode } from "../tests/support/wire.ts";
import { Intruder } from "./intruder.ts";
import { sleep, Stopwatch } from "./stopwatch.ts";

/** A server, and how long to go on. */
export interface Site {
  readonly port: number;
  readonly serverPid: number;
  readonly seconds: number;
  /** Whether to do a tenth of what is counted. */
  readonly quick: boolean;
}

/** The room that all are in. */
export const LOBBY = "lobby";

/** Joins it. */
export const JOIN: WireCommand = { type: "join", room: LOBBY };

/** How many clients open a connection at a time. */
export const LANES = 64;

/** A request that keeps its connection alive, but for the empty line that ends it. */
const HEALTH = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n";

/** Commands in one write. */
const BATCH = 50;

/** As many, or a tenth of it. */
export function count({ quick }: Site, many: number): number {
  return quick ? Math.ceil(many / 10) : many;
}

/** Opens so many, some at a time. */
export async function open(
  size: number,
  visit: (i: number) => Promise<Intruder>,
): Promise<readonly Intruder[]> {
  const all: Intruder[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: LANES }, async () => {
    while (next < size) all.push(await visit(next++));
  }));
  return all;
}

/** How many of them are still connected. */
export function staying(all: readonly Intruder[]): number {
  return all.filter(({ ended }) => !ended).length;
}

/** Repeats something in several lanes until the time is over, or it was done so often. */
export async function repeat(
  { seconds }: Site,
  lanes: number,
  visit: (i: number, lane: number) => Promise<void>,
  times = Infinity,
): Promise<number> {
  const stopwatch = new Stopwatch();
  let next = 0;
  await Promise.all(Array.from({ length: lanes }, async (_, lane) => {
    while (next < times && stopwatch.seconds < seconds) await visit(next++, lane);
  }));
  return next;
}

/** Enters as somebody, says something, and waits for an event. */
export async function enter(
  { port }: Site,
  i: number,
  says: readonly WireCommand[],
  until: string,
  from?: string,
): Promise<Intruder> {
  const client = await Intruder.upgrade(port, from);
  const answer = client.hear(`"type":"${until}"`);
  const name = `intruder ${i}`;
  await client.say({ type: "hello", name, key: `the secret key of ${name}` }, ...says);
  await answer;
  return client;
}

/** Opens and drops connections at full speed. */
export async function comeAndGo(site: Site, from: () => string): Promise<string> {
  let entered = 0;
  const visits = await repeat(site, LANES, async (i) => {
    const client = await enter(site, i, [JOIN], "joined", from());
    if (!client.ended) entered++;
    client.cut();
  });
  return `${entered} of ${visits} got in`;
}

/** Sends plain requests one after the other on each lane. Returns how often each status came. */
export async function askOnAndOn(
  site: Site,
  lanes: number,
  heads: readonly string[],
  from?: string,
): Promise<string> {
  const requests = heads.map((head) => Buffer.from(`${head}\r\nHost: 127.0.0.1\r\n\r\n`));
  const clients: Intruder[] = [];
  const answers: Record<string, number> = {};
  await repeat(site, lanes, async (i, lane) => {
    let client = clients[lane];
    if (client === undefined || client.ended) {
      client = clients[lane] = await Intruder.connect(site.port, from);
    }
    const answer = client.hear("\r\n\r\n");
    await client.write(requests[i % requests.length] ?? Buffer.alloc(0));
    const [, status = "none"] = /HTTP\/1\.1 (\d+)/.exec(await answer) ?? [];
    answers[status] = (answers[status] ?? 0) + 1;
  });
  return Object.entries(answers).map(([status, times]) => `${times} × ${status}`).join(", ");
}

/** Sends requests with bodies of 100 MB, as long as those are taken. */
export async function uploadOnAndOn(site: Site, lanes: number, line: string): Promise<string> {
  const head = Buffer.from(`${line}\r\nHost: 127.0.0.1\r\nContent-Length: 100000000\r\n\r\n`);
  const piece = new Uint8Array(100_000);
  let pieces = 0;
  const stopwatch = new Stopwatch();
  const requests = await repeat(site, lanes, async () => {
    const client = await Intruder.connect(site.port);
    await client.write(head);
    for (let i = 0; i < 1000 && !client.ended && stopwatch.seconds < site.seconds; i++, pieces++) {
      await client.write(piece);
    }
    client.cut();
  });
  return `${Math.round(pieces / 10)} MB of ${requests} bodies taken`;
}

/** Connects, perhaps asks for something else first, asks for a WebSocket and resets the connection. */
export async function upgradeAndReset(
  site: Site,
  { from, isUsed }: { readonly from: () => string; readonly isUsed: boolean },
): Promise<string> {
  const visits = await repeat(site, LANES, async () => {
    const client = await Intruder.connect(site.port, from());
    if (isUsed) {
      const answer = client.hear("}");
      await client.write(new TextEncoder().encode(`${HEALTH}\r\n`));
      await answer;
    }
    client.upgradeAndReset();
  });
  return `${visits} resets`;
}

/** Clients who send a frame over the limit, are sent away for it, and come back. */
export async function sendTooLarge(
  site: Site,
  lanes: number,
  payload: string | Uint8Array,
): Promise<string> {
  const tooLarge = frame(Opcode.TEXT, payload);
  const frames = await repeat(site, lanes, async () => {
    const client = await Intruder.upgrade(site.port);
    const gone = client.hear("at most");
    await client.write(tooLarge);
    await gone;
    client.cut();
  });
  return `${frames} frames`;
}

/** Ten clients who send until they are sent away, and come back. */
export async function floodAndReturn(site: Site, from: () => string): Promise<string> {
  let entered = 0;
  const visits = await repeat(site, 10, async (_, lane) => {
    const client = await enter(site, lane, [JOIN], "joined", from());
    if (!client.ended) entered++;
    const gone = client.hear("commands a second");
    for (let i = 0; i < 4; i++) await client.say(...batch(sendOf));
    await gone;
    client.cut();
  });
  return `${entered} of ${visits} got in`;
}

/** Clients who say the next commands again and again, as fast as they are answered. */
export async function loop(
  site: Site,
  clients: number,
  commands: (i: number) => readonly WireCommand[],
  times = Infinity,
): Promise<string> {
  const all = await open(clients, (i) => enter(site, i, [JOIN], "joined"));
  const batches = await repeat(site, clients, async (i, lane) => {
    const numbers = Array.from({ length: BATCH }, (_, n) => i * BATCH + n);
    const client = all[lane];
    const pong = client?.hear('"type":"pong"');
    await client?.say(...numbers.flatMap(commands), { type: "ping" });
    await pong;
  }, times / BATCH);
  return `${batches * BATCH} times; ${staying(all)} stay`;
}

/** Clients who say something as often as the limit on commands allows. */
export async function keepSaying(
  site: Site,
  clients: number,
  command: (i: number) => WireCommand,
): Promise<string> {
  const all = await open(clients, (i) => enter(site, i, [JOIN], "joined"));
  const stopwatch = new Stopwatch();
  let said = 0;
  for (const perSecond = 45; stopwatch.seconds < site.seconds; await sleep(10)) {
    for (; said < stopwatch.seconds * perSecond; said++) {
      await Promise.all(all.map((each, i) => each.say(command(said * clients + i))));
    }
  }
  return `${said * clients} times; ${staying(all)} stay`;
}

/** A hundred clients who ask for all of a long history, as often as the limit on commands allows. */
export async function askForHistory(
  site: Site,
  { stalled, from }: { readonly stalled: boolean; readonly from?: string },
): Promise<string> {
  // So many that none of them says more than it may at once.
  await open(20, (i) => {
    const says = batch(() => ({ ...sendOf(), text: "x".repeat(4000) }));
    return enter(site, 1000 + i, [JOIN, ...says], "ack");
  });
  await sleep(1000);
  const all = await open(100, (i) => enter(site, i, [JOIN], "joined", from));
  if (stalled) { for (const each of all) each.stall(); }
  const stopwatch = new Stopwatch();
  let asked = 0;
  for (const perSecond = 45; stopwatch.seconds < site.seconds; await sleep(10)) {
    for (; asked < stopwatch.seconds * perSecond; asked++) {
      for (const each of all) {
        if (!each.ended) void each.say({ type: "history", room: LOBBY, limit: 200 });
      }
    }
  }
  return `${asked * all.length} times; ${staying(all)} stay`;
}

function batch(command: () => WireCommand): readonly WireCommand[] {
  return Array.from({ length: BATCH }, command);
}

/** A command in one of very many rooms. */
export function roomOf(i: number, type: "join" | "send" | "leave"): WireCommand {
  return { type, room: `room-${i}`, ref: `${i}` };
}

let refs = 0;

/** Says something, with a ref of its own. */
export function sendOf(): WireCommand {
  return { type: "send", ref: `${refs++}`, room: LOBBY, text: "x".repeat(100) };
}
