/**
 * A line to a server that is far away: each byte takes half a round trip, and so does each packet of
 * a TCP handshake.
 *
 * @module
 */

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { HOST } from "../../tests/support/tcp_connection.ts";

/** A proxy that adds a round trip to a server on this machine, and counts what passes. */
export class LongLine implements AsyncDisposable {
  /** The requests that the server was sent, upgrades included. */
  requests = 0;
  /** The bytes that the server has sent, headers included. */
  receivedBytes = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(targetPort: number, roundTripMs: number) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      const server = connect({ host: HOST, port: targetPort, allowHalfOpen: true, noDelay: true });
      const openedAt = performance.now() + roundTripMs;
      // A browser's request fits into a packet, and it sends none before the last one's answer.
      client.on("data", (data: Uint8Array) => this.requests += isRequest(data) ? 1 : 0);
      server.on("data", (data: Uint8Array) => this.receivedBytes += data.length);
      // A client sends nothing before the answer to its first packet, for which it can't wait here.
      carry(client, server, (now) => Math.max(now, openedAt) + roundTripMs / 2);
      carry(server, client, (now) => now + roundTripMs / 2);
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.once("close", () => this.#sockets.delete(socket));
      }
    });
  }

  static async open(targetPort: number, roundTripMs: number): Promise<LongLine> {
    const line = new LongLine(targetPort, roundTripMs);
    await new Promise<void>((resolve) => line.#server.listen(0, HOST, resolve));
    return line;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Counts from now on. */
  reset(): void {
    [this.requests, this.receivedBytes] = [0, 0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

function isRequest(data: Uint8Array): boolean {
  return new TextDecoder().decode(data.subarray(0, 5)) === "GET /";
}

/** Passes on what comes, in order, each piece at its time. */
function carry(from: Socket, to: Socket, arrival: (now: number) => number): void {
  const later = (act: () => void): unknown =>
    setTimeout(act, arrival(performance.now()) - performance.now());
  from.on("data", (data: Uint8Array) => later(() => to.destroyed || to.write(data)));
  from.on("end", () => later(() => to.end()));
  from.on("error", () => to.destroy());
}
