/**
 * A TCP socket for clients by the thousand: it hands over bytes as they come, decodes nothing, and
 * can be reset.
 *
 * @module
 */

import { connect, Socket } from "node:net";
import { handshake, HOST } from "./tcp_connection.ts";

/** The bytes in front of what is read, which a client may fill with the rest of an earlier read. */
export const HEADROOM = 4096;
const READ_BYTES = 65_536;

/**
 * All sockets read into this memory, one after the other. Measured with 1,000 sockets on one core:
 * 8 million messages of 240 bytes a second at half of the core, where `Deno.connect` with a buffer
 * for each socket was at its limit with 5 million.
 */
export const readMemory = new Uint8Array(HEADROOM + READ_BYTES);

/** Whether this runtime can reset a connection: Deno 2.7 can't. */
export const CAN_RESET = "resetAndDestroy" in Socket.prototype;

/** The request for a WebSocket upgrade at a path. */
export function upgradeRequest(
  path = "/ws",
  headers: Readonly<Record<string, string>> = {},
): string {
  const fields = Object.entries({ host: HOST, ...handshake(), ...headers });
  const lines = [`GET ${path} HTTP/1.1`, ...fields.map((field) => field.join(": "))];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** A connection to a server on this machine. */
export class RawSocket {
  /** Called with each read: bytes `HEADROOM` to `to` of {@linkcode readMemory}, until it returns. */
  onRead: (to: number) => void = () => {};
  /** Called once, when the connection ends otherwise than by {@linkcode RawSocket.destroy}. */
  onEnd: (reason: Error) => void = () => {};
  /** Resolves when the connection is open, or has failed. */
  readonly connected: Promise<void>;
  readonly #socket: Socket;
  readonly #drained: (() => void)[] = [];
  #ended = false;

  /** @param localAddress the address that the connection comes from */
  constructor(port: number, localAddress?: string) {
    const socket = connect({
      port,
      host: HOST,
      noDelay: true,
      onread: {
        buffer: readMemory.subarray(HEADROOM),
        callback: (length) => {
          this.onRead(HEADROOM + length);
          return true;
        },
      },
      ...(localAddress !== undefined && { localAddress }),
    });
    this.#socket = socket;
    this.connected = new Promise((resolve) => {
      socket.once("connect", resolve);
      socket.once("close", () => resolve());
    });
    socket.on("drain", () => this.#resolveDrained());
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end(new Error("The server closed the socket")));
  }

  /** Whether the connection is over, whichever side ended it. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Sends bytes. Returns whether more may be sent now. */
  write(bytes: Uint8Array | string): boolean {
    return this.#socket.write(bytes);
  }

  /** Sends bytes, and resolves when more may be sent or the connection has ended. */
  async send(bytes: Uint8Array | string): Promise<void> {
    if (this.#ended || this.write(bytes)) return;
    await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /** Stops reading. */
  stall(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#socket.resume();
  }

  /** Ends the connection without a close frame. */
  destroy(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.destroy();
    this.#resolveDrained();
  }

  /** Resets the connection. */
  reset(): void {
    this.#socket.resetAndDestroy();
    this.destroy();
  }

  #end(reason: Error): void {
    if (this.#ended) return;
    this.destroy();
    this.onEnd(reason);
  }

  #resolveDrained(): void {
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}
