/**
 * The table of rooms: their numbers, floors and sizes.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { ORIGIN } from "../broker.ts";

/** Rooms whose numbers are kept in memory, some 100 bytes each. */
const CACHED_ROOMS = 10_000;

/** A room that may hold messages older than some time, or that takes most. */
export interface RoomRow {
  readonly number: number;
  readonly name: string;
}

/** What a room has lost. */
export interface RoomLoss {
  /** The position of the last message that was lost; none: nothing was, after all. */
  readonly floor: string | undefined;
  /** The position of the oldest message that is left; none: no message is. */
  readonly oldest: string | undefined;
  readonly bytes: number;
}

/** The rooms of a database. */
export class RoomTable {
  readonly #select;
  readonly #insert;
  readonly #grow;
  readonly #sum;
  readonly #aged;
  readonly #largest;
  readonly #shrink;
  readonly #delete;
  readonly #floorIs;
  readonly #numbers = new Map<string, number>();
  /** The floor of rooms that have no row. */
  #floor: string;

  constructor(db: DatabaseSync) {
    this.#select = db.prepare("SELECT number, floor FROM rooms WHERE name = ?");
    this.#insert = db.prepare(
      "INSERT INTO rooms (name, floor, oldest, bytes) VALUES (?, ?, ?, 0) RETURNING number",
    );
    this.#grow = db.prepare("UPDATE rooms SET bytes = bytes + ? WHERE number = ?");
    this.#sum = db.prepare("SELECT coalesce(sum(bytes), 0) AS bytes FROM rooms");
    this.#aged = db.prepare(
      "SELECT number, name FROM rooms WHERE oldest < ? ORDER BY oldest LIMIT 1",
    );
    this.#largest = db.prepare("SELECT number, name FROM rooms ORDER BY bytes DESC LIMIT 1");
    this.#shrink = db.prepare(
      "UPDATE rooms SET floor = max(floor, ?), oldest = ?, bytes = bytes - ? WHERE number = ?",
    );
    this.#delete = db.prepare("DELETE FROM rooms WHERE number = ?");
    this.#floorIs = db.prepare(
      "INSERT INTO meta (key, value) VALUES ('floor', ?) " +
        "ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
    );
    const floor = db.prepare("SELECT value FROM meta WHERE key = 'floor'").get();
    this.#floor = floor === undefined ? ORIGIN : String(floor["value"]);
  }

  /** The number of a room, if it has a row. */
  number(name: string): number | undefined {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const row = this.#select.get(name);
    return row && this.#note(name, Number(row["number"]));
  }

  /** The number of a room, which gets a row if it has none. */
  use(name: string, position: string): number {
    return this.number(name) ??
      this.#note(name, Number(this.#insert.get(name, this.#floor, position)?.["number"]));
  }

  /** The position of the last message of a room that was dropped. */
  floor(name: string): string {
    const row = this.#select.get(name);
    return row === undefined ? this.#floor : String(row["floor"]);
  }

  /** Adds to the size of a room. */
  grow(number: number, bytes: number): void {
    this.#grow.run(bytes, number);
  }

  /** The size of all rooms together. */
  sum(): number {
    return Number(this.#sum.get()?.["bytes"]);
  }

  /** The room whose oldest message may be the oldest of all, if that may be before a position. */
  aged(position: string): RoomRow | undefined {
    return rowOf(this.#aged.get(position));
  }

  /** The room that takes most. */
  largest(): RoomRow | undefined {
    return rowOf(this.#largest.get());
  }

  /** Notes that a room has lost its oldest messages. */
  shrink({ number, name }: RoomRow, { floor, oldest, bytes }: RoomLoss): void {
    if (oldest !== undefined) {
      this.#shrink.run(floor ?? ORIGIN, oldest, bytes, number);
      return;
    }
    // Without rows for rooms that are empty, names that were used once take no space.
    this.#numbers.delete(name);
    const last = floor ?? this.floor(name);
    this.#delete.run(number);
    this.#floorIs.run(last);
    if (last > this.#floor) this.#floor = last;
  }

  /** Forgets what was read in a transaction that has failed. A floor that is too high does no harm. */
  forget(): void {
    this.#numbers.clear();
  }

  #note(name: string, number: number): number {
    if (this.#numbers.size >= CACHED_ROOMS) this.#numbers.clear();
    this.#numbers.set(name, number);
    return number;
  }
}

function rowOf(row: Record<string, unknown> | undefined): RoomRow | undefined {
  return row && { number: Number(row["number"]), name: String(row["name"]) };
}
