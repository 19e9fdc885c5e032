/**
 * Runs scripts against a server, many at a time, while a bystander looks on.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { ServerEvent } from "../../chat/protocol/types.ts";
import { Chance } from "../support/seeded_random.ts";
import { Client } from "../support/clients.ts";
import { makeSequence, makeSession, type Script } from "./random_frames.ts";
import { type Outcome, play, playRequest, type Stage } from "./play_script.ts";
import { makeRequest } from "./random_requests.ts";
import { LOBBY } from "./random_values.ts";
import { Minutes } from "./oracle_shared.ts";
import { within } from "../support/deadline.ts";
import { type Health, health } from "../support/tcp_connection.ts";

/** How much is to be done: commands that are handled, and connections. */
export interface Amount {
  readonly commands: number;
  readonly sequences: number;
}

/** What a script is made of. */
export type Phase = "commands" | "frames" | "requests";

/** One script among all those of a seed. */
export interface Name {
  readonly seed: number;
  readonly phase: Phase;
  readonly number: number;
}

/** For each kind of script, how often it ended how. */
export type Outcomes = Record<string, Record<string, number>>;

/** What was done. */
export interface Report {
  readonly legal: number;
  readonly illegal: number;
  /** How often each answer was given. */
  readonly answers: ReadonlyMap<string, number>;
  /** What the bystander heard. */
  readonly messages: number;
  /** How often scripts of each kind ended how. */
  readonly outcomes: Outcomes;
}

/** A script that did not go as it should. */
export class FuzzFailure extends Error {
  readonly script: Name;

  constructor(script: Name, cause: unknown) {
    super(`${script.phase}:${script.number} of seed ${script.seed}`, { cause });
    this.script = script;
  }
}

/** Scripts that are played at the same time. */
const LANES = 8;

/** So many scripts between two looks at the bystander. */
const GLANCE = 200;

/** One connection in ten does not get as far as frames. */
const REQUESTS = 0.1;

/**
 * Plays scripts until all is done.
 *
 * @throws {FuzzFailure} at the first thing that should not have happened
 */
export async function fuzzServer(
  { port, limited }: { readonly port: number; readonly limited: boolean },
  seed: number,
  amount: Amount,
  progress: (phase: Phase, done: number) => void = () => {},
): Promise<Report> {
  const minutes = new Minutes();
  const stage = { port, minutes, limited };
  const outcomes: Outcomes = {};
  await using bystander = await Bystander.join(port, minutes);

  async function run(phase: Phase, isMore: (number: number) => boolean): Promise<void> {
    let next = 0;
    let failure: FuzzFailure | undefined;
    const lane = async (): Promise<void> => {
      while (failure === undefined && isMore(next)) {
        const name = { seed, phase, number: next++ };
        try {
          const script = scriptOf(name);
          const end = await perform(name, script, stage);
          const ends = outcomes[script.kind] ??= {};
          ends[end] = (ends[end] ?? 0) + 1;
          if (name.number % GLANCE > 0) continue;
          progress(phase, name.number);
          await bystander.look();
        } catch (error) {
          failure ??= new FuzzFailure(name, error);
        }
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    if (failure !== undefined) throw failure;
  }

  const requests = Math.ceil(amount.sequences * REQUESTS);
  await run("commands", () => minutes.legal + minutes.illegal < amount.commands);
  const { legal, illegal } = minutes;
  await run("frames", (number) => number < amount.sequences - requests);
  await run("requests", (number) => number < requests);
  await bystander.leaveLast();
  return { legal, illegal, answers: minutes.answers, messages: bystander.messages, outcomes };
}

/** The script of that name. */
export function scriptOf(name: Name): Script {
  const chance = chanceOf(name);
  switch (name.phase) {
    case "commands":
      return makeSession(chance);
    case "frames":
      return makeSequence(chance);
    case "requests":
      return makeRequest(chance);
  }
}

/** Plays a script. Returns how it ended. */
export function perform(name: Name, script: Script, stage: Stage): Promise<Outcome> {
  return name.phase === "requests"
    ? playRequest(script, stage)
    : play(script, chanceOf(name), stage);
}

/** Chance of a script's own, whatever the order in which scripts are played. */
function chanceOf({ seed, phase, number }: Name): Chance {
  const salt = { commands: 1, frames: 2, requests: 3 }[phase];
  return new Chance(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number * 4 + salt, 0x85ebca6b));
}

/** A good client, who is in a room with the others all the time. */
class Bystander implements AsyncDisposable {
  readonly #port: number;
  readonly #client: Client;
  readonly #minutes: Minutes;
  /** The messages that came, and how often each text did. */
  readonly #heard = new Map<string, string>();
  readonly #texts = new Map<string, number>();
  #read = 0;
  #newest = "";
  #isLooking = false;

  private constructor(port: number, client: Client, minutes: Minutes) {
    this.#port = port;
    this.#client = client;
    this.#minutes = minutes;
  }

  static async join(port: number, minutes: Minutes): Promise<Bystander> {
    const client = await Client.open(port);
    await client.hello("The bystander");
    await client.join(LOBBY);
    return new Bystander(port, client, minutes);
  }

  get messages(): number {
    return this.#heard.size;
  }

  /** Asks for an answer, and checks what came meanwhile. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    await this.#client.ask("pong", { type: "ping" });
    for (; this.#read < this.#client.events.length; this.#read++) {
      const event = this.#client.events[this.#read];
      if (event !== undefined) this.#check(event);
    }
    this.#isLooking = false;
  }

  /** Waits until nobody else is left, and has heard everything then. */
  async leaveLast(): Promise<void> {
    const isLast = ({ connections, users }: Health): boolean => connections === 1 && users === 1;
    let now = await health(this.#port);
    const wait = async (): Promise<void> => {
      while (!isLast(now)) now = await health(this.#port);
    };
    await within(wait(), "all others to be forgotten");
    assert(
      now.rooms <= this.#minutes.rooms.union(new Set([LOBBY])).size,
      "Empty rooms are kept",
    );
    await this.look();
    for (const { id, room, text } of this.#minutes.said.values()) {
      if (room === LOBBY) assert(this.#heard.get(id) === text, `${id} was not heard`);
    }
  }

  #check(event: ServerEvent): void {
    switch (event.type) {
      case "welcome":
      case "joined":
      case "pong":
      case "presence":
      case "typing":
        return;
      case "message":
        return this.#hear(event.id, event.text);
      default:
        throw new Error(`The bystander was told ${JSON.stringify(event)}`);
    }
  }

  #hear(id: string, text: string): void {
    assert(id > this.#newest, `${id} came after ${this.#newest}`);
    this.#newest = id;
    this.#heard.set(id, text);
    const times = (this.#texts.get(text) ?? 0) + 1;
    this.#texts.set(text, times);
    assert(times <= this.#minutes.timesOffered(text), `Nobody said ${JSON.stringify(text)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}
