/**
 * Listener for HTTP requests that listens again when the runtime has stopped listening.
 *
 * @module
 */

import type { Logger } from "./logger.ts";
import { delay } from "./timers.ts";

/** What a {@linkcode Listener} is made of. */
export interface ListenerOptions {
  readonly hostname: string;
  readonly port: number;
  readonly logger: Logger;
  readonly handle: Deno.ServeHandler;
  /** Calls a function that listens, again while another process listens. By default, only once. */
  readonly whenFree?: <T>(listen: () => T) => Promise<T>;
}

/** Time before each attempt to listen again, in milliseconds. */
const AGAIN_MS = 1000;

/** Attempts to listen again after all connections were cut. */
const MAX_ATTEMPTS = 60;

/** A `Deno.serve` that listens for as long as the process lives. */
export class Listener {
  readonly #options: ListenerOptions;
  /** Ends every connection when it is aborted, also those of servers that no longer listen. */
  #connections = new AbortController();
  #server: Deno.HttpServer<Deno.NetAddr> | undefined;
  #isStopped = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /**
   * Serves until it is stopped, and calls back once with the address. Never resolves.
   *
   * @throws the error of `Deno.serve` if it can't listen, at first or for a minute after a cut
   */
  async serve(onListen: (address: Deno.NetAddr) => void): Promise<never> {
    const { logger, handle, whenFree = (listen) => Promise.resolve(listen()) } = this.#options;
    let server = await whenFree(() => this.#listen(this.#options.port, handle));
    const { port } = server.addr;
    onListen(server.addr);
    let failing = false;
    while (!this.#isStopped) {
      let maxAttempts = MAX_ATTEMPTS;
      try {
        await server.finished;
      } catch (error) {
        // The runtime stops listening when it can't accept a connection, such as without a free
        // file descriptor. Existing connections go on.
        if (!failing) logger("error", "cannot_accept", { error: String(error) });
        failing = true;
        maxAttempts = Infinity;
        await delay(AGAIN_MS);
      }
      if (this.#isStopped) break;
      server = await this.#listenAgain(port, maxAttempts, () => {
        failing = false;
        logger("info", "accepting_again", { port });
      });
    }
    return await new Promise(() => {});
  }

  /**
   * Lets others listen. Resolves when all requests are responded to. Deno 2.9 closes WebSockets, and
   * goes on writing what was sent to them.
   */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#server?.shutdown();
  }

  /** Cuts every connection. Nothing else makes the runtime free a frame that never ends. */
  cut(): void {
    const cut = this.#connections;
    this.#connections = new AbortController();
    cut.abort();
  }

  #listen(port: number, handle: Deno.ServeHandler): Deno.HttpServer<Deno.NetAddr> {
    const { hostname } = this.#options;
    const { signal } = this.#connections;
    this.#server = Deno.serve({ port, hostname, signal, onListen() {} }, handle);
    return this.#server;
  }

  /** Listens as soon as possible. Only a request proves that connections are accepted again. */
  async #listenAgain(
    port: number,
    maxAttempts: number,
    onFirstRequest: () => void,
  ): Promise<Deno.HttpServer<Deno.NetAddr>> {
    const { handle } = this.#options;
    let isFirst = true;
    const handleFirst: Deno.ServeHandler = (request, info) => {
      if (isFirst) onFirstRequest();
      isFirst = false;
      return handle(request, info);
    };
    for (let attempt = 1;; attempt++) {
      try {
        return this.#listen(port, handleFirst);
      } catch (error) {
        if (attempt >= maxAttempts) throw error;
      }
      await delay(AGAIN_MS);
    }
  }
}

/** The URL at which a browser on this machine reaches a server that listens on an address. */
export function urlOf({ hostname, port }: Pick<Deno.NetAddr, "hostname" | "port">): string {
  // The wildcard address is where to listen, not where to go.
  const host = hostname === "0.0.0.0" || hostname === "::" ? "localhost" : hostname;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}/`;
}

/** The reason for which a port can't be listened on, and what to do about it. */
export function describeListenError(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return "Another process uses the port: choose another one by --port or PORT";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "This user may not listen on the port: choose one from 1024 on by --port or PORT";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "This machine does not have the address: choose another one by --host or HOST";
  }
  return String(error);
}
