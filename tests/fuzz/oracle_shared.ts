/**
 * What is known of all clients together.
 *
 * @module
 */

import type { ServerEvent } from "../../chat/protocol/types.ts";
import type { Verdict } from "./oracle_commands.ts";

/** A message that was acknowledged. */
interface Said {
  readonly room: string;
  readonly id: string;
  readonly time: number;
  readonly text: string;
}

/** What all clients together have said: what one may hear of others. */
export class Minutes {
  /** How many commands the server has carried out, or refused as they deserved. */
  legal = 0;
  /** How many frames were no commands, and were answered so. */
  illegal = 0;
  /** How often each kind of answer was given. */
  readonly answers = new Map<string, number>();
  /** What was acknowledged, by id. */
  readonly said = new Map<string, Said>();
  /** The rooms in which there may be a message. */
  readonly rooms = new Set<string>();
  readonly #texts = new Map<string, number>();
  readonly #refs = new Map<string, number>();
  readonly #receipts = new Map<string, { readonly id: string; readonly at: number }>();

  /** How many messages were acknowledged until now. */
  get clock(): number {
    return this.#receipts.size;
  }

  /** Notes an answer that is as it should be. */
  count(verdict: Verdict, event: ServerEvent): void {
    this[verdict.legal ? "legal" : "illegal"]++;
    const answer = event.type === "error" ? `error ${event.code}` : event.type;
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
  }

  /** Notes that a message is on its way. */
  offer(ref: string, text: string): void {
    this.#texts.set(text, this.timesOffered(text) + 1);
    this.#refs.set(ref, (this.#refs.get(ref) ?? 0) + 1);
  }

  /** How often a text was sent, whatever became of it. */
  timesOffered(text: string): number {
    return this.#texts.get(text) ?? 0;
  }

  /** Whether more than one message was sent with this `ref`, by whomever. */
  isUsedAgain(ref: string): boolean {
    return (this.#refs.get(ref) ?? 0) > 1;
  }

  /** The id of what a user has sent with this `ref`, and when that was known. */
  receipt(userId: string, ref: string): { readonly id: string; readonly at: number } | undefined {
    return this.#receipts.get(`${userId} ${ref}`);
  }

  acknowledge(userId: string, ref: string, said: Said): void {
    this.said.set(said.id, said);
    this.rooms.add(said.room);
    this.#receipts.set(`${userId} ${ref}`, { id: said.id, at: this.clock });
  }
}
