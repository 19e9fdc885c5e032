/**
 * Ring of log entries: bounded, in the order of their positions, one for each message.
 *
 * @module
 */

/** A message in its current state, as far as a ring looks at it. */
export interface RingEntry {
  readonly id: string;
  /** The position of the last change of the message; its id if it was never changed. */
  readonly position: string;
  /** Bytes of memory that the entry takes. */
  readonly bytes: number;
}

/**
 * At most `capacity` entries. Ids and positions are strings that sort by time, such as ULIDs.
 *
 * The ring has every entry after its `floor`: the position of the newest entry that it has dropped, or,
 * before it dropped any, the position that it was given at the start.
 */
export class Ring<Entry extends RingEntry> {
  readonly #capacity: number;
  /** Circular once it is full; grows up to the capacity until then. */
  #ring: Entry[] = [];
  /** Index of the oldest entry in the ring. */
  #start = 0;
  /** The positions of the messages that were changed, by id. */
  readonly #changed = new Map<string, string>();
  /** The newest position up to which entries may be missing. */
  floor: string;
  /** The position of the newest entry that was ever here. */
  head: string;
  /** Bytes of memory that all entries take. */
  bytes = 0;

  /** @param capacity the most entries kept: at least 1 */
  constructor(capacity: number, floor: string, head = floor) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`Cannot keep ${capacity} entries: capacity must be 1 or more`);
    }
    this.#capacity = capacity;
    this.floor = floor;
    this.head = head;
  }

  get size(): number {
    return this.#ring.length;
  }

  /** Whether the order of ids may differ from that of positions. */
  get hasChanges(): boolean {
    return this.#changed.size > 0;
  }

  /**
   * Adds an entry at the end, in the place of an older one of the same message. A full ring drops its
   * oldest entry. Returns whether the entry was newer than all others; if not, it is not added.
   */
  append(entry: Entry): boolean {
    const { id, position } = entry;
    if (position <= this.head) return false;
    this.head = position;
    const index = position === id ? -1 : this.#indexOf(id);
    if (position !== id) this.#changed.set(id, position);
    if (index === -1) this.#push(entry);
    else this.#replace(index, entry);
    return true;
  }

  /**
   * Adds older entries before the oldest, the newest of them as far as there is place. Those that are
   * newer than the ring's floor, and those whose message was changed since, are here already.
   *
   * @param floor the newest position up to which older ones may be missing
   */
  prepend(entries: readonly Entry[], floor: string): void {
    const older = entries.filter(({ id, position }) =>
      position <= this.floor && !this.#changed.has(id)
    );
    const dropped = Math.max(0, older.length - (this.#capacity - this.size));
    const added = older.slice(dropped);
    if (floor >= this.floor || (added.length === 0 && dropped > 0)) return;
    this.#ring = [...added, ...this.#slice(0, this.size)];
    this.#start = 0;
    this.floor = older[dropped - 1]?.position ?? floor;
    for (const { id, position, bytes } of added) {
      this.bytes += bytes;
      if (position !== id) this.#changed.set(id, position);
    }
  }

  /** Drops the oldest entries until the others take at most `maxBytes`. */
  shrink(maxBytes: number): void {
    this.#dropWhile(() => this.bytes > maxBytes);
  }

  /** Drops the entries up to a position, after which nothing is missing. */
  trim(floor: string): void {
    this.#dropWhile(({ position }) => position <= floor);
    if (floor > this.floor) this.floor = floor;
    if (floor > this.head) this.head = floor;
  }

  /** Up to `limit` entries after a position, the oldest of them first. */
  after(position: string, limit = Infinity): Entry[] {
    const from = this.#indexAfter(position);
    return this.#slice(from, Math.min(this.size, from + limit));
  }

  /** Up to `limit` of the newest entries, oldest first. */
  newest(limit: number): Entry[] {
    return this.#slice(Math.max(0, this.size - limit), this.size);
  }

  #at(index: number): Entry {
    const entry = this.#ring[this.#slotOf(index)];
    if (entry === undefined) throw new RangeError(`No entry at ${index} of ${this.size}`);
    return entry;
  }

  #slotOf(index: number): number {
    return (this.#start + index) % this.#ring.length;
  }

  #push(entry: Entry): void {
    this.bytes += entry.bytes;
    if (this.#ring.length < this.#capacity) {
      this.#ring.push(entry);
      return;
    }
    this.#forget(this.#at(0));
    this.#ring[this.#start] = entry;
    this.#start = (this.#start + 1) % this.#capacity;
  }

  /** Removes the entry at an index, and adds another one at the end. */
  #replace(index: number, entry: Entry): void {
    this.bytes += entry.bytes - this.#at(index).bytes;
    for (let i = index; i < this.size - 1; i++) this.#ring[this.#slotOf(i)] = this.#at(i + 1);
    this.#ring[this.#slotOf(this.size - 1)] = entry;
  }

  #dropWhile(isTooMuch: (oldest: Entry) => boolean): void {
    let dropped = 0;
    for (; dropped < this.size; dropped++) {
      const oldest = this.#at(dropped);
      if (!isTooMuch(oldest)) break;
      this.#forget(oldest);
    }
    if (dropped === 0) return;
    this.#ring = this.#slice(dropped, this.size);
    this.#start = 0;
  }

  /** Notes that the oldest entry is dropped. */
  #forget({ id, position, bytes }: Entry): void {
    this.bytes -= bytes;
    this.floor = position;
    if (position !== id) this.#changed.delete(id);
  }

  /** Index of the entry of a message; -1 if there is none. */
  #indexOf(id: string): number {
    const index = this.#indexAfter(this.#changed.get(id) ?? id) - 1;
    return index >= 0 && this.#at(index).id === id ? index : -1;
  }

  /** Index of the oldest entry after a position; `size` if there is none. */
  #indexAfter(position: string): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at(middle).position > position) high = middle;
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
