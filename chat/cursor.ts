/**
 * A cursor: how far a connection has read a room.
 *
 * @module
 */

/** Whoever a room delivers to. */
export interface Recipient {
  /** Whether it takes something now. If not, its cursor must wait. */
  canTake(): boolean;
  /**
   * Takes a frame, which all recipients share, unless too many bytes wait already.
   *
   * @returns whether it was taken; if not, the recipient's cursor must wait
   */
  deliver(frame: string): boolean;
}

/** A connection's place in a room. The room moves it. */
export interface Cursor {
  readonly recipient: Recipient;
  /** The user whose connection it is. */
  readonly userId: string;
  /** The id of the last entry that was delivered, or the position that reading starts after. */
  position: string;
  /** How many of the room's late entries were delivered. */
  late: number;
  /** How many of the room's presence changes were told. */
  presence: number;
}
