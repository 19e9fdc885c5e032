/**
 * The oracle's shared state: what all clients of a run have sent, and got acknowledged.
 *
 * @module
 */

import type { ServerEvent } from "../../chat/protocol/types.ts";
import type { Verdict } from "./oracle_commands.ts";

/** An acknowledged message. */
interface AcknowledgedMessage {
  readonly room: string;
  readonly id: string;
  readonly time: number;
  readonly text: string;
}

/** The messages of all clients of a run. */
export class SharedOracle {
  /** Whether the server has a store, and so a search. */
  readonly hasSearch: boolean;
  /** The number of commands that the server has handled correctly. */
  legal = 0;
  /** The number of other frames that the server has refused correctly. */
  illegal = 0;
  /** The number of answers of each type. */
  readonly answers = new Map<string, number>();
  /** The acknowledged messages, by id. */
  readonly acknowledged = new Map<string, AcknowledgedMessage>();
  /** The rooms that may contain a message. */
  readonly rooms = new Set<string>();
  readonly #texts = new Map<string, number>();
  readonly #refs = new Map<string, number>();
  readonly #receipts = new Map<string, { readonly id: string; readonly ackCount: number }>();

  constructor({ hasSearch = false } = {}) {
    this.hasSearch = hasSearch;
  }

  /** The number of messages acknowledged so far. */
  get ackCount(): number {
    return this.#receipts.size;
  }

  /** Counts a correct answer. */
  countAnswer(verdict: Verdict, event: ServerEvent): void {
    this[verdict.legal ? "legal" : "illegal"]++;
    const answer = event.type === "error" ? `error ${event.code}` : event.type;
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
  }

  /** Records that a client sends a message. */
  recordSend(ref: string, text: string): void {
    this.#texts.set(text, this.timesSent(text) + 1);
    this.#refs.set(ref, (this.#refs.get(ref) ?? 0) + 1);
  }

  /** The number of times that a text was sent, with any outcome. */
  timesSent(text: string): number {
    return this.#texts.get(text) ?? 0;
  }

  /** Whether clients have sent more than one message with this `ref`. */
  isUsedAgain(ref: string): boolean {
    return (this.#refs.get(ref) ?? 0) > 1;
  }

  /** The id of a user's message with this `ref`, and the {@linkcode ackCount} at its ack. */
  receipt(
    userId: string,
    ref: string,
  ): { readonly id: string; readonly ackCount: number } | undefined {
    return this.#receipts.get(`${userId} ${ref}`);
  }

  /** Records an acknowledged message. */
  recordAck(userId: string, ref: string, message: AcknowledgedMessage): void {
    this.acknowledged.set(message.id, message);
    this.rooms.add(message.room);
    this.#receipts.set(`${userId} ${ref}`, { id: message.id, ackCount: this.ackCount });
  }
}
