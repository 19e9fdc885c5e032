/**
 * One TCP or TLS connection to a Redis server.
 *
 * @module
 */

import type { RedisUrl } from "../../config/redis_url.ts";

/** Options of a {@linkcode Connection}. */
export interface ConnectOptions {
  readonly url: RedisUrl;
  /** Certificates in PEM to trust besides those that Deno does. */
  readonly caCerts?: readonly string[];
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

const CHUNK_BYTES = 65_536;

/** Bytes in both directions. */
export class Connection {
  readonly #conn: Deno.Conn;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #isClosed = false;

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Connects, up to the end of the TLS handshake. */
  static async open({ url, caCerts = [], signal }: ConnectOptions): Promise<Connection> {
    const { host: hostname, port } = url;
    const conn = await Deno.connect({ hostname, port, signal });
    conn.setNoDelay(true);
    if (!url.isTls) return new Connection(conn);
    const secure = await Deno.startTls(conn, { hostname, caCerts: [...caCerts] });
    const connection = new Connection(secure);
    // The handshake takes no signal; closing the connection ends it.
    const abort = () => connection.close();
    signal.addEventListener("abort", abort);
    try {
      signal.throwIfAborted();
      await secure.handshake();
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** The next bytes, valid until the next call; `undefined`: Redis has closed the connection. */
  async read(): Promise<Uint8Array | undefined> {
    const count = await this.#conn.read(this.#chunk);
    return count === null ? undefined : this.#chunk.subarray(0, count);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) sent += await this.#conn.write(bytes.subarray(sent));
  }

  /** Ends the connection, and everything that waits for it. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#conn.close();
  }
}
