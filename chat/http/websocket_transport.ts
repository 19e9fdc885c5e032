/**
 * Transport of a connection over a WebSocket.
 *
 * @module
 */

import type { Transport } from "../connection.ts";
import type { Metrics } from "../metrics/metrics.ts";

/**
 * Before a close, the frames of a client are read until it pauses for so long, or for so many
 * pauses. If a frame comes after the close, the runtime resets the connection, and the client loses
 * what it has not read yet: the last events, and why it was closed.
 */
const PAUSE_MS = 100;
const MAX_PAUSES = 5;

/** A WebSocket as the transport of a connection. */
export class WebSocketTransport implements Transport {
  readonly #socket: WebSocket;
  readonly #metrics: Metrics;

  constructor(socket: WebSocket, metrics: Metrics) {
    this.#socket = socket;
    this.#metrics = metrics;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: string): void {
    this.#socket.send(frame);
    this.#metrics.addSent(frame);
  }

  close(code: number, reason: string): void {
    closeAfterPause(this.#socket, code, reason, MAX_PAUSES);
  }
}

function closeAfterPause(socket: WebSocket, code: number, reason: string, pauses: number): void {
  let isQuiet = true;
  socket.onmessage = () => isQuiet = false;
  setTimeout(() => {
    if (isQuiet || pauses === 0) socket.close(code, reason);
    else closeAfterPause(socket, code, reason, pauses - 1);
  }, PAUSE_MS);
}
