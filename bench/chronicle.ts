/**
 * What a soak holds against the server: what followed what in the rooms, and all that was wrong.
 *
 * @module
 */

/** What can be wrong with what a client gets. */
export type Fault =
  /** A message that came again, or after a later one. */
  | "disordered"
  /** A message that others in the room got in between. */
  | "skipped"
  /** Two messages of one `ref`. */
  | "doubled"
  /** A message that was acknowledged, and never came to its sender. */
  | "unseen"
  /** A return after a short while that the server can't vouch for. */
  | "incomplete"
  | "unanswered"
  /** An answer of the wrong kind, or to nothing. */
  | "misanswered"
  /** An error that the client did not provoke. */
  | "refused"
  /** An end that the client did not provoke. */
  | "closed";

/** Pairs of messages that are remembered: several logs' worth for each of 20 rooms. */
const MAX_PAIRS = 100_000;

/** Descriptions of faults that are kept; all are counted. */
const MAX_EXAMPLES = 10;

/** What all visitors together know. */
export class Chronicle {
  readonly faults: Partial<Record<Fault, number>> = {};
  readonly examples: string[] = [];
  /** The message that follows each, as whoever saw them first saw it. Ids differ between rooms. */
  readonly #next = new Map<string, string>();

  /** How many faults there were in all. */
  get faultCount(): number {
    return Object.values(this.faults).reduce((sum, count) => sum + count, 0);
  }

  /** Notes a fault. */
  blame(fault: Fault, description: string): void {
    this.faults[fault] = (this.faults[fault] ?? 0) + 1;
    if (this.examples.length < MAX_EXAMPLES) this.examples.push(`${fault}: ${description}`);
  }

  /** Somebody got `id` right after `before`: so must everyone in that room. */
  follow(before: string, id: string): void {
    const next = this.#next.get(before);
    if (id <= before) return this.blame("disordered", `${id} came after ${before}`);
    if (next === undefined) {
      this.#next.set(before, id);
      const [oldest] = this.#next.keys();
      if (this.#next.size > MAX_PAIRS && oldest !== undefined) this.#next.delete(oldest);
    } else if (next !== id) {
      this.blame("skipped", `${id} came after ${before}, where others got ${next}`);
    }
  }
}
