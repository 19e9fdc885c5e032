/**
 * A client that talks, and comes back as the page does.
 *
 * @module
 */

import type { ServerEvent } from "../../chat/protocol/types.ts";
import { connecting, IDLE, lost, welcomed } from "../../static/client/connection.js";
import type { ClientState } from "../../tests/support/client_state.ts";
import type { WireCommand } from "../../tests/support/clients.ts";
import { sleep } from "../support/stopwatch.ts";

/** One user, over all connections. */
export class PageClient {
  readonly state: ClientState;
  /** The times at which connections had joined the room. */
  readonly joinedAt: number[] = [];
  readonly #ports: readonly number[];
  #attempts = 0;
  #connection = IDLE;
  #socket: WebSocket | undefined;
  #stopped = false;

  /** @param ports of several nodes, of which each attempt to connect takes the next one */
  constructor(ports: readonly number[], state: ClientState) {
    this.#ports = ports;
    this.state = state;
    this.#run();
  }

  /** Says something, now or when there is a connection. */
  say(): void {
    this.#tell(this.state.makeSend());
  }

  stop(): void {
    this.#stopped = true;
    this.#socket?.close();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#connection = connecting(this.#connection, performance.now());
      const code = await this.#runConnection();
      const now = performance.now();
      this.#connection = lost(this.#connection, { code, now, random: Math.random() });
      await sleep(this.#connection.retryAt - now);
    }
  }

  /** Returns the close code. */
  #runConnection(): Promise<number> {
    const port = this.#ports[this.#attempts++ % this.#ports.length];
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    socket.onopen = () => {
      this.#socket = socket;
      for (const command of this.state.firstCommands()) this.#tell(command);
    };
    socket.onmessage = ({ data }) => {
      for (const event of JSON.parse(data)) this.#take(event);
    };
    return new Promise((resolve) => {
      socket.onclose = ({ code }) => {
        this.#socket = undefined;
        // Deno's WebSocket says 0 where a browser says 1006.
        resolve(code || 1006);
      };
    });
  }

  #take(event: ServerEvent): void {
    const now = performance.now();
    if (event.type === "welcome") {
      this.#connection = welcomed(this.#connection, event.heartbeatMs, now);
    }
    if (event.type === "bye") this.#connection = { ...this.#connection, byeMs: event.retryMs };
    if (event.type === "joined") this.joinedAt.push(now);
    if (event.type === "error" && event.code === "unavailable") {
      return this.#tryAgain(event.ref, event.retryMs ?? 0);
    }
    this.state.handle(event);
  }

  /** Sends a refused command again, unless the next connection does; a refused join needs that one. */
  #tryAgain(ref: string | undefined, retryMs: number): void {
    const socket = this.#socket;
    setTimeout(() => {
      if (this.#stopped || this.#socket !== socket) return;
      const command = this.state.unacknowledged(ref);
      if (ref === undefined) socket?.close();
      else if (command !== undefined) this.#tell(command);
    }, retryMs);
  }

  #tell(command: WireCommand): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify(command));
  }
}
