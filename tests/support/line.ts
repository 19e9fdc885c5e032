/**
 * A connection between a browser and a server, under the test's control.
 *
 * @module
 */

/** A line to a server that can be cut, as a train's is in a tunnel. */
export class Line implements AsyncDisposable {
  #serverPort: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #headers: Uint8Array<ArrayBuffer>;
  readonly #open = new Set<Deno.TcpConn>();
  #isCut = false;

  /** @param headers lines that are added to each request, as a proxy adds them */
  constructor(serverPort: number, headers: readonly string[] = []) {
    this.#serverPort = serverPort;
    this.#headers = new TextEncoder().encode(headers.map((line) => `${line}\r\n`).join(""));
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
      near.readable.pipeThrough(withHeaders(this.#headers)).pipeTo(far.writable),
      far.readable.pipeTo(near.writable),
    ]);
    for (const connection of [near, far]) {
      this.#open.delete(connection);
      close(connection);
    }
  }
}

/** Adds headers to the requests of a browser, each of which begins a piece; frames begin otherwise. */
function withHeaders(
  headers: Uint8Array<ArrayBuffer>,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  return new TransformStream({
    transform(piece, controller) {
      const isRequest = headers.length > 0 && piece[0] === "G".charCodeAt(0);
      if (!isRequest) return controller.enqueue(piece);
      const end = piece.indexOf("\n".charCodeAt(0)) + 1;
      controller.enqueue(piece.slice(0, end));
      controller.enqueue(headers);
      controller.enqueue(piece.slice(end));
    },
  });
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // The other end was faster.
  }
}
