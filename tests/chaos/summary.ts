/**
 * The summary of a run through faults.
 *
 * @module
 */

import type { Outcome } from "./play.ts";

/** One line for people. */
export function summary(outcome: Outcome): string {
  const { faults, acked, duplicates, connections, complete, incomplete, gaps } = outcome;
  const count = outcome.violations.length;
  return [
    `${faults} faults`,
    `${acked} acks, ${duplicates} of them for a ref that was known`,
    `${connections} connections`,
    `${complete} resumed with all, ${incomplete} without`,
    `${gaps} gaps`,
    count === 0 ? "no violation" : `${count} violations`,
  ].join("; ");
}
