/**
 * A room whose flushes take many turns, in which people come, go, speak and stop reading.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type Cursor, type Recipient, Room } from "../../chat/room/room.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { emptyLog, messageOf } from "../support/messages.ts";
import { decode, type EventOf, ofType } from "../support/fake_hub.ts";

const HISTORY_SIZE = 12;
const STEPS = 2000;
const SEEDS = [1, 2, 3, 4];
const ADA = { id: "adaadaadaadaadaa", name: "Ada" };

const idOf = (n: number): string => `01J${String(n).padStart(23, "0")}`;

/** A recipient that stops reading now and then. */
class Listener implements Recipient {
  readonly name: string;
  readonly frames: string[] = [];
  readonly cursor: Cursor;
  /** How many messages had come when it came. */
  readonly known: number;
  reading = true;
  /** Whether it ever did not read: then it may be told of gaps, and be given up. */
  wasSlow = false;

  constructor(name: string, room: Room, known: number) {
    this.name = name;
    this.known = known;
    room.presence.enter({ id: name, name }, [name]);
    this.cursor = room.add(this, name, room.log.head);
  }

  canTake(): boolean {
    return this.reading;
  }

  deliver(frame: string): boolean {
    assert(this.reading, `${this.name} takes nothing now`);
    this.frames.push(frame);
    return true;
  }

  /** The positions that it was given. */
  get given(): string[] {
    return ofType(this.frames.flatMap(decode), "message").map(({ id, changed }) => changed ?? id);
  }

  /** The gaps that it was told of. */
  get gaps(): EventOf<"gap">[] {
    return ofType(this.frames.flatMap(decode), "gap");
  }

  /** Who was told to have come and not to have left. */
  get present(): Set<string> {
    const ids = new Set<string>();
    for (const { joined = [], left = [] } of ofType(this.frames.flatMap(decode), "presence")) {
      for (const { id } of joined) ids.add(id);
      for (const id of left) ids.delete(id);
    }
    return ids;
  }
}

/** What happens to a room, at random. */
class Play {
  readonly room = new Room("lobby", emptyLog(idOf(0)), {
    historySize: HISTORY_SIZE,
    joinHistory: 10,
    leaveGraceMs: 0,
  });
  listeners: Listener[] = [];
  readonly chance: SeededRandom;
  /** The positions of all states of messages, as they came, and their ids. */
  readonly said: { readonly position: string; readonly id: string }[] = [];
  #newest = 0;
  #now = 0;
  #people = 0;
  #flush: Generator<void, void> | undefined;

  constructor(seed: number) {
    this.chance = new SeededRandom(seed);
  }

  come(): void {
    this.listeners.push(new Listener(`user ${++this.#people}`, this.room, this.said.length));
  }

  leave(): void {
    const [listener] = this.listeners.splice(this.chance.below(this.listeners.length), 1);
    if (listener === undefined) return;
    this.room.remove(listener.cursor);
    this.room.presence.leave(listener.name);
  }

  say(count: number): void {
    for (let i = 0; i < count; i++) {
      const id = idOf(++this.#newest);
      this.#append(id, id);
    }
  }

  /** A message is changed, which may have left the ring. */
  change(): void {
    const id = this.said.at(-1 - this.chance.below(2 * HISTORY_SIZE))?.id;
    if (id !== undefined) this.#append(id, idOf(++this.#newest));
  }

  #append(id: string, position: string): void {
    this.said.push({ position, id });
    this.room.append(messageOf({ id, user: ADA, text: "hi", changed: position }));
  }

  /** Someone stops or goes on reading. */
  turnRound(): void {
    const listener = this.chance.pick(this.listeners);
    listener.reading = !listener.reading;
    listener.wasSlow = true;
  }

  /** Someone who may have read is caught up before the next flush comes by. */
  catchUp(): void {
    const { cursor, reading } = this.chance.pick(this.listeners);
    if (reading) this.room.catchUp(cursor);
  }

  /** One turn of the flush that is under way, or of a new one. */
  flush(): void {
    this.#now += 300;
    this.#flush ??= this.room.flush(this.#now, { spend: () => this.chance.chance(0.3) });
    if (this.#flush.next().done) this.#flush = undefined;
  }

  step(): void {
    const die = this.chance.next();
    if (die < 0.3) this.say(1 + this.chance.below(3));
    else if (die < 0.31) this.say(2 * HISTORY_SIZE);
    else if (die < 0.34) this.change();
    else if (die < 0.38) this.come();
    else if (die < 0.41 && this.listeners.length > 10) this.leave();
    else if (die < 0.44) this.turnRound();
    else if (die < 0.46) this.catchUp();
    else this.flush();
  }

  /** Everyone reads all there is; who can't be helped is given up. */
  end(): void {
    this.listeners = this.listeners.filter((listener) => {
      listener.reading = true;
      const standing = this.room.catchUp(listener.cursor);
      if (standing !== "lost") assertEquals(standing, "current");
      else assert(listener.wasSlow, `${listener.name} was given up`);
      return standing === "current";
    });
    for (let i = 0; i < 3 * this.listeners.length; i++) this.flush();
  }
}

function play(seed: number): Play {
  const play = new Play(seed);
  for (let i = 0; i < 12; i++) play.come();
  for (let i = 0; i < STEPS; i++) play.step();
  play.end();
  // With nothing after it that would bring it along.
  play.change();
  play.end();
  assert(play.listeners.length > 5);
  return play;
}

for (const seed of SEEDS) {
  Deno.test(`Room.flush() in turns loses and repeats nothing (seed ${seed})`, () => {
    const { listeners, said } = play(seed);
    for (const listener of listeners) {
      const { name, given, gaps, known, wasSlow } = listener;
      assert(wasSlow || gaps.length === 0, `${name} was told of a gap`);
      const last = new Map(said.slice(known).map(({ position, id }) => [id, position]));
      const owed = [...last.values()].filter((position) =>
        !gaps.some(({ after, before }) => after < position && position < before)
      );
      assertEquals(new Set(given).size, given.length, name);
      assertEquals(owed.filter((position) => !given.includes(position)), [], name);
    }
  });

  Deno.test(`Room.flush() in turns keeps the order (seed ${seed})`, () => {
    for (const { given, name } of play(seed).listeners) {
      assertEquals(given, given.toSorted(), name);
    }
  });

  Deno.test(`Room.flush() in turns gives every cursor the members at the end (seed ${seed})`, () => {
    const { listeners, room } = play(seed);
    const last = listeners.at(-1)?.name ?? "";
    for (const { name, present, frames } of listeners) {
      if (name === last) continue;
      const told = ofType(frames.flatMap(decode), "presence").at(-1);
      assertEquals(told?.count, room.presence.count, name);
      assert(present.has(last), `${name} was not told of ${last}`);
    }
  });
}
