/**
 * Fuzzing of a server: random scripts, many at a time, while a well-behaved client checks that they
 * do not disturb it.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { ServerEvent } from "../../chat/protocol/types.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { Client } from "../support/clients.ts";
import { makeFrames, makeSession, type Script } from "./random_frames.ts";
import { type FuzzTarget, type Outcome, playRequest, playScript } from "./play_script.ts";
import { API_ROOM, makeRequest } from "./random_requests.ts";
import { LOBBY } from "./random_values.ts";
import type { SharedOracle } from "./oracle_shared.ts";
import { within } from "../support/deadline.ts";
import { type Health, health } from "../support/tcp_connection.ts";

/** The extent of a run: the commands that the server handles, and the connections after that. */
export interface Extent {
  readonly commands: number;
  readonly connections: number;
}

/** The phases of a run, by the contents of their scripts. */
export type Phase = "commands" | "frames" | "requests";

/** The name of a script, which reproduces it. */
export interface ScriptName {
  readonly seed: number;
  readonly phase: Phase;
  readonly number: number;
}

/** The number of scripts by kind and outcome. */
export type Outcomes = Record<string, Record<string, number>>;

/** The report of a run. */
export interface Report {
  readonly legal: number;
  readonly illegal: number;
  /** The number of answers of each type. */
  readonly answers: ReadonlyMap<string, number>;
  /** The number of messages that the observer received. */
  readonly messages: number;
  readonly outcomes: Outcomes;
}

/** The failure of a script. */
export class FuzzFailure extends Error {
  readonly script: ScriptName;

  constructor(script: ScriptName, cause: unknown) {
    super(`${script.phase}:${script.number} of seed ${script.seed}`, { cause });
    this.script = script;
  }
}

/** The number of scripts that are played at the same time. */
const LANES = 8;

/** The number of scripts between two checks of the observer. */
const CHECK_EVERY = 200;

/** The share of connections whose upgrade request is already random. */
const REQUEST_SHARE = 0.1;

/**
 * Plays random scripts.
 *
 * @throws {FuzzFailure} at the first failure
 */
export async function fuzzServer(
  target: FuzzTarget,
  seed: number,
  amount: Extent,
  progress: (phase: Phase, done: number) => void = () => {},
): Promise<Report> {
  const { port, shared } = target;
  const before = shared.legal + shared.illegal;
  const outcomes: Outcomes = {};
  await using observer = await Observer.join(port, shared);

  async function run(phase: Phase, isMore: (number: number) => boolean): Promise<void> {
    let next = 0;
    let failure: FuzzFailure | undefined;
    const lane = async (): Promise<void> => {
      while (failure === undefined && isMore(next)) {
        const name = { seed, phase, number: next++ };
        try {
          const script = scriptOf(name);
          const end = await performScript(name, script, target);
          const ends = outcomes[script.kind] ??= {};
          ends[end] = (ends[end] ?? 0) + 1;
          if (name.number % CHECK_EVERY > 0) continue;
          progress(phase, name.number);
          await observer.check();
        } catch (error) {
          failure ??= new FuzzFailure(name, error);
        }
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    if (failure !== undefined) throw failure;
  }

  const requests = Math.ceil(amount.connections * REQUEST_SHARE);
  await run("commands", () => shared.legal + shared.illegal - before < amount.commands);
  const { legal, illegal } = shared;
  await run("frames", (number) => number < amount.connections - requests);
  await run("requests", (number) => number < requests);
  await observer.finish();
  return { legal, illegal, answers: shared.answers, messages: observer.messages, outcomes };
}

/** Makes the script of a name. */
export function scriptOf(name: ScriptName): Script {
  const random = randomOf(name);
  switch (name.phase) {
    case "commands":
      return makeSession(random);
    case "frames":
      return makeFrames(random);
    case "requests":
      return makeRequest(random);
  }
}

/** Plays a script. Returns its outcome. */
export function performScript(
  name: ScriptName,
  script: Script,
  target: FuzzTarget,
): Promise<Outcome> {
  return name.phase === "requests"
    ? playRequest(script, target)
    : playScript(script, randomOf(name), target);
}

/** The random numbers of a script, which do not depend on the order of scripts. */
function randomOf({ seed, phase, number }: ScriptName): SeededRandom {
  const salt = { commands: 1, frames: 2, requests: 3 }[phase];
  return new SeededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number * 4 + salt, 0x85ebca6b));
}

/** A well-behaved client in a room with the scripts' clients. */
class Observer implements AsyncDisposable {
  readonly #port: number;
  readonly #client: Client;
  readonly #shared: SharedOracle;
  /** The messages that were acknowledged before it came. */
  readonly #missed: number;
  /** The texts of the messages received, by id, and the number of messages by text. */
  readonly #received = new Map<string, string>();
  readonly #texts = new Map<string, number>();
  #read = 0;
  #newest = "";
  #isChecking = false;

  private constructor(port: number, client: Client, shared: SharedOracle) {
    this.#port = port;
    this.#client = client;
    this.#shared = shared;
    this.#missed = shared.acknowledged.size;
  }

  static async join(port: number, shared: SharedOracle): Promise<Observer> {
    const client = await Client.open(port);
    await client.hello("Observer");
    await client.join(LOBBY);
    return new Observer(port, client, shared);
  }

  get messages(): number {
    return this.#received.size;
  }

  /** Pings the server, and checks the events received meanwhile. */
  async check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    await this.#client.ask("pong", { type: "ping" });
    for (; this.#read < this.#client.events.length; this.#read++) {
      const event = this.#client.events[this.#read];
      if (event !== undefined) this.#checkEvent(event);
    }
    this.#isChecking = false;
  }

  /** Waits until all other clients are gone, and checks that every acknowledged message came. */
  async finish(): Promise<void> {
    const isLast = ({ connections, users }: Health): boolean => connections === 1 && users === 1;
    let now = await health(this.#port);
    const wait = async (): Promise<void> => {
      while (!isLast(now)) now = await health(this.#port);
    };
    await within(wait(), "all others to be forgotten");
    assert(
      now.rooms <= this.#shared.rooms.union(new Set([LOBBY, API_ROOM])).size,
      "Empty rooms are kept",
    );
    await this.check();
    for (const { id, room, text } of this.#shared.acknowledged.values().drop(this.#missed)) {
      if (room === LOBBY) assert(this.#received.get(id) === text, `${id} was not received`);
    }
  }

  #checkEvent(event: ServerEvent): void {
    switch (event.type) {
      case "welcome":
      case "joined":
      case "pong":
      case "presence":
      case "typing":
        return;
      case "message":
        return this.#receive(event.id, event.text);
      default:
        throw new Error(`The observer received ${JSON.stringify(event)}`);
    }
  }

  #receive(id: string, text: string): void {
    assert(id > this.#newest, `${id} came after ${this.#newest}`);
    this.#newest = id;
    this.#received.set(id, text);
    const times = (this.#texts.get(text) ?? 0) + 1;
    this.#texts.set(text, times);
    assert(times <= this.#shared.timesSent(text), `No client sent ${JSON.stringify(text)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}
