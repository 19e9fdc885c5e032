/**
 * Fills a broker with messages, over a time of the past.
 *
 * @module
 */

import type { SendOp } from "../../chat/broker/broker.ts";
import type { SqliteBroker } from "../../chat/broker/sqlite.ts";
import { encodeBody } from "../../chat/protocol/body.ts";
import { SeededRandom } from "../../tests/support/seeded_random.ts";
import { textOf } from "./texts.ts";

/** A clock that is set by hand, in milliseconds since 1970. */
export interface Clock {
  now: number;
}

/** What is said, where and when. */
export interface Conversation {
  readonly messages: number;
  /** The room of a message. */
  readonly roomOf: (index: number, random: SeededRandom) => string;
  /** The share of messages that are changed once, shortly after they were said. */
  readonly changed: number;
  /** Is moved on by the days. The broker must have been opened at its time. */
  readonly clock: Clock;
  readonly days: number;
}

export const DAY_MS = 86_400_000;
const USERS = 500;

/** Messages of one call: as many as one transaction takes. */
const BATCH = 100;

/**
 * Says everything. After each call, the broker does all the work that has come of it: with the times
 * that lie between the calls, it would.
 *
 * @param said is called with the room and the id of each message
 */
export async function fill(
  broker: SqliteBroker,
  { messages, roomOf, changed, clock, days }: Conversation,
  said: (room: string, id: string) => void = () => {},
): Promise<void> {
  const random = new SeededRandom(1);
  const start = clock.now;
  let refs = 0;
  const opOf = (room: string): Omit<SendOp, "op"> => {
    const user = { id: `user${random.below(USERS)}`.padEnd(16, "x"), name: "Ada Lovelace" };
    const body = encodeBody({ user, text: textOf(random) });
    return { room, user: user.id, ref: `ref-${refs++}`, body };
  };
  for (let done = 0; done < messages; done += BATCH) {
    clock.now = start + days * DAY_MS * done / messages;
    const size = Math.min(BATCH, messages - done);
    const ops = Array.from({ length: size }, (_, i) => {
      return { op: "send" as const, ...opOf(roomOf(done + i, random)) };
    });
    const changes = [];
    for (const outcome of await broker.publish(ops)) {
      if (outcome.as !== "kept") throw new Error(`Not kept: ${JSON.stringify(outcome)}`);
      const { room, id, position: was } = outcome;
      said(room, id);
      if (random.chance(changed)) changes.push({ op: "put" as const, id, was, ...opOf(room) });
    }
    if (changes.length > 0) await broker.publish(changes);
    while (broker.upkeep());
  }
  clock.now = start + days * DAY_MS;
}
