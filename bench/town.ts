/**
 * Two hundred people over twenty rooms, who come and go all the time.
 *
 * @module
 */

import { Chronicle } from "./chronicle.ts";
import type { Target } from "./client.ts";
import { DIALECTS } from "./dialects.ts";
import { sleep, Stopwatch } from "./stopwatch.ts";
import { DEN, type Person, Visitor } from "./visitor.ts";

const SEATS = 200;
const HALLS = 20;

/** In every hall two say nearly as much as a user may, which is 5 a second. */
const EAGER = 2 * HALLS;
const EAGER_MS = 230;
/** Now and then as much as that at once, which is refused in part, and said again. */
const BURST = 15;
const BURSTS = 0.01;

/** Means, in milliseconds: between two deeds of a person, and of a visit. */
const PAUSE_MS = 3000;
const VISIT_MS = 40_000;

/** Until somebody comes back, or another takes the seat. Half stay away longer than the grace. */
const AWAY_MS = 10_000;

/** Shares: of people with a key, of visits that end without a word, of people who come back. */
const KEYED = 0.7;
const CUT = 0.4;
const RETURNING = 0.5;

/** More than a socket and the server's mark hold, within the burst of commands. */
const UNREAD_PAGES = 80;
const UNREAD_LIMIT = 200;
/** In milliseconds: short stalls are borne, long ones end in eviction. */
const SHORT_STALL_MS = 15_000;
const LONG_STALL_MS = 40_000;
const LONG_STALLS = 0.2;

/** Of one, two, three and four bytes in UTF-8. */
const WORDS = "so the lamp — naïve Ωμέγα 日本語 🙂 keeps burning, and nobody knows why ".repeat(6);

/** What a person does next, as a share of all that people do. */
const DEEDS: readonly (readonly [share: number, deed: (visitor: Visitor) => unknown])[] = [
  [0.6, say],
  [0.2, typeAndSay],
  [0.06, (visitor) => visitor.readBack(hallOf(visitor), 1 + Math.floor(Math.random() * 200))],
  [0.06, (visitor) => visitor.ping()],
  [0.03, (visitor) => visitor.rename(nextName())],
  [0.04, visitDen],
  [0.01, stall],
];

/** How many names and rooms were made up: no two are the same. */
let names = 0;
let dens = 0;

/** All people of a soak. */
export class Town {
  readonly chronicle = new Chronicle();
  readonly #target: Target;
  readonly #visitors = new Set<Visitor>();
  #closing = false;

  constructor(port: number, serverPid: number) {
    // People greet by themselves.
    const dialect = { ...DIALECTS["chat.v1"], greeting: () => [] };
    this.#target = { port, serverPid, dialect };
  }

  /** Lets people in. They come and go until {@linkcode Town.close}. */
  open(): void {
    for (let seat = 0; seat < SEATS; seat++) this.#occupy(seat);
  }

  /** Waits until everyone has what is due, and is gone. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#visitors].map((visitor) => visitor.close()));
  }

  async #occupy(seat: number): Promise<void> {
    let person = newPerson(seat);
    await sleep(Math.random() * AWAY_MS);
    while (!this.#closing) {
      await this.#visit(person, seat < EAGER);
      await sleep(Math.random() * 2 * AWAY_MS);
      const comesBack = person.key !== undefined && Math.random() < RETURNING;
      if (!comesBack) person = newPerson(seat);
    }
  }

  async #visit(person: Person, eager: boolean): Promise<void> {
    const visitor = await this.#admit(person);
    if (visitor === undefined || this.#closing) return visitor?.cut();
    this.#visitors.add(visitor);
    const seconds = around(VISIT_MS) / 1000;
    const stopwatch = new Stopwatch();
    while (!this.#closing && !visitor.ended && stopwatch.seconds < seconds) {
      if (eager) await talk(visitor);
      else await live(visitor);
    }
    if (this.#closing) return;
    if (Math.random() < CUT) visitor.cut();
    else await visitor.close();
    this.#visitors.delete(visitor);
  }

  async #admit(person: Person): Promise<Visitor | undefined> {
    try {
      return await Visitor.open(this.#target, person, this.chronicle);
    } catch (error) {
      this.chronicle.blame("closed", `${person.name} is not let in: ${error}`);
      return undefined;
    }
  }
}

/** Says as much as a user may, and now and then too much, unless that is still to be said. */
async function talk(visitor: Visitor): Promise<void> {
  const most = BURST - visitor.person.outbox.size;
  const count = Math.min(most, Math.random() < BURSTS ? BURST : 1);
  for (let i = 0; i < count; i++) say(visitor);
  await sleep(EAGER_MS);
}

/** Does one thing after a pause, as people do. */
async function live(visitor: Visitor): Promise<void> {
  await sleep(around(PAUSE_MS));
  let dice = Math.random();
  const [, deed = say] = DEEDS.find(([share]) => (dice -= share) < 0) ?? [];
  await deed(visitor);
}

function say(visitor: Visitor): void {
  visitor.say(hallOf(visitor), WORDS.slice(0, 10 + Math.random() * 300));
}

async function typeAndSay(visitor: Visitor): Promise<void> {
  visitor.type(hallOf(visitor));
  await sleep(around(1000));
  say(visitor);
}

/** Makes a room, says something there or not, and leaves it. */
async function visitDen(visitor: Visitor): Promise<void> {
  const den = `${DEN}${dens++}`;
  visitor.join(den);
  await sleep(around(1000));
  if (Math.random() < 0.5) visitor.say(den, "is anybody here?");
  await sleep(around(1000));
  visitor.leave(den);
}

/** Asks for more than a socket holds, and does not read it. */
async function stall(visitor: Visitor): Promise<void> {
  const long = Math.random() < LONG_STALLS;
  if (long) visitor.mayBeEvicted = true;
  const resumed = visitor.stall(long ? LONG_STALL_MS : SHORT_STALL_MS);
  for (let i = 0; i < UNREAD_PAGES; i++) visitor.readBack(hallOf(visitor), UNREAD_LIMIT);
  await resumed;
}

/** The hall that somebody came for, or another where it is too. */
function hallOf({ person }: Visitor): string {
  const [first = "", second = first] = person.rooms;
  return Math.random() < 0.8 ? first : second;
}

/** Somebody new, at home in the seat's hall; every third one goes to another hall as well. */
function newPerson(seat: number): Person {
  const number = names;
  const name = nextName();
  const halls = [seat, ...(number % 3 === 0 ? [seat + 1] : [])].map((each) =>
    `hall-${each % HALLS}`
  );
  return {
    name,
    address: `10.${number >> 16 & 255}.${number >> 8 & 255}.${number & 255}`,
    ...(Math.random() < KEYED && { key: crypto.randomUUID() }),
    rooms: new Set(halls),
    places: new Map(),
    outbox: new Map(),
  };
}

function nextName(): string {
  return `user-${names++}`;
}

/** A random value that is exponentially distributed, around a mean. */
function around(mean: number): number {
  return -Math.log(1 - Math.random()) * mean;
}
