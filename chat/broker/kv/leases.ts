/**
 * Leases: by them an instance shows that it lives, as long as it has claims of names.
 *
 * @module
 */

import { eventLoop } from "../../runtime/timers.ts";
import type { KvCalls } from "./calls.ts";
import { LEASES } from "./keys.ts";

/** The key of an instance's lease. */
export const leaseOf = (instance: string): Deno.KvKey => [...LEASES, instance];

/** A lease that was seen, and since when it has not been renewed by the clock of this instance. */
interface Seen {
  readonly versionstamp: string;
  readonly since: number;
}

/**
 * The leases of other instances as this one has seen them. Machines need not agree on the time: a
 * lease has ended if it is seen unchanged for long.
 */
export class LeaseWatch {
  readonly #claimMs: number;
  readonly #seen = new Map<string, Seen>();

  /** @param claimMs the time without a renewal after which a lease has ended */
  constructor(claimMs: number) {
    this.#claimMs = claimMs;
  }

  /** Notes the lease of an instance. Returns true if it has ended. */
  see(instance: string, versionstamp: string | null): boolean {
    if (versionstamp === null) {
      this.#seen.delete(instance);
      return true;
    }
    const seen = this.#seen.get(instance);
    if (seen?.versionstamp === versionstamp) return eventLoop.now - seen.since > this.#claimMs;
    this.#seen.set(instance, { versionstamp, since: eventLoop.now });
    return false;
  }

  /** Ends the leases of others that have not been renewed. */
  async sweep(calls: KvCalls, own: string): Promise<void> {
    const leases = await calls.all(LEASES);
    const there = new Set(leases.map(({ key }) => String(key.at(-1))));
    for (const instance of this.#seen.keys()) {
      if (!there.has(instance)) this.#seen.delete(instance);
    }
    for (const { key, versionstamp } of leases) {
      const instance = String(key.at(-1));
      if (instance === own) continue;
      if (this.see(instance, versionstamp)) await endLease(calls, key, versionstamp);
    }
  }
}

/** Ends a lease unless it was renewed. */
async function endLease(calls: KvCalls, key: Deno.KvKey, versionstamp: string): Promise<void> {
  await calls.commit((atomic) => atomic.check({ key, versionstamp }).delete(key));
}
