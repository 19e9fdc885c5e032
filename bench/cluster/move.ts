/**
 * The move of clients to another node when theirs is killed.
 *
 * @module
 */

import { ackedBy, ClientState } from "../../tests/support/client_state.ts";
import { sleep } from "../support/stopwatch.ts";
import { PageClient } from "../upgrade/page_client.ts";
import { Nodes } from "./nodes.ts";

/** The result of a move. */
export interface Move {
  /** From the kill until half of the clients, and all of them, had joined again. */
  readonly halfMs: number;
  readonly allMs: number;
  readonly acked: number;
  /** Acknowledged messages that somebody does not have, and messages that are there twice. */
  readonly lost: number;
  readonly doubled: number;
  /** Clients that were told that something may be missing. */
  readonly incomplete: number;
}

const PER_SECOND = 20;
const TALK_MS = 3000;
const DEADLINE_MS = 60_000;

/** Lets clients talk at one node, kills it, and waits until all have everything at the other one. */
export async function measureMove(count: number): Promise<Move> {
  const history = { CHAT_HISTORY_SIZE: "100000" };
  await using nodes = await Nodes.start({ name: "2 nodes", store: "always", nodes: 2 }, history);
  const clients: PageClient[] = [];
  for (let i = 0; i < count; i++) {
    clients.push(new PageClient(nodes.ports, new ClientState(`Talker ${i + 1000}`)));
    // A few at a time, as people come.
    if (i % 50 === 49) await until(() => clients.every(({ joinedAt }) => joinedAt.length > 0));
  }
  let turn = 0;
  const talk = setInterval(() => clients[turn++ % count]?.say(), 1000 / PER_SECOND);
  await sleep(TALK_MS);
  const killedAt = performance.now();
  await nodes.servers[0]?.stop();
  const backAt = ({ joinedAt }: PageClient) => joinedAt.find((time) => time > killedAt);
  await until(() => clients.every((client) => backAt(client) !== undefined));
  await sleep(TALK_MS);
  clearInterval(talk);
  const states = clients.map(({ state }) => state);
  await until(() => states.every(({ isSettled }) => isSettled));
  const acked = ackedBy(states);
  const newest = acked.at(-1)?.[0] ?? "";
  await until(() => states.every(({ position = "" }) => position >= newest));
  for (const client of clients) client.stop();
  const ids = new Set(states.flatMap(({ seen }) => [...seen.keys()]));
  const backMs = clients.map((client) => (backAt(client) ?? NaN) - killedAt).sort((a, b) => a - b);
  return {
    halfMs: backMs[Math.floor(count / 2)] ?? NaN,
    allMs: backMs.at(-1) ?? NaN,
    acked: acked.length,
    lost: acked.filter(([id]) => !states.every(({ seen }) => seen.has(id))).length,
    doubled: ids.size - new Set(acked.map(([, text]) => text)).size,
    incomplete: states.filter(({ incompleteJoins }) => incompleteJoins > 0).length,
  };
}

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!isSo()) {
    if (performance.now() > end) throw new Error("The clients did not all come, or come back");
    await sleep(10);
  }
}
