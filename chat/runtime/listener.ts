/**
 * Listening, and going on with it when the runtime has stopped.
 *
 * @module
 */

import type { Logger } from "./logger.ts";

/** Answers a request, as `Deno.serve` wants it. */
export type ServeHandler = (
  request: Request,
  info: Deno.ServeHandlerInfo,
) => Response | Promise<Response>;

/** What a listener is made of. */
export interface ListenerOptions {
  readonly hostname: string;
  readonly port: number;
  readonly logger: Logger;
  readonly handle: ServeHandler;
}

/** How long to wait before listening again, in milliseconds. */
const AGAIN_MS = 1000;

/** How often to try that while nobody is connected any more. */
const TRIES = 60;

/** `Deno.serve` that comes back. */
export class Listener {
  readonly #options: ListenerOptions;
  /** Ends every connection when it is aborted, also those of servers that don't listen any more. */
  #connections = new AbortController();

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /**
   * Serves for as long as the process lives, and says once where.
   *
   * @throws what `Deno.serve` throws if it can't listen, at first or for a minute after a cut
   */
  async serve(onListen: (address: Deno.NetAddr) => void): Promise<never> {
    const { logger, handle } = this.#options;
    let server = this.#listen(this.#options.port, handle);
    const { port } = server.addr;
    onListen(server.addr);
    let failing = false;
    while (true) {
      let tries = TRIES;
      try {
        await server.finished;
      } catch (error) {
        // The runtime stops listening when it can't accept a connection, as when there are no file
        // descriptors left. The connections that there are go on.
        if (!failing) logger("error", "cannot_accept", { error: String(error) });
        failing = true;
        tries = Infinity;
        await delay(AGAIN_MS);
      }
      server = await this.#listenAgain(port, tries, () => {
        failing = false;
        logger("info", "accepting_again", { port });
      });
    }
  }

  /** Cuts every connection. Only this makes the runtime let go of a frame that never ends. */
  cut(): void {
    const cut = this.#connections;
    this.#connections = new AbortController();
    cut.abort();
  }

  #listen(port: number, handle: ServeHandler): Deno.HttpServer<Deno.NetAddr> {
    const { hostname } = this.#options;
    const { signal } = this.#connections;
    return Deno.serve({ port, hostname, signal, onListen() {} }, handle);
  }

  /** Listens as soon as that can be done. Only a request shows that connections are accepted. */
  async #listenAgain(
    port: number,
    tries: number,
    onFirstRequest: () => void,
  ): Promise<Deno.HttpServer<Deno.NetAddr>> {
    const { handle } = this.#options;
    let isFirst = true;
    const handleFirst: ServeHandler = (request, info) => {
      if (isFirst) onFirstRequest();
      isFirst = false;
      return handle(request, info);
    };
    for (let tried = 1;; tried++) {
      try {
        return this.#listen(port, handleFirst);
      } catch (error) {
        if (tried >= tries) throw error;
      }
      await delay(AGAIN_MS);
    }
  }
}

/** The URL at which a browser on this machine reaches a server that listens at an address. */
export function urlOf({ hostname, port }: Pick<Deno.NetAddr, "hostname" | "port">): string {
  // The wildcard address is where to listen, not where to go.
  const host = hostname === "0.0.0.0" || hostname === "::" ? "localhost" : hostname;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}/`;
}

/** Resolves after a time. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
