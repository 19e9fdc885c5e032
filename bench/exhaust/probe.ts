/**
 * The probe: well-behaved clients that measure how a server under attack serves others.
 *
 * @module
 */

import type { WireCommand } from "../../tests/support/clients.ts";
import { within } from "../../tests/support/deadline.ts";
import { HOST } from "../../tests/support/tcp_connection.ts";
import { Histogram } from "../support/histogram.ts";
import { sleep, Stopwatch } from "../support/stopwatch.ts";
import { AttackClient } from "./attack_client.ts";

const INTERVAL_MS = 20;

const REFUSED_SECONDS = 2;

/** A room that no attack touches. */
const ROOM = "garden";

/** A client that pings the server all the time. */
export class Probe {
  /** The times of the answers. */
  readonly pings = new Histogram();
  readonly #client: AttackClient;
  readonly #pinging: Promise<void>;
  #done = false;

  private constructor(client: AttackClient) {
    this.#client = client;
    this.#pinging = this.#ping();
    // stop() reports the rejection.
    this.#pinging.catch(() => {});
  }

  static async start(port: number): Promise<Probe> {
    return new Probe(await join(port, "probe"));
  }

  async #ping(): Promise<void> {
    for (; !this.#done; await sleep(INTERVAL_MS)) {
      const stopwatch = new Stopwatch();
      await ask(this.#client, { type: "ping" });
      this.pings.add(stopwatch.ms);
    }
  }

  /** Stops and disconnects. Rejects if the server did not answer, or closed the connection. */
  async stop(): Promise<void> {
    this.#done = true;
    await this.#pinging;
    this.#client.destroy();
  }
}

/** How a server serves a new client. */
export interface NewcomerResult {
  /** The time from connecting to having joined a room. */
  readonly ms: number;
  /** The answer to a message: `ack`, or an error code. */
  readonly sends: string;
}

/** Connects, joins, sends a message and disconnects. Rejects if the server does not serve it. */
export async function tryNewcomer(port: number): Promise<NewcomerResult> {
  const stopwatch = new Stopwatch();
  const client = await join(port, "newcomer");
  const { ms } = stopwatch;
  const answer = await ask(client, { type: "send", room: ROOM, text: "hi" });
  client.destroy();
  return { ms, sends: /"code":"(\w+)"/.exec(answer)?.[1] ?? "ack" };
}

let names = 0;
let refs = 0;

async function join(port: number, role: string): Promise<AttackClient> {
  const client = await upgrade(port);
  // A new name each time: the server still holds the last one.
  await ask(client, { type: "hello", name: `${role} ${names++}` });
  const joined = await ask(client, { type: "join", room: ROOM });
  if (!joined.includes('"type":"joined"')) throw new Error(`A ${role} did not join: ${joined}`);
  return client;
}

/** Retries while the server refuses: a full one needs a moment to notice that clients have gone. */
async function upgrade(port: number): Promise<AttackClient> {
  const stopwatch = new Stopwatch();
  while (true) {
    const client = await within(AttackClient.upgrade(port, HOST), "an answer to an upgrade");
    if (!client.ended || stopwatch.seconds >= REFUSED_SECONDS) return client;
    await sleep(INTERVAL_MS);
  }
}

async function ask(client: AttackClient, command: WireCommand): Promise<string> {
  const ref = `probe ${refs++}`;
  const answered = client.receive(`"ref":"${ref}"`);
  await client.tell({ ...command, ref });
  const answer = await within(answered, `an answer to "${command.type}"`);
  if (answer === "") throw new Error(`The connection ended before an answer to "${command.type}"`);
  return answer;
}
