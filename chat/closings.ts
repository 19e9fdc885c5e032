/**
 * Closings of connections by the server: close codes with their reasons.
 *
 * @module
 */

import { CloseCode } from "./protocol/types.ts";

/** A close code, and the reason that the client is given. */
export interface Closing {
  readonly code: CloseCode;
  readonly reason: string;
}

/** Closes after which an address may be blocked. */
export const VIOLATIONS: readonly number[] = [CloseCode.BAD_COMMANDS, CloseCode.FLOODING];

/** The connection can't be sent to. */
export const BROKEN: Closing = { code: CloseCode.INTERNAL_ERROR, reason: "Cannot be sent to" };

/** The client takes nothing, or misses what is kept no more. */
export const SLOW: Closing = { code: CloseCode.SLOW_CONSUMER, reason: "Read too slowly" };

/** No `hello` came in time. */
export const SILENT: Closing = { code: CloseCode.HELLO_TIMEOUT, reason: 'No "hello" in time' };

/** The client has sent nonsense too often. */
export const BAD: Closing = { code: CloseCode.BAD_COMMANDS, reason: "Too many bad commands" };

/** The user is banned from the server. */
export const BANNED: Closing = { code: CloseCode.BANNED, reason: "Banned" };

/** The token of the user has expired. */
export const EXPIRED: Closing = {
  code: CloseCode.TOKEN_EXPIRED,
  reason: "The token has expired: come back with a new one",
};

/** The server is going away. */
export const GOING_AWAY: Closing = {
  code: CloseCode.GOING_AWAY,
  reason: "The server is going away",
};
