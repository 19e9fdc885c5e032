/**
 * The verifier of a soak: it checks the order of messages across all users, and counts faults.
 *
 * @module
 */

/** A fault of the server, as a client sees it. */
export type Fault =
  /** A message that came twice, or after a later one. */
  | "disordered"
  /** A message that others in the room got between two that this client got in a row. */
  | "skipped"
  /** Two messages with one `ref`. */
  | "doubled"
  /** A message that was acknowledged, and never came back to its sender. */
  | "unseen"
  /** A short absence whose messages the server could not give completely. */
  | "incomplete"
  /** A command without an answer. */
  | "unanswered"
  /** An answer of the wrong type, or without a command. */
  | "misanswered"
  /** An error that the client did not provoke. */
  | "refused"
  /** A closed connection that the client did not provoke. */
  | "closed";

/** The pairs of messages that are remembered: several histories for each of 20 rooms. */
const MAX_PAIRS = 100_000;

/** The descriptions of faults that are kept. All faults are counted. */
const MAX_EXAMPLES = 10;

/** Checks the messages of all users. */
export class Verifier {
  readonly faults: Partial<Record<Fault, number>> = {};
  readonly examples: string[] = [];
  /** The message after each message, as its first reader got it. Ids are unique across rooms. */
  readonly #next = new Map<string, string>();

  /** The number of all faults. */
  get faultCount(): number {
    return Object.values(this.faults).reduce((sum, count) => sum + count, 0);
  }

  /** Counts a fault. */
  report(fault: Fault, description: string): void {
    this.faults[fault] = (this.faults[fault] ?? 0) + 1;
    if (this.examples.length < MAX_EXAMPLES) this.examples.push(`${fault}: ${description}`);
  }

  /** Checks that a user who got `id` right after `before` got the same as everyone in that room. */
  follow(before: string, id: string): void {
    const next = this.#next.get(before);
    if (id <= before) return this.report("disordered", `${id} came after ${before}`);
    if (next === undefined) {
      this.#next.set(before, id);
      const [oldest] = this.#next.keys();
      if (this.#next.size > MAX_PAIRS && oldest !== undefined) this.#next.delete(oldest);
    } else if (next !== id) {
      this.report("skipped", `${id} came after ${before}, where others got ${next}`);
    }
  }

  /** Checks the order of messages that came in a row. */
  followAll(messages: readonly { readonly id: string }[]): void {
    for (const [i, { id }] of messages.entries()) {
      const before = messages[i - 1];
      if (before !== undefined) this.follow(before.id, id);
    }
  }
}
