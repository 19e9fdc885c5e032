/**
 * Revisions of messages: each reads a message and puts its new state, unless another one was faster.
 *
 * @module
 */

import {
  type Broker,
  MAX_OPS,
  type Message,
  type NoteOp,
  type Outcome,
  type PutOp,
  type Request,
  Unavailable,
} from "../broker/broker.ts";
import { type Body, decodeBody, encodeBody } from "../protocol/body.ts";
import type { ErrorEvent } from "../protocol/types.ts";
import type { Timers } from "../runtime/timers.ts";

/** A request to revise a message. */
export interface Revision {
  readonly request: Request;
  /** The new body of the message, `undefined` if it stays, or why the request is refused. */
  revise(body: Body): Body | ErrorEvent | undefined;
}

/** The result of a revision: as of an op of a broker, or a refusal. */
export type Revised = Exclude<Outcome, { as: "conflict" }> | ErrorEvent;

/** A revision that has no result yet. */
interface Waiting extends Revision {
  resolve(revised: Revised): void;
  reject(cause: unknown): void;
}

/** Times that others may be faster, one after the other. */
const MAX_TRIES = 20;

/**
 * Carries out revisions. Those of one message come one after the other, and those that come meanwhile
 * are carried out together: many at once are one change.
 */
export class Revisions {
  readonly #broker: Broker;
  readonly #timers: Pick<Timers, "soon">;
  /** The revisions that wait, by room and id of their message. */
  readonly #queues = new Map<string, Waiting[]>();

  constructor(broker: Broker, timers: Pick<Timers, "soon">) {
    this.#broker = broker;
    this.#timers = timers;
  }

  /** @throws {Unavailable} as the broker does, or if others were faster again and again */
  carryOut(room: string, id: string, revision: Revision): Promise<Revised> {
    const { promise, resolve, reject } = Promise.withResolvers<Revised>();
    const key = `${room} ${id}`;
    const queue = this.#queues.get(key) ?? [];
    queue.push({ ...revision, resolve, reject });
    if (!this.#queues.has(key)) {
      this.#queues.set(key, queue);
      this.#empty(room, id, queue, () => this.#queues.delete(key));
    }
    return promise;
  }

  /** @param forget called with the queue empty: after an await, another one could have come */
  async #empty(room: string, id: string, queue: Waiting[], forget: () => void): Promise<void> {
    // Those that come in this turn are one change.
    await new Promise<void>((resolve) => this.#timers.soon(resolve));
    while (queue.length > 0) {
      const together = queue.splice(0, MAX_OPS);
      try {
        const left = await this.#carryOutTogether(room, id, together);
        for (const each of left) await this.#carryOutOne(room, id, each);
      } catch (cause) {
        // Those that were resolved stay so.
        for (const { reject } of together) reject(cause);
      }
    }
    forget();
  }

  /** Carries out revisions as one, if there are several. Returns those of which something is to be said. */
  async #carryOutTogether(
    room: string,
    id: string,
    together: readonly Waiting[],
  ): Promise<readonly Waiting[]> {
    if (together.length < 2) return together;
    const message = await this.#broker.get(room, id);
    if (message === undefined) return together;
    const accepted: Waiting[] = [];
    const left: Waiting[] = [];
    const refs = new Set<string>();
    let body = decodeBody(message.body);
    let isChanged = false;
    for (const each of together) {
      const { request: { user, ref } } = each;
      const key = `${user} ${ref}`;
      const revised = refs.has(key) ? undefined : each.revise(body);
      if (refs.has(key) || (revised !== undefined && "code" in revised)) {
        left.push(each);
        continue;
      }
      refs.add(key);
      accepted.push(each);
      if (revised === undefined) continue;
      body = revised;
      isChanged = true;
    }
    const [first, ...others] = accepted;
    if (first === undefined || others.length === 0) return together;
    const also = others.map(({ request }) => request);
    const op = { ...opOf(room, message, first, isChanged ? body : undefined), also };
    const [outcome] = await this.#broker.publish([op]);
    if (outcome?.as !== "kept") return together;
    for (const { resolve } of accepted) resolve(outcome);
    return left;
  }

  async #carryOutOne(room: string, id: string, waiting: Waiting): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const message = await this.#broker.get(room, id);
      if (message === undefined) return waiting.resolve({ as: "missing" });
      const revised = waiting.revise(decodeBody(message.body));
      if (revised !== undefined && "code" in revised) return waiting.resolve(revised);
      const [outcome] = await this.#broker.publish([opOf(room, message, waiting, revised)]);
      if (outcome !== undefined && outcome.as !== "conflict") return waiting.resolve(outcome);
    }
    throw new Unavailable("Others were faster", "no");
  }
}

function opOf(
  room: string,
  { id, position: was }: Message,
  { request }: Revision,
  body: Body | undefined,
): PutOp | NoteOp {
  const op = { ...request, room, id, was };
  return body === undefined ? { ...op, op: "note" } : { ...op, op: "put", body: encodeBody(body) };
}
