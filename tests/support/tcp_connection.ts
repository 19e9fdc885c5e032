/**
 * A TCP connection that is read on demand, and HTTP requests on it.
 *
 * @module
 */

import { within } from "./deadline.ts";

/** The address of every server under test. */
export const HOST = "127.0.0.1";

/** The body of `GET /healthz`. */
export interface Health {
  readonly status: string;
  readonly connections: number;
  readonly rooms: number;
  readonly users: number;
  readonly history: number;
  readonly keepDays?: number;
}

/** An HTTP response, as it came over the network: nothing is decoded. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Requests `GET /healthz`. */
export async function health(port: number): Promise<Health> {
  const { body } = await request(port, "GET", "/healthz");
  return JSON.parse(new TextDecoder().decode(body));
}

/** Sends one request on a connection of its own. The path goes as it is, while `fetch` normalises it. */
export async function request(
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  using connection = await TcpConnection.connect(port);
  return await within(connection.request(method, path, headers), `an answer to ${method} ${path}`);
}

/** The headers of a WebSocket upgrade, with changes: `undefined` removes a header. */
export function handshake(
  changes: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const headers = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": crypto.getRandomValues(new Uint8Array(16)).toBase64(),
    ...changes,
  };
  const given = Object.entries(headers).filter((entry): entry is [string, string] =>
    entry[1] !== undefined
  );
  return Object.fromEntries(given);
}

/** A TCP connection that reads only when it is asked to. */
export class TcpConnection implements Disposable {
  readonly #port: number;
  readonly #conn: Deno.TcpConn;
  #buffer = new Uint8Array(65_536);
  #start = 0;
  #end = 0;
  #closed = false;

  private constructor(port: number, conn: Deno.TcpConn) {
    this.#port = port;
    this.#conn = conn;
  }

  static async connect(port: number): Promise<TcpConnection> {
    const conn = await Deno.connect({ hostname: HOST, port });
    conn.setNoDelay(true);
    return new TcpConnection(port, conn);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) sent += await this.#conn.write(bytes.subarray(sent));
  }

  /** Closes the sending side. The receiving side stays open. */
  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite();
  }

  /** Reads at least one byte, or returns `undefined` if the connection ends before. */
  async some(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#end === this.#start && !await this.#fill(1)) return undefined;
    const bytes = this.#buffer.slice(this.#start, this.#end);
    this.#start = this.#end;
    return bytes;
  }

  /** Reads exactly `count` bytes, or returns `undefined` if the connection ends before. */
  async take(count: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (this.#end - this.#start < count) {
      if (!await this.#fill(count)) return undefined;
    }
    this.#start += count;
    return this.#buffer.slice(this.#start - count, this.#start);
  }

  /**
   * Sends a request and reads the answer.
   *
   * @param behind bytes that are sent in the same write, after the request
   */
  async request(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    behind: Uint8Array<ArrayBuffer> = new Uint8Array(),
  ): Promise<Answer> {
    const fields = Object.entries({ host: `${HOST}:${this.#port}`, ...headers });
    const lines = [`${method} ${path} HTTP/1.1`, ...fields.map((field) => field.join(": "))];
    await this.write(await new Blob([`${lines.join("\r\n")}\r\n\r\n`, behind]).bytes());
    return await this.answer(method);
  }

  /** Sends a request line and headers as they are, one byte a character, and reads the answer. */
  async ask(...lines: readonly string[]): Promise<Answer> {
    const text = [...lines, "", ""].join("\r\n");
    await this.write(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    return await this.answer(lines[0]?.split(" ")[0] ?? "");
  }

  /** Reads the answer to a request with this method. */
  async answer(method = "GET"): Promise<Answer> {
    const answer = await this.#head();
    const length = method === "HEAD" ? 0 : Number(answer.headers.get("content-length") ?? 0);
    const body = await this.take(length);
    if (body === undefined) throw new Error("The answer ended early");
    return { ...answer, body };
  }

  async #head(): Promise<Pick<Answer, "status" | "headers">> {
    let head = "";
    while (!head.endsWith("\r\n\r\n")) {
      const byte = await this.take(1);
      if (byte === undefined) throw new Error(`The answer ended early: ${head}`);
      head += String.fromCharCode(...byte);
    }
    const [status = "", ...fields] = head.trimEnd().split("\r\n");
    const headers = new Headers(fields.map((field): [string, string] => {
      const [name = "", ...value] = field.split(":");
      return [name, value.join(":")];
    }));
    return { status: Number(status.split(" ")[1]), headers };
  }

  /** Reads once, into room for at least `count` bytes. Returns whether bytes came. */
  async #fill(count: number): Promise<boolean> {
    const unread = this.#buffer.subarray(this.#start, this.#end);
    if (this.#start + count > this.#buffer.length || this.#end === this.#buffer.length) {
      const bigger = new Uint8Array(Math.max(count, this.#buffer.length));
      bigger.set(unread);
      [this.#buffer, this.#start, this.#end] = [bigger, 0, unread.length];
    }
    try {
      const read = await this.#conn.read(this.#buffer.subarray(this.#end));
      this.#end += read ?? 0;
      return read !== null;
    } catch {
      // The server has reset the connection, or the test has closed it.
      return false;
    }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
  }
}
