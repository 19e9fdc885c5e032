/**
 * Departure of clients that are sent away: when they come back, and the answers to their last frames.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Context } from "./commands/context.ts";
import { refuseGoingAway } from "./commands/dispatch.ts";
import type { AnswerLate, Connection } from "./connection.ts";
import type { Backpressure } from "./limits/backpressure.ts";
import { encodeFrame } from "./protocol/encode.ts";

/**
 * When clients that are sent away come back, in milliseconds: 500 in a second, so that a few soon find
 * a server that was upgraded, and more than two thousand spread over the whole time.
 */
const RETRY_MS = { min: 500, max: 5000, each: 2 };

/** The most frames of a client that are answered after its `bye`. */
const MAX_LATE_ANSWERS = 1000;

/**
 * The `retryMs` of one of so many clients that are sent away.
 *
 * @param random from 0 up to 1
 */
export function retryMs(clients: number, random: number): number {
  const { min, max, each } = RETRY_MS;
  return Math.round(min + random * Math.min(max - min, each * clients));
}

/** Refuses the commands that wait. */
export function refuseQueue(context: Context, connection: Connection): void {
  for (const frame of connection.takeQueue()) {
    const event = refuseGoingAway(context, connection.session, frame);
    if (event !== undefined) connection.reply(event);
  }
}

/** Makes the function that refuses the commands that a client had sent before it read its `bye`. */
export function refuserOf(
  context: Context,
  connection: Connection,
  backpressure: Backpressure<Connection>,
): AnswerLate {
  let left = MAX_LATE_ANSWERS;
  return (frame) => {
    if (typeof frame !== "string" || --left < 0) return undefined;
    if (Buffer.byteLength(frame) > context.config.frameBytes) return undefined;
    if (backpressure.isOverMark(connection)) return undefined;
    const event = refuseGoingAway(context, connection.session, frame);
    return event === undefined ? undefined : encodeFrame([event]);
  };
}
