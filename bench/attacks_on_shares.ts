/**
 * Attacks on what all addresses share: the memory of histories and receipts, the rooms, and the time
 * in which everyone's answers are encoded.
 *
 * @module
 */

import type { WireCommand } from "../tests/support/clients.ts";
import type { Attack } from "./attacks.ts";
import { Intruder } from "./intruder.ts";
import {
  count,
  enter,
  JOIN,
  LANES,
  LOBBY,
  open,
  repeat,
  roomOf,
  sendOf,
  type Site,
  staying,
} from "./intruders.ts";
import { sleep, Stopwatch } from "./stopwatch.ts";

/** The address of the client with an index, where `connections` of them share one. */
const addressOf = (i: number, connections: number): string =>
  `127.0.1.${1 + Math.floor(i / connections)}`;

/** As long as a text may be, and two bytes for each of its units: 16 kB in memory and on the wire. */
const LARGEST_TEXT = "\u{1F600}".repeat(4000);

const ROOMS_EACH = 20;

/** Clients in 20 rooms each, who send as much as they may for as long as it takes. */
async function fillRings(site: Site, connections: number, perAddress: number): Promise<string> {
  const joins = (i: number) =>
    Array.from({ length: ROOMS_EACH }, (_, n) => roomOf(i * ROOMS_EACH + n, "join"));
  const all = await open(count(site, connections), async (i) => {
    const client = await enter(site, i, [{ type: "ping" }], "pong", addressOf(i, perAddress));
    const pong = client.hear('"type":"pong"');
    await client.say(...joins(i), { type: "ping" });
    await pong;
    return client;
  });
  const stopwatch = new Stopwatch();
  let said = 0;
  for (const perSecond = 5; stopwatch.seconds < site.seconds; await sleep(20)) {
    for (; said < stopwatch.seconds * perSecond; said++) {
      for (const [i, client] of all.entries()) {
        const room = roomOf(i * ROOMS_EACH + said % ROOMS_EACH, "send");
        void client.say({ ...room, ref: `${said}`, text: LARGEST_TEXT });
      }
    }
  }
  const offered = said * all.length * 16_000 / 2 ** 20;
  return `${Math.round(offered)} MiB offered; ${staying(all)} stay`;
}

/** Says something in a quiet room and goes, does it, and looks whether the room still has it. */
async function besideQuietRoom(site: Site, does: () => Promise<string>): Promise<string> {
  const quiet = { room: "quiet", ref: "quiet" };
  for (const i of [1_000_001, 1_000_002]) {
    const says: WireCommand[] = [
      { type: "join", ...quiet },
      { type: "send", ...quiet, text: "still here" },
    ];
    (await enter(site, i, says, "ack")).cut();
  }
  // The grace period, after which the room has no members.
  await sleep(6000);
  const done = await does();
  const client = await Intruder.upgrade(site.port);
  const joined = client.hear('"type":"joined"');
  await client.say({ type: "hello", name: "somebody" }, { type: "join", ...quiet });
  const kept = (await joined).includes("still here");
  client.cut();
  if (!kept) throw new Error("A quiet room has lost what was said in it");
  return done;
}

/** Short connections, each of which makes ten rooms and says something in them. */
async function makeRooms(site: Site, times: number, from: (i: number) => string): Promise<string> {
  const made = await repeat({ ...site, seconds: Infinity }, LANES, async (i) => {
    const rooms = Array.from({ length: 10 }, (_, n) => i * 10 + n).flatMap((n) => [
      roomOf(n, "join"),
      { ...roomOf(n, "send"), text: "." },
      roomOf(n, "leave"),
    ]);
    const client = await enter(site, i, [{ type: "ping" }], "pong", from(i));
    const pong = client.hear('"type":"pong"');
    await client.say(...rooms, { type: "ping" });
    await pong;
    client.cut();
  }, count(site, times));
  return `${made * 10} rooms asked for`;
}

/** The largest of what is kept, and who asks for it: four rooms each, all at once. */
async function rejoinAll(site: Site): Promise<string> {
  const rooms = ["a", "b", "c", "d"].map((name) => `long-${name}`);
  // A position of this server before all messages. Others are not believed.
  const first = await enter(site, 2_000_040, [{ type: "ping" }], "pong");
  const joined = first.hear('"count":1');
  await first.say({ type: "join", room: "long-a" });
  const since = /"head":"(\w{26})"/.exec(await joined)?.[1] ?? "";
  first.cut();
  await open(40, async (i) => {
    const room = rooms[i % rooms.length];
    const text = "\u4e00".repeat(4000);
    const says = Array.from({ length: 10 }, () => ({ ...sendOf(), room, text }));
    return await enter(site, 2_000_000 + i, [{ type: "join", room }, ...says], "ack");
  });
  await sleep(1000);
  let visits = 0;
  const stopwatch = new Stopwatch();
  while (stopwatch.seconds < site.seconds) {
    const all = await open(98, (i) => enter(site, i, [{ type: "ping" }], "pong", addressOf(0, 1)));
    await Promise.all(all.map(async (client) => {
      const pong = client.hear('"type":"pong"');
      const joins = rooms.map((room): WireCommand => ({ type: "join", room, since }));
      await client.say(...joins, { type: "ping" });
      await pong;
      visits++;
      client.cut();
    }));
  }
  return `${visits * rooms.length} joins`;
}

/** Members of the same 20 rooms who change their names as often as the limit on commands allows. */
async function renameAll(site: Site): Promise<string> {
  const rooms = Array.from({ length: ROOMS_EACH }, (_, n) => roomOf(n, "join"));
  const all = await open(98, (i) => enter(site, i, rooms, "joined", addressOf(0, 1)));
  const stopwatch = new Stopwatch();
  let said = 0;
  for (const perSecond = 45; stopwatch.seconds < site.seconds; await sleep(10)) {
    for (; said < stopwatch.seconds * perSecond; said++) {
      for (const [i, client] of all.entries()) {
        if (!client.ended) void client.say({ type: "rename", name: `name ${said % 2} of ${i}` });
      }
    }
  }
  return `${said * all.length} renames; ${staying(all)} stay`;
}

/** The longest ref, in characters that take two bytes each in memory. */
const LONG_REF = "\u2713".repeat(56);

/** Seven addresses that send for as long as their messages have receipts. */
async function fillReceipts(site: Site): Promise<string> {
  const addresses = 7;
  const all = await open(addresses, (i) => enter(site, i, [JOIN], "joined", addressOf(i, 1)));
  const batches = await repeat(site, addresses, async (i, lane) => {
    const client = all[lane];
    const pong = client?.hear('"type":"pong"');
    const sends = Array.from({ length: 50 }, (_, n): WireCommand => {
      const ref = `${LONG_REF}${String(i * 50 + n).padStart(8, "0")}`;
      return { type: "send", ref, room: LOBBY, text: "hi" };
    });
    await client?.say(...sends, { type: "ping" });
    await pong;
  });
  return `${batches * 50} messages sent`;
}

const UNLIMITED = { CHAT_COMMANDS_PER_SECOND: "0", CHAT_MESSAGE_BURST: "0" };
const LITTLE_MEMORY = { CHAT_MAX_MEMORY_MB: "200" };

/** All of them. */
export const ATTACKS_ON_SHARES: readonly Attack[] = [
  {
    name: "the largest texts in 1,960 rooms, from one address",
    environment: LITTLE_MEMORY,
    seconds: 65,
    leaves: { rooms: 201, addresses: 1, message_budgets: 98 },
    run: (site) => fillRings(site, 98, 98),
  },
  {
    name: "the largest texts in 2,000 rooms, from ten addresses",
    environment: LITTLE_MEMORY,
    seconds: 65,
    leaves: { rooms: 2001, addresses: 10, message_budgets: 100 },
    run: (site) => fillRings(site, 100, 10),
  },
  {
    name: "1,080 short connections that make ten rooms each, from one address",
    leaves: { rooms: 10_000, addresses: 1 },
    run: (site) => besideQuietRoom(site, () => makeRooms(site, 1080, () => addressOf(0, 1))),
  },
  {
    name: "12,000 rooms with a dot in them, from 60 addresses",
    leaves: { rooms: 10_000, addresses: 60 },
    run: (site) => besideQuietRoom(site, () => makeRooms(site, 1200, (i) => addressOf(i % 60, 1))),
  },
  {
    name: "98 clients of one address who rejoin four long rooms with a since of long ago",
    leaves: { rooms: 5, addresses: 41, message_budgets: 40 },
    run: rejoinAll,
  },
  {
    name: "98 members of 20 rooms who change their names 45 times a second, from one address",
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
