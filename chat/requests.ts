/**
 * The requests of the HTTP API that are in progress on one instance.
 *
 * @module
 */

import type { Config } from "./config/config.ts";
import type { Address, Addresses } from "./limits/addresses.ts";
import { refusePlace } from "./limits/places.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Timers } from "./runtime/timers.ts";

/** Parts of {@linkcode Requests}. */
export interface RequestsOptions {
  readonly config: Pick<Config, "maxConnections">;
  readonly addresses: Addresses;
  readonly timers: Pick<Timers, "now">;
  readonly isShortOfMemory: () => boolean;
}

/** The place of a request. */
export interface Place {
  readonly address: Address;
  /**
   * Keeps the place for longer than the response takes to begin, as of a stream. Returns a function that
   * gives it back, which may be called again.
   *
   * @param drained called when the server is going away
   */
  hold(drained?: () => void): () => void;
}

/** The requests that are in progress. */
export class Requests {
  readonly #options: RequestsOptions;
  /** A function for each holder of a place, called when the server is going away. */
  readonly #holders = new Set<() => void>();
  #size = 0;
  #isDraining = false;
  #onEmpty: (() => void) | undefined;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /**
   * Begins a request from an address, or says why it is refused. The place must be held, and given back.
   *
   * @param isProxied true if the request has passed a proxy that is not trusted
   */
  begin(
    name: string,
    isProxied: boolean,
  ): Place | { readonly reason: keyof Metrics["refusals"]; readonly retryMs: number } {
    const { config, addresses, timers, isShortOfMemory } = this.#options;
    const { maxConnections: max } = config;
    const isDraining = this.#isDraining;
    const refused = refusePlace({ isDraining, isShortOfMemory, taken: this.#size, max }) ??
      addresses.refuseRequest(name, timers.now);
    if (refused !== undefined) return refused;
    this.#size++;
    const address = addresses.begin(name, timers.now);
    address.isProxied ||= isProxied;
    let holders = 0;
    return {
      address,
      hold: (drained = () => {}) => {
        holders++;
        const holder = () => drained();
        this.#holders.add(holder);
        return () => {
          if (this.#holders.delete(holder) && --holders === 0) this.#end(address);
        };
      },
    };
  }

  #end(address: Address): void {
    this.#size--;
    this.#options.addresses.end(address);
    if (this.#size === 0) this.#onEmpty?.();
  }

  /** Refuses further requests, and ends streams. Resolves when no request is in progress. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    for (const drained of [...this.#holders]) drained();
    if (this.#size > 0) await new Promise<void>((resolve) => this.#onEmpty = resolve);
  }
}
