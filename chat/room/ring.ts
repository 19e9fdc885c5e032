/**
 * Ring of log entries: bounded, in the order of their ids.
 *
 * @module
 */

/** Where {@linkcode Ring.append} put an entry. */
export type Placement =
  /** At the end: it is the newest. */
  | "newest"
  /** Before entries that came earlier: another instance made it at nearly the same time. */
  | "late"
  /** Nowhere: the ring has it already. */
  | "known";

/**
 * At most `capacity` entries. Ids are strings that sort by time, such as ULIDs.
 *
 * The ring has every entry after its `floor`: the newest id that it has dropped, or, before it dropped
 * any, the id that it was given at the start.
 */
export class Ring<Entry extends { readonly id: string; readonly bytes: number }> {
  readonly #capacity: number;
  /** Circular once it is full; grows up to the capacity until then. */
  #ring: Entry[] = [];
  /** Index of the oldest entry in the ring. */
  #start = 0;
  #floor: string;
  #bytes = 0;

  /** @param capacity the most entries kept: at least 1 */
  constructor(capacity: number, floor: string) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`Cannot keep ${capacity} entries: capacity must be 1 or more`);
    }
    this.#capacity = capacity;
    this.#floor = floor;
  }

  get size(): number {
    return this.#ring.length;
  }

  /** Bytes of memory that all entries take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The newest id up to which entries may be missing. */
  get floor(): string {
    return this.#floor;
  }

  /** The newest entry's id, or the floor of an empty ring. */
  get head(): string {
    return this.#ring.length === 0 ? this.#floor : this.#at(this.#ring.length - 1).id;
  }

  /** Inserts an entry in the order of ids. A full ring drops its oldest entry. */
  append(entry: Entry): Placement {
    if (entry.id > this.head) {
      this.#push(entry);
      return "newest";
    }
    const index = this.#indexAfter(entry.id);
    if (index > 0 && this.#at(index - 1).id === entry.id) return "known";
    // Not inserted: it is not after the floor, and readers continue from there.
    if (entry.id <= this.#floor) return "late";
    if (index === 0 && this.#ring.length === this.#capacity) {
      this.#floor = entry.id;
      return "late";
    }
    this.#insert(entry, index);
    return "late";
  }

  /** Drops the oldest entries until the others take at most `maxBytes`. */
  shrink(maxBytes: number): void {
    let dropped = 0;
    for (; this.#bytes > maxBytes && dropped < this.size; dropped++) {
      const { id, bytes } = this.#at(dropped);
      this.#bytes -= bytes;
      this.#floor = id;
    }
    if (dropped === 0) return;
    this.#ring = this.#slice(dropped, this.size);
    this.#start = 0;
  }

  /** Up to `limit` entries newer than `id`, the oldest of them first. */
  after(id: string, limit = Infinity): Entry[] {
    const from = this.#indexAfter(id);
    return this.#slice(from, Math.min(this.size, from + limit));
  }

  /** Up to `limit` entries older than `id`, the newest of those, oldest first. */
  before(id: string, limit = Infinity): Entry[] {
    let to = this.#indexAfter(id);
    if (to > 0 && this.#at(to - 1).id === id) to--;
    return this.#slice(Math.max(0, to - limit), to);
  }

  /** Up to `limit` of the newest entries, oldest first. */
  newest(limit: number): Entry[] {
    return this.#slice(Math.max(0, this.size - limit), this.size);
  }

  #at(index: number): Entry {
    const entry = this.#ring[(this.#start + index) % this.#ring.length];
    if (entry === undefined) throw new RangeError(`No entry at ${index} of ${this.size}`);
    return entry;
  }

  #push(entry: Entry): void {
    this.#bytes += entry.bytes;
    if (this.#ring.length < this.#capacity) {
      this.#ring.push(entry);
      return;
    }
    const { id, bytes } = this.#at(0);
    this.#floor = id;
    this.#bytes -= bytes;
    this.#ring[this.#start] = entry;
    this.#start = (this.#start + 1) % this.#capacity;
  }

  #insert(entry: Entry, index: number): void {
    const newer = this.#slice(index, this.size);
    const dropped = this.#ring.length === this.#capacity ? 1 : 0;
    this.#push(entry);
    // If a full ring has dropped its oldest entry, all others are one place lower.
    const first = index - dropped;
    [entry, ...newer].forEach((each, i) => {
      this.#ring[(this.#start + first + i) % this.#ring.length] = each;
    });
  }

  /** Index of the oldest entry newer than `id`; `size` when there is none. */
  #indexAfter(id: string): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at(middle).id > id) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #slice(from: number, to: number): Entry[] {
    const entries: Entry[] = [];
    for (let i = from; i < to; i++) entries.push(this.#at(i));
    return entries;
  }
}
