/**
 * Attacks on what all addresses share: the memory of histories and receipts, the rooms, and the time
 * in which everyone's answers are encoded.
 *
 * @module
 */

import type { WireCommand } from "../../tests/support/clients.ts";
import { sleep, Stopwatch } from "../support/stopwatch.ts";
import { type Attack, type AttackTarget, UNLIMITED } from "./attack.ts";
import { AttackClient } from "./attack_client.ts";
import {
  batch,
  commandInRoom,
  COMMANDS_PER_SECOND,
  countOpen,
  enter,
  JOIN,
  LANES,
  LOBBY,
  makeSend,
  openAll,
  repeat,
  repeatAtRate,
  scaled,
  tellAndWait,
} from "./attack_steps.ts";

/** The address of client `i`, where `connections` clients share an address. */
const addressOf = (i: number, connections: number): string =>
  `127.0.1.${1 + Math.floor(i / connections)}`;

/** The longest text, of the costliest characters: 16 kB in memory and on the network. */
const LARGEST_TEXT = "\u{1F600}".repeat(4000);

const ROOMS_EACH = 20;

/** Clients in 20 rooms each that send as much as they may. */
async function fillHistories(
  target: AttackTarget,
  connections: number,
  perAddress: number,
): Promise<string> {
  const joins = (i: number) =>
    Array.from({ length: ROOMS_EACH }, (_, n) => commandInRoom(i * ROOMS_EACH + n, "join"));
  const clients = await openAll(scaled(target, connections), async (i) => {
    const client = await enter(target, i, [{ type: "ping" }], "pong", addressOf(i, perAddress));
    await tellAndWait(client, ...joins(i));
    return client;
  });
  const rounds = await repeatAtRate(target, 5, (round) => {
    for (const [i, client] of clients.entries()) {
      const room = commandInRoom(i * ROOMS_EACH + round % ROOMS_EACH, "send");
      void client.tell({ ...room, ref: `${round}`, text: LARGEST_TEXT });
    }
  });
  const offered = rounds * clients.length * 16_000 / 2 ** 20;
  return `${Math.round(offered)} MiB offered; ${countOpen(clients)} stay`;
}

/** Sends a message to a quiet room, runs an attack, and checks that the room still has the message. */
async function besideQuietRoom(
  target: AttackTarget,
  attack: () => Promise<string>,
): Promise<string> {
  const quiet = { room: "quiet", ref: "quiet" };
  for (const i of [1_000_001, 1_000_002]) {
    const commands: WireCommand[] = [
      { type: "join", ...quiet },
      { type: "send", ...quiet, text: "still here" },
    ];
    (await enter(target, i, commands, "ack")).destroy();
  }
  // The grace period, after which the room has no members.
  await sleep(6000);
  const done = await attack();
  const client = await AttackClient.upgrade(target.port);
  const joined = client.receive('"type":"joined"');
  await client.tell({ type: "hello", name: "somebody" }, { type: "join", ...quiet });
  const isKept = (await joined).includes("still here");
  client.destroy();
  if (!isKept) throw new Error("A quiet room has lost its message");
  return done;
}

/** Short connections that each make ten rooms and send a message to each. */
async function makeRooms(
  target: AttackTarget,
  times: number,
  from: (i: number) => string,
): Promise<string> {
  const connections = await repeat({ ...target, seconds: Infinity }, LANES, async (i) => {
    const commands = Array.from({ length: 10 }, (_, n) => i * 10 + n).flatMap((n) => [
      commandInRoom(n, "join"),
      { ...commandInRoom(n, "send"), text: "." },
      commandInRoom(n, "leave"),
    ]);
    const client = await enter(target, i, [{ type: "ping" }], "pong", from(i));
    await tellAndWait(client, ...commands);
    client.destroy();
  }, scaled(target, times));
  return `${connections * 10} rooms requested`;
}

/** Fills four rooms with the largest texts, then rejoins them from their beginning, again and again. */
async function rejoinAll(target: AttackTarget): Promise<string> {
  const rooms = ["a", "b", "c", "d"].map((name) => `long-${name}`);
  // A position of this server before all messages: it rejects positions of others.
  const first = await enter(target, 2_000_040, [{ type: "ping" }], "pong");
  const joined = first.receive('"count":1');
  await first.tell({ type: "join", room: "long-a" });
  const since = /"head":"(\w{26})"/.exec(await joined)?.[1] ?? "";
  first.destroy();
  await openAll(40, async (i) => {
    const room = rooms[i % rooms.length];
    const text = "\u4e00".repeat(4000);
    const sends = Array.from({ length: 10 }, () => ({ ...makeSend(), room, text }));
    return await enter(target, 2_000_000 + i, [{ type: "join", room }, ...sends], "ack");
  });
  await sleep(1000);
  const joins = rooms.map((room): WireCommand => ({ type: "join", room, since }));
  let connections = 0;
  const stopwatch = new Stopwatch();
  while (stopwatch.seconds < target.seconds) {
    const clients = await openAll(
      98,
      (i) => enter(target, i, [{ type: "ping" }], "pong", addressOf(0, 1)),
    );
    await Promise.all(clients.map(async (client) => {
      await tellAndWait(client, ...joins);
      connections++;
      client.destroy();
    }));
  }
  return `${connections * rooms.length} joins`;
}

/** Members of the same 20 rooms that rename themselves as often as the limit on commands allows. */
async function renameAll(target: AttackTarget): Promise<string> {
  const joins = Array.from({ length: ROOMS_EACH }, (_, n) => commandInRoom(n, "join"));
  const clients = await openAll(98, (i) => enter(target, i, joins, "joined", addressOf(0, 1)));
  const rounds = await repeatAtRate(target, COMMANDS_PER_SECOND, (round) => {
    for (const [i, client] of clients.entries()) {
      if (!client.ended) void client.tell({ type: "rename", name: `name ${round % 2} of ${i}` });
    }
  });
  return `${rounds * clients.length} renames; ${countOpen(clients)} stay`;
}

/** The longest ref, in characters of two bytes each in memory. */
const LONG_REF = "\u2713".repeat(56);

/** Seven addresses that send messages with long refs, for as long as receipts are kept. */
async function fillReceipts(target: AttackTarget): Promise<string> {
  const addresses = 7;
  const clients = await openAll(
    addresses,
    (i) => enter(target, i, [JOIN], "joined", addressOf(i, 1)),
  );
  const batches = await repeat(target, addresses, async (i, lane) => {
    const sends = batch((n) => {
      const ref = `${LONG_REF}${String(i * 50 + n).padStart(8, "0")}`;
      return { type: "send", ref, room: LOBBY, text: "hi" };
    });
    await tellAndWait(clients[lane], ...sends);
  });
  return `${batches * 50} messages sent`;
}

const LITTLE_MEMORY = { CHAT_MAX_MEMORY_MB: "200" };

export const SHARED_RESOURCE_ATTACKS: readonly Attack[] = [
  {
    name: "the largest texts in 1,960 rooms, from one address",
    environment: LITTLE_MEMORY,
    seconds: 65,
    leaves: { rooms: 201, addresses: 1, message_budgets: 98 },
    run: (target) => fillHistories(target, 98, 98),
  },
  {
    name: "the largest texts in 2,000 rooms, from ten addresses",
    environment: LITTLE_MEMORY,
    seconds: 65,
    leaves: { rooms: 2001, addresses: 10, message_budgets: 100 },
    run: (target) => fillHistories(target, 100, 10),
  },
  {
    name: "1,080 short connections that make ten rooms each, from one address",
    leaves: { rooms: 10_000, addresses: 1 },
    run: (target) => besideQuietRoom(target, () => makeRooms(target, 1080, () => addressOf(0, 1))),
  },
  {
    name: "12,000 rooms with a dot in them, from 60 addresses",
    leaves: { rooms: 10_000, addresses: 60 },
    run: (target) =>
      besideQuietRoom(target, () => makeRooms(target, 1200, (i) => addressOf(i % 60, 1))),
  },
  {
    name: "98 clients of one address that rejoin four long rooms from their beginning",
    leaves: { rooms: 5, addresses: 41, message_budgets: 40 },
    run: rejoinAll,
  },
  {
    name: "98 members of 20 rooms that rename themselves 45 times a second, from one address",
    leaves: { addresses: 1 },
    run: renameAll,
  },
  {
    name: "refs of 64 characters without end, from seven addresses",
    environment: UNLIMITED,
    seconds: 60,
    leaves: { rooms: 2, addresses: 7 },
    run: fillReceipts,
  },
];
