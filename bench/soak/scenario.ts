/**
 * The scenario of a soak: 200 virtual users in 20 rooms, who connect, talk and leave all the time.
 *
 * @module
 */

import { sleep, Stopwatch } from "../support/stopwatch.ts";
import type { UserState } from "./user_state.ts";
import { Verifier } from "./verifier.ts";
import { TEMPORARY_ROOM, VirtualUser } from "./virtual_user.ts";

/** The users at the same time: each slot has one, or waits for the next. */
const SLOTS = 200;
const ROOMS = 20;

/** Two users of every room send nearly as often as a user may, which is 5 times a second. */
const BUSY_SLOTS = 2 * ROOMS;
const BUSY_MS = 230;
/** Sometimes they send so many messages at once that the server refuses some of them. */
const BURST = 15;
const BURST_SHARE = 0.01;

/** Mean times, in milliseconds: between two actions of a user, and of a connection. */
const PAUSE_MS = 3000;
const CONNECTION_MS = 40_000;

/** The mean time until a slot connects again. Half of the users stay away longer than the grace. */
const AWAY_MS = 10_000;

/** Shares: of users with a key, of connections that end without a close, of users that return. */
const KEY_SHARE = 0.7;
const DESTROY_SHARE = 0.4;
const RETURN_SHARE = 0.5;

/** More than a socket and the server's send budget hold, within the burst of commands. */
const UNREAD_PAGES = 80;
const UNREAD_LIMIT = 200;
/** Stalls, in milliseconds: the server bears a short one, and evicts after a long one. */
const SHORT_STALL_MS = 15_000;
const LONG_STALL_MS = 40_000;
const LONG_STALL_SHARE = 0.2;

/** Characters of one, two, three and four bytes in UTF-8. */
const WORDS = "so the lamp — naïve Ωμέγα 日本語 🙂 keeps burning, and nobody knows why ".repeat(6);

/** The actions of a user, each with its share. */
const ACTIONS: readonly (readonly [share: number, action: (user: VirtualUser) => unknown])[] = [
  [0.6, send],
  [0.2, typeAndSend],
  [0.06, (user) => user.requestHistory(roomOf(user), 1 + Math.floor(Math.random() * 200))],
  [0.06, (user) => user.ping()],
  [0.03, (user) => user.rename(nextName())],
  [0.04, visitTemporaryRoom],
  [0.01, stall],
];

/** The number of names, and of temporary rooms, so far: each is unique. */
let names = 0;
let temporaryRooms = 0;

/** Runs the scenario against a server. */
export class Scenario {
  readonly verifier = new Verifier();
  readonly #port: number;
  readonly #users = new Set<VirtualUser>();
  #stopping = false;

  constructor(port: number) {
    this.#port = port;
  }

  /** Starts all slots. They run until {@linkcode Scenario.stop}. */
  start(): void {
    for (let slot = 0; slot < SLOTS; slot++) this.#runSlot(slot);
  }

  /** Waits until all users have received what is outstanding, and closes their connections. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#users].map((user) => user.close()));
  }

  async #runSlot(slot: number): Promise<void> {
    let state = newUser(slot);
    await sleep(Math.random() * AWAY_MS);
    while (!this.#stopping) {
      await this.#runConnection(state, slot < BUSY_SLOTS);
      await sleep(Math.random() * 2 * AWAY_MS);
      const returns = state.key !== undefined && Math.random() < RETURN_SHARE;
      if (!returns) state = newUser(slot);
    }
  }

  async #runConnection(state: UserState, isBusy: boolean): Promise<void> {
    const user = await this.#connect(state);
    if (user === undefined || this.#stopping) return user?.destroy();
    this.#users.add(user);
    const seconds = exponential(CONNECTION_MS) / 1000;
    const stopwatch = new Stopwatch();
    while (!this.#stopping && !user.ended && stopwatch.seconds < seconds) {
      await (isBusy ? sendBusily(user) : act(user));
    }
    if (this.#stopping) return;
    if (Math.random() < DESTROY_SHARE) user.destroy();
    else await user.close();
    this.#users.delete(user);
  }

  async #connect(state: UserState): Promise<VirtualUser | undefined> {
    try {
      return await VirtualUser.open(this.#port, state, this.verifier);
    } catch (error) {
      this.verifier.report("closed", `${state.name} cannot connect: ${error}`);
      return undefined;
    }
  }
}

/** Sends as often as a user may, and sometimes more, unless the outbox is still full. */
async function sendBusily(user: VirtualUser): Promise<void> {
  const most = BURST - user.state.outbox.size;
  const count = Math.min(most, Math.random() < BURST_SHARE ? BURST : 1);
  for (let i = 0; i < count; i++) send(user);
  await sleep(BUSY_MS);
}

/** Takes one action after a pause. */
async function act(user: VirtualUser): Promise<void> {
  await sleep(exponential(PAUSE_MS));
  let dice = Math.random();
  const [, action = send] = ACTIONS.find(([share]) => (dice -= share) < 0) ?? [];
  await action(user);
}

function send(user: VirtualUser): void {
  user.send(roomOf(user), WORDS.slice(0, 10 + Math.random() * 300));
}

async function typeAndSend(user: VirtualUser): Promise<void> {
  user.type(roomOf(user));
  await sleep(exponential(1000));
  send(user);
}

/** Makes a room, sends a message to every second one, and leaves it. */
async function visitTemporaryRoom(user: VirtualUser): Promise<void> {
  const room = `${TEMPORARY_ROOM}${temporaryRooms++}`;
  user.join(room);
  await sleep(exponential(1000));
  if (Math.random() < 0.5) user.send(room, "is anybody here?");
  await sleep(exponential(1000));
  user.leave(room);
}

/** Requests more than a socket holds, and does not read it. */
async function stall(user: VirtualUser): Promise<void> {
  const isLong = Math.random() < LONG_STALL_SHARE;
  if (isLong) user.mayBeEvicted = true;
  const resumed = user.stall(isLong ? LONG_STALL_MS : SHORT_STALL_MS);
  for (let i = 0; i < UNREAD_PAGES; i++) user.requestHistory(roomOf(user), UNREAD_LIMIT);
  await resumed;
}

/** The user's first room, or sometimes its second. */
function roomOf({ state }: VirtualUser): string {
  const [first = "", second = first] = state.rooms;
  return Math.random() < 0.8 ? first : second;
}

/** A new user in the slot's room. Every third user is in the next room, too. */
function newUser(slot: number): UserState {
  const number = names;
  const name = nextName();
  const rooms = [slot, ...(number % 3 === 0 ? [slot + 1] : [])].map((each) =>
    `room-${each % ROOMS}`
  );
  return {
    name,
    address: `10.${number >> 16 & 255}.${number >> 8 & 255}.${number & 255}`,
    ...(Math.random() < KEY_SHARE && { key: crypto.randomUUID() }),
    rooms: new Set(rooms),
    positions: new Map(),
    outbox: new Map(),
  };
}

function nextName(): string {
  return `user-${names++}`;
}

/** A random value with an exponential distribution. */
function exponential(mean: number): number {
  return -Math.log(1 - Math.random()) * mean;
}
