/**
 * Clients that reset their connection instead of closing it.
 *
 * @module
 */

import { connect, Socket } from "node:net";
import { handshake, HOST, within } from "./wire.ts";

/** Whether this runtime can reset a connection, which Deno 2.7 can't. */
export const CAN_RESET = "resetAndDestroy" in Socket.prototype;

/** A connection that asks for a WebSocket and reads no answer. */
export class Resetter {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("error", () => {});
  }

  /** A connection on which nothing was said yet. */
  static async connect(port: number): Promise<Resetter> {
    const socket = connect({ port, host: HOST });
    await within(new Promise((resolve) => socket.once("connect", resolve)), "a connection");
    return new Resetter(socket);
  }

  /** A connection that was used already, and was kept alive. */
  static async keepAlive(port: number): Promise<Resetter> {
    const resetter = await Resetter.connect(port);
    const answer = new Promise((resolve) => resetter.#socket.once("data", resolve));
    resetter.#write(`GET /healthz HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await within(answer, "an answer");
    return resetter;
  }

  /** Asks for a WebSocket. */
  upgrade(): void {
    const headers = Object.entries({ host: HOST, ...handshake() });
    const lines = ["GET /ws HTTP/1.1", ...headers.map((header) => header.join(": "))];
    this.#write(`${lines.join("\r\n")}\r\n\r\n`);
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  #write(text: string): void {
    this.#socket.write(text);
  }
}
