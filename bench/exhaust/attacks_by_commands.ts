/**
 * Attacks by commands: floods of joins, names, messages and history, and clients that never read.
 *
 * @module
 */

import type { WireCommand } from "../../tests/support/clients.ts";
import { sleep } from "../support/stopwatch.ts";
import {
  type Attack,
  type AttackTarget,
  BLOCKED_ADDRESSES,
  ONE_ADDRESS,
  UNLIMITED,
} from "./attack.ts";
import { newAddress } from "./attack_client.ts";
import {
  batch,
  commandInRoom,
  COMMANDS_PER_SECOND,
  countOpen,
  enter,
  JOIN,
  LANES,
  LOBBY,
  loop,
  makeSend,
  openAll,
  repeat,
  repeatAtRate,
  scaled,
} from "./attack_steps.ts";

/** Settings that also lift the limits of an address, such as the number of rooms that it may make. */
const UNLIMITED_ADDRESSES = { ...UNLIMITED, CHAT_CONNECTIONS_PER_ADDRESS: "0" };

/** A name as long as a frame, which takes 120 ms to normalise. */
const LONG_NAME = `a${"\u0344".repeat(3900)}${"\u0334".repeat(3900)}`;

/** Ten clients that send until they are disconnected, and come back. */
async function floodAndReturn(target: AttackTarget, from: () => string): Promise<string> {
  let entered = 0;
  const attempts = await repeat(target, 10, async (_, lane) => {
    const client = await enter(target, lane, [JOIN], "joined", from());
    if (!client.ended) entered++;
    const closed = client.receive("commands a second");
    for (let i = 0; i < 4; i++) await client.tell(...batch(makeSend));
    await closed;
    client.destroy();
  });
  return `${entered} of ${attempts} got in`;
}

/** Clients that send a command as often as the limit on commands allows. */
async function sendAtLimit(
  target: AttackTarget,
  size: number,
  makeCommand: () => WireCommand,
): Promise<string> {
  const clients = await openAll(size, (i) => enter(target, i, [JOIN], "joined"));
  const rounds = await repeatAtRate(
    target,
    COMMANDS_PER_SECOND,
    () => Promise.all(clients.map((each) => each.tell(makeCommand()))),
  );
  return `${rounds * size} times; ${countOpen(clients)} stay`;
}

/** A hundred clients that request all of a long history, as often as the limit on commands allows. */
async function requestHistory(
  target: AttackTarget,
  { stalled, from }: { readonly stalled: boolean; readonly from?: string },
): Promise<string> {
  // So many senders that none of them exceeds the burst of messages.
  await openAll(20, (i) => {
    const sends = batch(() => ({ ...makeSend(), text: "x".repeat(4000) }));
    return enter(target, 1000 + i, [JOIN, ...sends], "ack");
  });
  await sleep(1000);
  const clients = await openAll(100, (i) => enter(target, i, [JOIN], "joined", from));
  if (stalled) { for (const each of clients) each.stall(); }
  const rounds = await repeatAtRate(target, COMMANDS_PER_SECOND, () => {
    for (const each of clients) void each.tell({ type: "history", room: LOBBY, limit: 200 });
  });
  return `${rounds * clients.length} times; ${countOpen(clients)} stay`;
}

export const COMMAND_ATTACKS: readonly Attack[] = [
  {
    name: "joins and leaves in a loop",
    environment: UNLIMITED,
    run: (target) => loop(target, 20, () => [JOIN, { type: "leave", room: LOBBY }]),
  },
  {
    name: "100,000 rooms without messages",
    environment: UNLIMITED_ADDRESSES,
    run: (target) =>
      loop(
        target,
        20,
        (i) => [commandInRoom(i, "join"), commandInRoom(i, "leave")],
        scaled(target, 100_000),
      ),
  },
  {
    name: "100,000 rooms with a message each",
    environment: UNLIMITED_ADDRESSES,
    leaves: { rooms: 10_000 },
    run: (target) =>
      loop(
        target,
        20,
        (i) => [
          commandInRoom(i, "join"),
          { ...commandInRoom(i, "send"), text: "hi" },
          commandInRoom(i, "leave"),
        ],
        scaled(target, 100_000),
      ),
  },
  {
    name: "600 members of 20 rooms each",
    async run(target) {
      const joins = (i: number) =>
        Array.from({ length: 20 }, (_, n) => commandInRoom(i * 20 + n, "join"));
      const size = scaled(target, 600);
      await openAll(size, (i) => enter(target, i, joins(i), "joined"));
      await sleep(1000);
      return `${size * 20} rooms requested`;
    },
  },
  {
    name: "100,000 users with a message each",
    seconds: 120,
    leaves: { rooms: 2 },
    async run(target) {
      const users = await repeat(target, LANES, async (i) => {
        const user = await enter(target, i, [JOIN, makeSend()], "ack");
        user.destroy();
      }, scaled(target, 100_000));
      return `${users} users`;
    },
  },
  {
    name: "100,000 names",
    environment: UNLIMITED,
    run: (target) =>
      loop(target, 20, (i) => [{ type: "rename", name: `name ${i}` }], scaled(target, 100_000)),
  },
  {
    name: "20 names of 15.6 kB at once, again and again",
    leaves: { ...BLOCKED_ADDRESSES, rooms: 2 },
    async run(target) {
      const rounds = await repeat(target, 10, async (_, lane) => {
        const client = await enter(target, lane, [JOIN], "joined", newAddress());
        const closed = client.receive("Too many bad commands");
        const command = { type: "rename", name: LONG_NAME } as const;
        await client.tell(...Array.from({ length: 20 }, () => command));
        await closed;
        client.destroy();
      });
      return `${rounds * 20} names`;
    },
  },
  {
    name: "names of 256 costly characters",
    environment: UNLIMITED,
    run: (target) => loop(target, 20, () => [{ type: "rename", name: "\u0344".repeat(256) }]),
  },
  {
    name: "history requested and read",
    environment: { CHAT_MESSAGE_BURST: "0" },
    leaves: { ...BLOCKED_ADDRESSES, rooms: 2 },
    run: (target) => requestHistory(target, { stalled: false }),
  },
  {
    name: "history requested from one address",
    environment: { CHAT_MESSAGE_BURST: "0" },
    leaves: { ...BLOCKED_ADDRESSES, rooms: 2 },
    run: (target) => requestHistory(target, { stalled: false, from: ONE_ADDRESS }),
  },
  {
    name: "history requested and never read",
    environment: { CHAT_MESSAGE_BURST: "0" },
    leaves: { ...BLOCKED_ADDRESSES, rooms: 2 },
    run: (target) => requestHistory(target, { stalled: true }),
  },
  {
    name: "100 clients that send typing 45 times a second",
    run: (target) => sendAtLimit(target, 100, () => ({ type: "typing", room: LOBBY })),
  },
  {
    name: "100 clients that send messages 45 times a second",
    leaves: { rooms: 2 },
    run: (target) => sendAtLimit(target, 100, makeSend),
  },
  {
    name: "senders at full speed that come back",
    leaves: { ...BLOCKED_ADDRESSES, rooms: 2 },
    run: (target) => floodAndReturn(target, newAddress),
  },
  {
    name: "senders at full speed that come back, from one address",
    leaves: { ...BLOCKED_ADDRESSES, rooms: 2 },
    run: (target) => floodAndReturn(target, () => ONE_ADDRESS),
  },
  {
    name: "senders at full speed, no limit, 100 readers",
    environment: UNLIMITED,
    leaves: { rooms: 2 },
    async run(target) {
      await openAll(100, (i) => enter(target, 1000 + i, [JOIN], "joined"));
      return await loop(target, 4, () => [makeSend()]);
    },
  },
  {
    name: "1,000 clients that never read a busy room",
    environment: UNLIMITED,
    seconds: 45,
    leaves: { rooms: 2 },
    async run(target) {
      const size = scaled(target, 1000);
      const clients = await openAll(size, (i) => enter(target, i, [JOIN], "joined"));
      for (const each of clients) each.stall();
      const sender = await enter(target, 1000, [JOIN], "joined");
      const text = "x".repeat(4000);
      const sent = await repeat(target, 1, async () => {
        await sender.tell({ ...makeSend(), text });
        await sleep(5);
      });
      return `${sent} messages of 4 kB`;
    },
  },
];
