/**
 * Those who only want to chat while a server is attacked.
 *
 * @module
 */

import type { WireCommand } from "../tests/support/clients.ts";
import { within } from "../tests/support/wire.ts";
import { Histogram } from "./histogram.ts";
import { Intruder } from "./intruder.ts";
import { sleep, Stopwatch } from "./stopwatch.ts";

const INTERVAL_MS = 20;

const PATIENCE_SECONDS = 2;

const HOME = "127.0.0.1";
const ROOM = "garden";

/** A client in a room of its own that asks all the time whether the server is there. */
export class Bystander {
  /** Times of the answers. */
  readonly pings = new Histogram();
  readonly #client: Intruder;
  readonly #pinging: Promise<void>;
  #done = false;

  private constructor(client: Intruder) {
    this.#client = client;
    this.#pinging = this.#ping();
    // Told by leave().
    this.#pinging.catch(() => {});
  }

  static async enter(port: number): Promise<Bystander> {
    return new Bystander(await join(port, "bystander"));
  }

  async #ping(): Promise<void> {
    for (; !this.#done; await sleep(INTERVAL_MS)) {
      const stopwatch = new Stopwatch();
      await ask(this.#client, { type: "ping" });
      this.pings.add(stopwatch.seconds * 1000);
    }
  }

  /** Asks no more, and goes. Rejects if the server did not answer, or hung up. */
  async leave(): Promise<void> {
    this.#done = true;
    await this.#pinging;
    this.#client.cut();
  }
}

/** What a new client meets. */
export interface Welcome {
  /** From connecting to having joined a room. */
  readonly ms: number;
  /** `ack`, or the code of the error that a message was answered with. */
  readonly sends: string;
}

/** Connects, joins, says something and goes. Rejects if it is not served. */
export async function visit(port: number): Promise<Welcome> {
  const stopwatch = new Stopwatch();
  const client = await join(port, "newcomer");
  const ms = stopwatch.seconds * 1000;
  const answer = await ask(client, { type: "send", room: ROOM, text: "hi" });
  client.cut();
  return { ms, sends: /"code":"(\w+)"/.exec(answer)?.[1] ?? "ack" };
}

let names = 0;
let refs = 0;

async function join(port: number, role: string): Promise<Intruder> {
  const client = await upgrade(port);
  // The last one's name is still held.
  await ask(client, { type: "hello", name: `${role} ${names++}` });
  const joined = await ask(client, { type: "join", room: ROOM });
  if (!joined.includes('"type":"joined"')) throw new Error(`A ${role} did not join: ${joined}`);
  return client;
}

/** Comes back while it is refused: a full server needs a moment to see that others have gone. */
async function upgrade(port: number): Promise<Intruder> {
  const stopwatch = new Stopwatch();
  let client = await within(Intruder.upgrade(port, HOME), "an answer to an upgrade");
  while (client.ended && stopwatch.seconds < PATIENCE_SECONDS) {
    await sleep(INTERVAL_MS);
    client = await within(Intruder.upgrade(port, HOME), "an answer to an upgrade");
  }
  return client;
}

async function ask(client: Intruder, command: WireCommand): Promise<string> {
  const ref = `bystander ${refs++}`;
  const heard = client.hear(`"ref":"${ref}"`);
  await client.say({ ...command, ref });
  const answer = await within(heard, `an answer to "${command.type}"`);
  if (answer === "") throw new Error(`The server hung up before it answered "${command.type}"`);
  return answer;
}
