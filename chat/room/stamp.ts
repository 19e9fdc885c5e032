/**
 * Lamport times: one order for the names that users are given at several instances, whatever their
 * clocks say.
 *
 * @module
 */

/** The place of a name in the order of all. */
export interface Stamp {
  readonly time: number;
  /** The id of the instance at which it was given. */
  readonly by: string;
}

/** Returns true if a name was given later than another one. */
export function isLater(stamp: Stamp, other: Stamp | undefined): boolean {
  if (other === undefined) return true;
  return stamp.time === other.time ? stamp.by > other.by : stamp.time > other.time;
}
