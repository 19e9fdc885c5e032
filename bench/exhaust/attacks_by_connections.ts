/**
 * Attacks by opening connections: idle, dropped, reset or half-open.
 *
 * @module
 */

import { upgradeRequest } from "../../tests/support/raw_socket.ts";
import { sleep, Stopwatch } from "../support/stopwatch.ts";
import { type Attack, type AttackTarget, BLOCKED_ADDRESSES, ONE_ADDRESS } from "./attack.ts";
import { AttackClient, newAddress } from "./attack_client.ts";
import { countOpen, enter, JOIN, LANES, openAll, repeat, scaled } from "./attack_steps.ts";

/** More addresses than a person has, and too few to use up what all addresses share. */
const TEN_ADDRESSES = Array.from({ length: 10 }, (_, i) => `127.0.0.${10 + i}`);

/** A request that keeps its connection alive. */
const HEALTH = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/** Connects, joins and disconnects at full speed. */
async function connectAndDrop(target: AttackTarget, from: () => string): Promise<string> {
  let entered = 0;
  const attempts = await repeat(target, LANES, async (i) => {
    const client = await enter(target, i, [JOIN], "joined", from());
    if (!client.ended) entered++;
    client.destroy();
  });
  return `${entered} of ${attempts} got in`;
}

/** Requests WebSockets and resets the connections, which may have carried a request before. */
async function upgradeAndReset(
  target: AttackTarget,
  { from, isUsed }: { readonly from: () => string; readonly isUsed: boolean },
): Promise<string> {
  const resets = await repeat(target, LANES, async () => {
    const client = await AttackClient.connect(target.port, from());
    if (isUsed) {
      const answer = client.receive("}");
      await client.send(HEALTH);
      await answer;
    }
    client.upgradeAndReset();
  });
  return `${resets} resets`;
}

export const CONNECTION_ATTACKS: readonly Attack[] = [
  {
    name: "10,500 idle connections in a room",
    async run(target) {
      const size = scaled(target, 10_500);
      const clients = await openAll(size, (i) => enter(target, i, [JOIN], "joined"));
      await sleep(target.seconds * 1000);
      return `${countOpen(clients)} got in`;
    },
  },
  {
    name: "connections opened and dropped, from ten addresses",
    seconds: 60,
    run(target) {
      let next = 0;
      return connectAndDrop(
        target,
        () => TEN_ADDRESSES[next++ % TEN_ADDRESSES.length] ?? ONE_ADDRESS,
      );
    },
  },
  {
    name: "connections opened and dropped, from one address",
    run: (target) => connectAndDrop(target, () => ONE_ADDRESS),
  },
  {
    name: "upgrades that are reset at once",
    leaves: { ...BLOCKED_ADDRESSES, ghost_sockets: 2000 },
    run: (target) => upgradeAndReset(target, { from: newAddress, isUsed: false }),
  },
  {
    name: "upgrades that are reset at once, from one address and on used connections",
    // As many as it may have connections, and those that were under way.
    leaves: { addresses: 1, ghost_sockets: 200 },
    run: (target) => upgradeAndReset(target, { from: () => ONE_ADDRESS, isUsed: true }),
  },
  {
    name: "half-open upgrades, a byte a second",
    async run(target) {
      const clients = await openAll(scaled(target, 5000), () => AttackClient.connect(target.port));
      const stopwatch = new Stopwatch();
      const request = upgradeRequest("/ws", { "X-Endless": "x".repeat(10_000) });
      for (let at = 0; stopwatch.seconds < target.seconds; at++, await sleep(1000)) {
        for (const each of clients) await each.send(request.slice(at, at + 1));
      }
      return `${countOpen(clients)} stay open`;
    },
  },
  {
    name: "TCP connections that send nothing",
    async run(target) {
      const clients = await openAll(scaled(target, 5000), () => AttackClient.connect(target.port));
      await sleep(target.seconds * 1000);
      return `${countOpen(clients)} stay open`;
    },
  },
  {
    name: "WebSockets that never send hello",
    seconds: 12,
    async run(target) {
      const clients = await openAll(scaled(target, 5000), () => AttackClient.upgrade(target.port));
      await sleep(target.seconds * 1000);
      return `${countOpen(clients)} of ${clients.length} stay`;
    },
  },
];
