/**
 * Start of an instance: reads where a KV stands, and makes an empty one ready.
 *
 * @module
 */

import { timeOf } from "../../protocol/ulid.ts";
import { Epochs, Positions } from "../positions.ts";
import type { KvCalls } from "./calls.ts";
import { BELL, EPOCHS, HEAD } from "./keys.ts";
import { type Head, readHead, type StoredHead } from "./records.ts";

/** Epochs that are remembered: one for each life of an instance that has written. */
export const MAX_EPOCHS = 1_000;

/** The state with which an instance begins. */
export interface Life {
  readonly head: StoredHead;
  readonly positions: Positions;
  /** The value of the bell of signals. */
  readonly bell: unknown;
}

/**
 * Reads the head and the epochs of a KV. One without a head gets one.
 *
 * @param floor a position above which this instance's are to be
 */
export async function beginLife(calls: KvCalls, now: number, floor?: string): Promise<Life> {
  for (;;) {
    const [entry, bell] = await calls.many([HEAD, BELL]);
    const lasts = await calls.all(EPOCHS);
    const epochs = new Epochs(lasts.map(({ key, value }) => [String(key.at(-1)), String(value)]));
    const head = entry && readHead(entry);
    if (head !== undefined) epochs.see(head.position);
    const above = floor === undefined ? now : Math.max(now, timeOf(floor) + 1);
    const positions = new Positions(epochs, above);
    if (head !== undefined) return { head, positions, bell: bell?.value };
    const first: Head = { position: positions.start, bytes: 0, documentBytes: 0 };
    const versionstamp = await calls.commit((atomic) =>
      atomic.check({ key: HEAD, versionstamp: null }).set(HEAD, first)
    );
    if (versionstamp !== undefined) {
      return { head: { ...first, versionstamp }, positions, bell: bell?.value };
    }
  }
}
