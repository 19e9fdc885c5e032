/**
 * All that can be done to wear a server out, one short scenario each.
 *
 * Unless it says otherwise, each client comes from another address, as those of a botnet do.
 *
 * @module
 */

import { frame, Opcode } from "../tests/support/wire.ts";
import { ATTACKS_ON_SHARES } from "./attacks_on_shares.ts";
import { Intruder, newAddress, UPGRADE } from "./intruder.ts";
import {
  askForHistory,
  askOnAndOn,
  comeAndGo,
  count,
  enter,
  floodAndReturn,
  JOIN,
  keepSaying,
  LANES,
  LOBBY,
  loop,
  open,
  repeat,
  roomOf,
  sendOf,
  sendTooLarge,
  type Site,
  staying,
  upgradeAndReset,
  uploadOnAndOn,
} from "./intruders.ts";
import { sleep, Stopwatch } from "./stopwatch.ts";
import { memoryOf } from "./usage.ts";

/** What may be left when it is over: gauges of `/metrics`, without `parley_`. */
export type Levels = Readonly<Record<string, number>>;

/** One way of wearing a server out. */
export interface Attack {
  readonly name: string;
  /** How the server differs from its defaults. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The most that may be left, where it is more than nothing. */
  readonly leaves?: Levels;
  /** What a newcomer's first message is answered with right after it, if not with an `ack`. */
  readonly thenSends?: string;
  /** How long it goes on, in seconds, if not as long as the others. */
  readonly seconds?: number;
  /** Does it. Returns what was done. Its clients stay. */
  run(site: Site): Promise<string>;
}

/** Where those come from who share an address. */
const ONE_ADDRESS = "127.0.0.9";

/** More than one person has, and fewer than wear out what all addresses share. */
const TEN_ADDRESSES = Array.from({ length: 10 }, (_, i) => `127.0.0.${10 + i}`);

/** Those that were sent away are remembered: so many at most. */
const SENT_AWAY = { addresses: 20_000 };

/** No limits on the rates of what a client may do. */
const UNLIMITED = { CHAT_COMMANDS_PER_SECOND: "0", CHAT_MESSAGE_BURST: "0" };

/** And none on addresses, which may make few rooms. */
const UNLIMITED_ADDRESSES = { ...UNLIMITED, CHAT_CONNECTIONS_PER_ADDRESS: "0" };

/** A name that is as long as a frame, and costs 120 ms to normalise. */
const LONG_NAME = `a${"\u0344".repeat(3900)}${"\u0334".repeat(3900)}`;

/** A header list with 60,000 spaces. */
const SPACES = `x${" ".repeat(60_000)}x`;

/** All of them. */
export const ATTACKS: readonly Attack[] = [
  {
    name: "10,500 idle connections in a room",
    async run(site) {
      const all = await open(count(site, 10_500), (i) => enter(site, i, [JOIN], "joined"));
      await sleep(site.seconds * 1000);
      return `${staying(all)} got in`;
    },
  },
  {
    name: "connections opened and dropped, from ten addresses",
    seconds: 60,
    run(site) {
      let turn = 0;
      return comeAndGo(site, () => TEN_ADDRESSES[turn++ % TEN_ADDRESSES.length] ?? ONE_ADDRESS);
    },
  },
  {
    name: "the same from one address",
    run: (site) => comeAndGo(site, () => ONE_ADDRESS),
  },
  {
    name: "upgrades that are reset at once",
    leaves: { ...SENT_AWAY, ghost_sockets: 2000 },
    run: (site) => upgradeAndReset(site, { from: newAddress, isUsed: false }),
  },
  {
    name: "upgrades that are reset at once, from one address and on used connections",
    // As many as it may have connections, and those that were under way.
    leaves: { addresses: 1, ghost_sockets: 200 },
    run: (site) => upgradeAndReset(site, { from: () => ONE_ADDRESS, isUsed: true }),
  },
  {
    name: "half-open upgrades, a byte a second",
    async run(site) {
      const all = await open(count(site, 5000), () => Intruder.connect(site.port));
      const stopwatch = new Stopwatch();
      const request = new TextEncoder().encode(`${UPGRADE}X-Endless: ${"x".repeat(10_000)}`);
      for (let at = 0; stopwatch.seconds < site.seconds; at++, await sleep(1000)) {
        for (const each of all) await each.write(request.subarray(at, at + 1));
      }
      return `${staying(all)} stay open`;
    },
  },
  {
    name: "TCP connections that say nothing",
    async run(site) {
      const all = await open(count(site, 5000), () => Intruder.connect(site.port));
      await sleep(site.seconds * 1000);
      return `${staying(all)} stay open`;
    },
  },
  {
    name: "header lists with 60,000 spaces",
    run: (site) =>
      askOnAndOn(site, 8, [
        `GET /ws HTTP/1.1\r\nConnection: ${SPACES}`,
        `GET / HTTP/1.1\r\nIf-None-Match: ${SPACES}`,
        `GET / HTTP/1.1\r\nAccept-Encoding: ${SPACES}`,
      ]),
  },
  {
    name: "the same with the 8 kB that proxies let through",
    run: (site) =>
      askOnAndOn(site, 8, [
        `GET /ws HTTP/1.1\r\nConnection: ${SPACES.slice(0, 8000)}x`,
        `GET / HTTP/1.1\r\nIf-None-Match: ${SPACES.slice(0, 8000)}x`,
        `GET / HTTP/1.1\r\nAccept-Encoding: ${SPACES.slice(0, 8000)}x`,
      ]),
  },
  {
    name: "/metrics and /healthz as fast as possible from one address",
    run: (site) =>
      askOnAndOn(site, LANES, ["GET /metrics HTTP/1.1", "GET /healthz HTTP/1.1"], ONE_ADDRESS),
  },
  {
    name: "the page as fast as possible from one address",
    run: (site) => askOnAndOn(site, LANES, ["GET / HTTP/1.1\r\nAccept-Encoding: br"], ONE_ADDRESS),
  },
  {
    name: "bodies of 100 MB that nobody reads",
    run: (site) => uploadOnAndOn(site, 8, "POST / HTTP/1.1"),
  },
  {
    name: "the same with GET, of which the runtime shows none",
    run: (site) => uploadOnAndOn(site, 8, "GET / HTTP/1.1"),
  },
  {
    name: "WebSockets that never say hello",
    seconds: 12,
    async run(site) {
      const all = await open(count(site, 5000), () => Intruder.upgrade(site.port));
      await sleep(site.seconds * 1000);
      return `${staying(all)} of ${all.length} stay`;
    },
  },
  {
    name: "joins and leaves in a loop",
    environment: UNLIMITED,
    run: (site) => loop(site, 20, () => [JOIN, { type: "leave", room: LOBBY }]),
  },
  {
    name: "100,000 rooms, nothing said in them",
    environment: UNLIMITED_ADDRESSES,
    run: (site) =>
      loop(site, 20, (i) => [roomOf(i, "join"), roomOf(i, "leave")], count(site, 100_000)),
  },
  {
    name: "100,000 rooms, a message in each",
    environment: UNLIMITED_ADDRESSES,
    leaves: { rooms: 10_000 },
    run: (site) =>
      loop(
        site,
        20,
        (i) => [roomOf(i, "join"), { ...roomOf(i, "send"), text: "hi" }, roomOf(i, "leave")],
        count(site, 100_000),
      ),
  },
  {
    name: "600 members of 20 rooms each",
    async run(site) {
      const rooms = (i: number) => Array.from({ length: 20 }, (_, n) => roomOf(i * 20 + n, "join"));
      await open(count(site, 600), (i) => enter(site, i, rooms(i), "joined"));
      await sleep(1000);
      return `${count(site, 600) * 20} rooms asked for`;
    },
  },
  {
    name: "100,000 users, a message of each",
    seconds: 120,
    leaves: { rooms: 2 },
    async run(site) {
      const users = await repeat(site, LANES, async (i) => {
        const says = [JOIN, sendOf()];
        const user = await enter(site, i, says, "ack");
        user.cut();
      }, count(site, 100_000));
      return `${users} users`;
    },
  },
  {
    name: "100,000 names",
    environment: UNLIMITED,
    run: (site) =>
      loop(site, 20, (i) => [{ type: "rename", name: `name ${i}` }], count(site, 100_000)),
  },
  {
    name: "20 names of 15.6 kB at once, again and again",
    leaves: { ...SENT_AWAY, rooms: 2 },
    async run(site) {
      const visits = await repeat(site, 10, async (_, lane) => {
        const client = await enter(site, lane, [JOIN], "joined", newAddress());
        const gone = client.hear("Too many bad commands");
        const command = { type: "rename", name: LONG_NAME } as const;
        await client.say(...Array.from({ length: 20 }, () => command));
        await gone;
        client.cut();
      });
      return `${visits * 20} names`;
    },
  },
  {
    name: "names of 256 costly characters",
    environment: UNLIMITED,
    run: (site) => loop(site, 20, () => [{ type: "rename", name: "\u0344".repeat(256) }]),
  },
  {
    name: "a frame of 64 MiB, again and again",
    run: (site) => sendTooLarge(site, 1, new Uint8Array(64 * 2 ** 20 - 1).fill(0x20)),
  },
  {
    name: "headers that promise 64 MiB",
    async run(site) {
      const header = frame(Opcode.TEXT, new Uint8Array(64 * 2 ** 20 - 1)).slice(0, 1000);
      const all = await open(count(site, 1000), () => Intruder.upgrade(site.port));
      for (const each of all) await each.write(header);
      await sleep(2000);
      return `${all.length} connections`;
    },
  },
  {
    name: "frames a byte over the limit",
    run: (site) => sendTooLarge(site, LANES, "x".repeat(16_385)),
  },
  {
    name: "fragments without end, up to 300 MB",
    async run({ port, serverPid }) {
      const client = await Intruder.upgrade(port);
      const piece = new Uint8Array(65_536).fill(0x20);
      await client.write(frame(Opcode.TEXT, piece, { final: false }));
      let sent = 1;
      for (
        const next = frame(Opcode.CONTINUATION, piece, { final: false });
        !client.ended;
        sent++
      ) {
        await client.write(next);
        if (sent % 16 === 0 && (await memoryOf(serverPid)).rssBytes > 300e6) break;
      }
      return `${Math.round(sent / 16)} MiB taken`;
    },
  },
  {
    name: "history asked for and read",
    environment: { CHAT_MESSAGE_BURST: "0" },
    leaves: { ...SENT_AWAY, rooms: 2 },
    run: (site) => askForHistory(site, { stalled: false }),
  },
  {
    name: "history asked for from one address",
    environment: { CHAT_MESSAGE_BURST: "0" },
    leaves: { ...SENT_AWAY, rooms: 2 },
    run: (site) => askForHistory(site, { stalled: false, from: ONE_ADDRESS }),
  },
  {
    name: "history asked for and not read",
    environment: { CHAT_MESSAGE_BURST: "0" },
    leaves: { ...SENT_AWAY, rooms: 2 },
    run: (site) => askForHistory(site, { stalled: true }),
  },
  {
    name: "100 who type 45 times a second",
    run: (site) => keepSaying(site, 100, () => ({ type: "typing", room: LOBBY })),
  },
  {
    name: "100 who send 45 times a second",
    leaves: { rooms: 2 },
    run: (site) => keepSaying(site, 100, sendOf),
  },
  {
    name: "senders at full speed, who come back",
    leaves: { ...SENT_AWAY, rooms: 2 },
    run: (site) => floodAndReturn(site, newAddress),
  },
  {
    name: "the same, all from one address",
    leaves: { ...SENT_AWAY, rooms: 2 },
    run: (site) => floodAndReturn(site, () => ONE_ADDRESS),
  },
  {
    name: "senders at full speed, no limit, 100 readers",
    environment: UNLIMITED,
    leaves: { rooms: 2 },
    async run(site) {
      await open(100, (i) => enter(site, 1000 + i, [JOIN], "joined"));
      return await loop(site, 4, () => [sendOf()]);
    },
  },
  {
    name: "1,000 who never read a busy room",
    environment: UNLIMITED,
    seconds: 45,
    leaves: { rooms: 2 },
    async run(site) {
      const all = await open(count(site, 1000), (i) => enter(site, i, [JOIN], "joined"));
      for (const each of all) each.stall();
      const sender = await enter(site, 1000, [JOIN], "joined");
      const text = "x".repeat(4000);
      const said = await repeat(site, 1, async () => {
        await sender.say({ ...sendOf(), text });
        await sleep(5);
      });
      return `${said} messages of 4 kB`;
    },
  },
  ...ATTACKS_ON_SHARES,
];
