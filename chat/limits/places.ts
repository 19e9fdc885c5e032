/**
 * Places on the server, for connections and requests of whatever address.
 *
 * @module
 */

import { PLACE_RETRY_MS } from "./addresses.ts";

/** The reason for which there is no place, and when to try again. */
export interface PlaceRefusal {
  readonly reason: "draining" | "memory" | "full";
  readonly retryMs: number;
}

/** Refuses a place where the server has none. */
export function refusePlace({ isDraining, isShortOfMemory, taken, max }: {
  readonly isDraining: boolean;
  readonly isShortOfMemory: () => boolean;
  readonly taken: number;
  readonly max: number;
}): PlaceRefusal | undefined {
  const retryMs = PLACE_RETRY_MS;
  if (isDraining) return { reason: "draining", retryMs };
  if (isShortOfMemory()) return { reason: "memory", retryMs };
  return taken >= max ? { reason: "full", retryMs } : undefined;
}
