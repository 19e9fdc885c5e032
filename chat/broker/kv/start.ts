/**
 * Lives of a KV: reads where it stands, and begins another one where it is empty or has lost something.
 *
 * @module
 */

import { timeOf } from "../../protocol/ulid.ts";
import { epochOf, Epochs, Positions } from "../positions.ts";
import type { KvCalls } from "./calls.ts";
import { BELL, CUT, EPOCHS, HEAD } from "./keys.ts";
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
 * Reads the head and the epochs of a KV. One without a head gets one; so does one that has lost something
 * that no instance has noticed yet: all are told of it by a head that no commit led to.
 *
 * @param lost a position that was told, and is lost; those of this instance are to be above it
 */
export async function beginLife(calls: KvCalls, now: number, lost?: string): Promise<Life> {
  for (;;) {
    const [headEntry, bell, cut] = await calls.many([HEAD, BELL, CUT]);
    const lasts = await calls.all(EPOCHS);
    const epochs = new Epochs(lasts.map(({ key, value }) => [String(key.at(-1)), String(value)]));
    const head = headEntry && readHead(headEntry);
    if (head !== undefined) epochs.see(head.position);
    const above = lost === undefined ? now : Math.max(now, timeOf(lost) + 1);
    const positions = new Positions(epochs, above);
    const isNoticed = lost === undefined || String(cut?.value ?? "") >= lost;
    if (head !== undefined && isNoticed) return { head, positions, bell: bell?.value };
    const { bytes = 0, documentBytes = 0 } = head ?? {};
    const first: Head = { position: positions.start, bytes, documentBytes };
    const versionstamp = await calls.commit((atomic) => {
      atomic.check({ key: HEAD, versionstamp: head?.versionstamp ?? null }).set(HEAD, first);
      if (head !== undefined) atomic.set([...EPOCHS, epochOf(head.position)], head.position);
      if (!isNoticed) atomic.set(CUT, first.position);
    });
    if (versionstamp !== undefined) {
      return { head: { ...first, versionstamp }, positions, bell: bell?.value };
    }
  }
}

/** Returns true if a KV knows a position that an instance was told and that is not its head any more. */
export async function knows(calls: KvCalls, told: string): Promise<boolean> {
  const [head, last] = await calls.many([HEAD, [...EPOCHS, epochOf(told)]]);
  const { position = "" } = head && readHead(head) || {};
  if (epochOf(position) === epochOf(told)) return told <= position;
  return typeof last?.value === "string" && told <= last.value;
}
