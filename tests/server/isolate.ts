/**
 * Whole servers in Workers.
 *
 * @module
 */

import { within } from "../support/deadline.ts";
import type { Order } from "./isolate_worker.ts";

/** Deno checks the types of a Worker's modules first. */
const START_MS = 120_000;

/** A server in a Worker. */
export class Isolate implements Disposable {
  readonly #worker = new Worker(new URL("isolate_worker.ts", import.meta.url), { type: "module" });

  /** Returns the port of the server. */
  start(channel: string, environment: Readonly<Record<string, string>>): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#worker.onmessage = ({ data }) => resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    this.#worker.postMessage({ channel, environment } satisfies Order);
    return within(promise, "a server in a Worker", START_MS);
  }

  block(busyMs: number): void {
    this.#worker.postMessage({ busyMs } satisfies Order);
  }

  /** Ends it at once: nothing of it says so. */
  terminate(): void {
    this.#worker.terminate();
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}
