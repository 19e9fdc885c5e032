/**
 * A TCP proxy that delays, splits, stalls and cuts connections, as networks do.
 *
 * @module
 */

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { HOST } from "./tcp_connection.ts";

/** How a connection ends: after all that was sent, or by a reset. */
export type Cut = "fin" | "rst";

/** One direction of a connection. It keeps the order of bytes. */
export class Lane {
  /** The delay of each piece. */
  delayMs = 0;
  /** The size of the largest piece. */
  maxPieceBytes = Infinity;
  readonly #from: Socket;
  readonly #to: Socket;
  #stalled: PromiseWithResolvers<void> | undefined;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
  }

  /** Stops reading and writing, which fills the sender's buffers. */
  stall(): void {
    this.#stalled ??= Promise.withResolvers();
  }

  /** Reads and writes again. */
  resume(): void {
    this.#stalled?.resolve();
    this.#stalled = undefined;
  }

  /** Carries bytes up to the end, and then the end. */
  async run(): Promise<void> {
    try {
      for await (const chunk of this.#from.iterator({ destroyOnReturn: false })) {
        for (let rest: Uint8Array = chunk; rest.length > 0;) {
          const size = Math.min(this.maxPieceBytes, rest.length);
          await this.#carry(rest.subarray(0, size));
          rest = rest.subarray(size);
        }
      }
      await this.#stalled?.promise;
      this.#to.end();
    } catch {
      // The proxy or one of the ends has cut the connection.
      this.#to.destroy();
    }
  }

  async #carry(piece: Uint8Array): Promise<void> {
    // Gives each of several pieces a packet of its own.
    await (this.delayMs > 0 ? delay(this.delayMs) : turn());
    await this.#stalled?.promise;
    await new Promise<void>((resolve, reject) =>
      this.#to.write(piece, (error) => error ? reject(error) : resolve())
    );
  }
}

/** A connection through the proxy. */
export class Link {
  /** From the client to the server. */
  readonly up: Lane;
  /** From the server to the client. */
  readonly down: Lane;
  /** Resolves when both ends are closed. */
  readonly closed: Promise<void>;
  readonly #ends: readonly Socket[];

  constructor(client: Socket, server: Socket) {
    this.#ends = [client, server];
    this.up = new Lane(client, server);
    this.down = new Lane(server, client);
    const closes = this.#ends.map((end) => {
      end.setNoDelay(true);
      // A reset of a connection is no error of the proxy.
      end.on("error", () => {});
      return new Promise<void>((resolve) => end.once("close", () => resolve()));
    });
    const runs = [this.up.run(), this.down.run()];
    this.closed = Promise.all([...closes, ...runs]).then(() => {});
  }

  /** Stops both directions, as half-open connections do. */
  stall(): void {
    for (const lane of [this.up, this.down]) lane.stall();
  }

  /** Continues in both directions. */
  resume(): void {
    for (const lane of [this.up, this.down]) lane.resume();
  }

  /** Ends the connection on both sides. */
  cut(how: Cut): void {
    for (const end of this.#ends) {
      if (how === "rst") end.resetAndDestroy();
      else end.end(() => end.destroy());
    }
    this.resume();
  }
}

/** A proxy for a server on this machine. */
export class TcpProxy implements AsyncDisposable {
  /** The open connections. */
  readonly links = new Set<Link>();
  /** The port on this machine to which connections go, those of later. */
  targetPort: number;
  readonly #server: Server;
  #isPartitioned = false;

  private constructor(targetPort: number) {
    this.targetPort = targetPort;
    const options = { allowHalfOpen: true, noDelay: true };
    this.#server = createServer(options, (client) => {
      const link = new Link(client, connect({ ...options, host: HOST, port: this.targetPort }));
      if (this.#isPartitioned) link.stall();
      this.links.add(link);
      link.closed.then(() => this.links.delete(link));
    });
  }

  static async listen(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, HOST, resolve));
    return proxy;
  }

  get port(): number {
    // Only a server on a pipe has no port.
    return (this.#server.address() as AddressInfo).port;
  }

  /** Carries nothing any more, in no direction, on later connections neither. Nobody is told. */
  partition(): void {
    this.#isPartitioned = true;
    for (const link of this.links) link.stall();
  }

  /** Carries what was held, and what follows. */
  heal(): void {
    this.#isPartitioned = false;
    for (const link of this.links) link.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const links = [...this.links];
    for (const link of links) link.cut("rst");
    await Promise.all(links.map((link) => link.closed));
    await closed;
  }
}
