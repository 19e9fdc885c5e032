/**
 * A connection between a browser and a server, under the test's control.
 *
 * @module
 */

/** A line to a server that can be cut, as a train's is in a tunnel. */
export class Line implements AsyncDisposable {
  #serverPort: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  #isCut = false;

  constructor(serverPort: number) {
    this.#serverPort = serverPort;
    this.#accept();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Ends all connections, and each new one at once. */
  cut(): void {
    this.#isCut = true;
    for (const connection of this.#open) close(connection);
    this.#open.clear();
  }

  /** Lets connections through again. */
  mend(): void {
    this.#isCut = false;
  }

  /** Leads to another server from now on. */
  lead(serverPort: number): void {
    this.cut();
    this.#serverPort = serverPort;
    this.mend();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#listener.close();
    return Promise.resolve();
  }

  async #accept(): Promise<void> {
    for await (const near of this.#listener) {
      if (this.#isCut) close(near);
      else this.#join(near);
    }
  }

  async #join(near: Deno.TcpConn): Promise<void> {
    this.#open.add(near);
    const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#serverPort });
    // Cut while it was connecting.
    if (!this.#open.has(near)) return close(far);
    this.#open.add(far);
    await Promise.allSettled([
      near.readable.pipeTo(far.writable),
      far.readable.pipeTo(near.writable),
    ]);
    for (const connection of [near, far]) {
      this.#open.delete(connection);
      close(connection);
    }
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // The other end was faster.
  }
}
