/**
 * A room whose flushes take many turns, in which people come, go, speak and stop reading.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Cursor, Recipient } from "../chat/cursor.ts";
import type { Message, PresenceEvent } from "../chat/protocol.ts";
import { Room } from "../chat/room.ts";
import { Chance } from "./chance.ts";
import { decode, ofType } from "./fake_hub.ts";

const HISTORY_SIZE = 12;
const STEPS = 3000;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const ADA = { id: "adaadaadaa", name: "Ada" };

const idOf = (n: number): string => `01J${String(n).padStart(23, "0")}`;
const numberOf = (id: string): number => Number(id.slice(3));

/** A recipient that stops reading now and then. */
class Listener implements Recipient {
  readonly name: string;
  readonly frames: string[] = [];
  readonly cursor: Cursor;
  /** The last message of the log when it came. */
  readonly start: number;
  reading = true;
  /** Whether it ever did not read, and may have been told of a gap. */
  wasSlow = false;

  constructor(name: string, room: Room, start: number) {
    this.name = name;
    this.start = start;
    room.presence.enter({ id: name, name }, [name]);
    this.cursor = room.add(this, name, room.log.end.position);
  }

  canTake(): boolean {
    return this.reading;
  }

  deliver(frame: string): boolean {
    assert(this.reading, `${this.name} takes nothing now`);
    this.frames.push(frame);
    return true;
  }

  /** The numbers that it was given, and those that it was told are missing. */
  heard(newest: number): { readonly given: number[]; readonly missing: number[] } {
    const given: number[] = [];
    const missing: number[] = [];
    for (const event of this.frames.flatMap(decode)) {
      if (event.type === "message") given.push(numberOf(event.id));
      if (event.type !== "gap") continue;
      const [after, before] = [numberOf(event.after), numberOf(event.before)];
      for (let n = after + 1; n < before; n++) if (n <= newest) missing.push(n);
    }
    return { given, missing };
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
  readonly room = new Room("lobby", idOf(0), {
    historySize: HISTORY_SIZE,
    joinHistory: 10,
    leaveGraceMs: 0,
  });
  readonly listeners: Listener[] = [];
  readonly chance: Chance;
  said = 0;
  #now = 0;
  #people = 0;
  #flush: Generator<void, void> | undefined;

  constructor(seed: number) {
    this.chance = new Chance(seed);
  }

  /** One more, who finds all that was said so far. */
  come(): void {
    this.listeners.push(new Listener(`user ${++this.#people}`, this.room, this.said));
  }

  leave(): void {
    const [listener] = this.listeners.splice(this.chance.below(this.listeners.length), 1);
    if (listener === undefined) return;
    this.room.remove(listener.cursor);
    this.room.presence.leave(listener.name);
  }

  say(count: number): void {
    for (let i = 0; i < count; i++) {
      const message: Message = { id: idOf(++this.said), time: 0, user: ADA, text: "hi" };
      this.room.append(message);
    }
  }

  /** Stops or goes on reading. */
  turnRound(): void {
    const listener = this.chance.of(this.listeners);
    listener.reading = !listener.reading;
    listener.wasSlow = true;
  }

  /** Someone who may have read is caught up before the next flush comes by. */
  catchUp(): void {
    const { cursor, reading } = this.chance.of(this.listeners);
    if (reading) this.room.catchUp(cursor);
  }

  /** One turn of the flush that is under way, or of a new one. */
  flush(): void {
    this.#now += 300;
    this.#flush ??= this.room.flush(this.#now, { spend: () => this.chance.is(0.3) });
    if (this.#flush.next().done) this.#flush = undefined;
  }

  step(): void {
    const die = this.chance.next();
    if (die < 0.3) this.say(1 + this.chance.below(3));
    else if (die < 0.31) this.say(2 * HISTORY_SIZE);
    else if (die < 0.36) this.come();
    else if (die < 0.39 && this.listeners.length > 10) this.leave();
    else if (die < 0.44) this.turnRound();
    else if (die < 0.46) this.catchUp();
    else this.flush();
  }

  /** Everyone reads all there is. */
  end(): void {
    for (const listener of this.listeners) {
      listener.reading = true;
      assertEquals(this.room.catchUp(listener.cursor), "current");
    }
    for (let i = 0; i < 3 * this.listeners.length; i++) this.flush();
  }
}

for (const seed of SEEDS) {
  Deno.test(`Room.flush() in turns loses, repeats and reorders nothing (seed ${seed})`, () => {
    const play = new Play(seed);
    for (let i = 0; i < 12; i++) play.come();
    for (let i = 0; i < STEPS; i++) play.step();
    play.end();
    for (const { name, start, wasSlow, ...listener } of play.listeners.map(outcome(play))) {
      const all = Array.from({ length: play.said - start }, (_, i) => start + 1 + i);
      if (!wasSlow) assertEquals(listener.missing, [], `${name} was told of a gap`);
      assertEquals(listener.given.toSorted((a, b) => a - b), listener.given);
      assertEquals([...listener.given, ...listener.missing].toSorted((a, b) => a - b), all);
    }
  });

  Deno.test(`Room.flush() in turns tells everyone who is there in the end (seed ${seed})`, () => {
    const play = new Play(seed);
    for (let i = 0; i < 12; i++) play.come();
    for (let i = 0; i < STEPS; i++) play.step();
    play.end();
    const last = play.listeners.at(-1);
    for (const { name, present, frames } of play.listeners) {
      const counts: PresenceEvent[] = ofType(frames.flatMap(decode), "presence");
      if (name === last?.name) continue;
      assertEquals(counts.at(-1)?.count, play.listeners.length, name);
      assert(last === undefined || present.has(last.name), `${name} was not told of ${last?.name}`);
    }
  });
}

function outcome(play: Play) {
  return (listener: Listener) => ({
    name: listener.name,
    start: listener.start,
    wasSlow: listener.wasSlow,
    ...listener.heard(play.said),
  });
}
