/**
 * A cursor: how far a connection has read a room.
 *
 * @module
 */

import type { LogPosition } from "./log.ts";

/** Whoever a room delivers to. */
export interface Recipient {
  /** Whether it takes something now. If not, its cursor must wait. */
  canTake(): boolean;
  /**
   * Takes a frame, which all recipients share. To be called only when it can take one.
   *
   * @returns whether it was sent; if not, the recipient is gone
   */
  deliver(frame: string): boolean;
}

/** A connection's place in a room. The room moves it. */
export interface Cursor {
  readonly recipient: Recipient;
  /** The user whose connection it is. */
  readonly userId: string;
  /** What was delivered of the room's log. */
  place: LogPosition;
  /** How many of the room's presence changes were told. */
  presence: number;
}
