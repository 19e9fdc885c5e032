/**
 * The state of a virtual user, which outlives its connections.
 *
 * @module
 */

/** A user: what it must keep until it reconnects. */
export interface UserState {
  readonly name: string;
  /** The secret that lets the user come back. Without one, it never does. */
  readonly key?: string;
  /** The address that the user's connections come from. */
  readonly address: string;
  readonly rooms: Set<string>;
  /** The last position in each room. */
  readonly positions: Map<string, RoomPosition>;
  /** The messages that were sent, by ref, until each was both acknowledged and received. */
  readonly outbox: Map<string, PendingMessage>;
}

/** A position in a room. */
export interface RoomPosition {
  readonly id: string;
  /** Whether this is the position of a message, so that other users know what follows it. */
  readonly isMessage: boolean;
}

/** A message that was sent, with the ids of its acknowledgement and of its delivery so far. */
export interface PendingMessage {
  readonly room: string;
  readonly text: string;
  ackedAs?: string;
  seenAs?: string;
}
