/**
 * Bare TCP, plain requests, and the frames of RFC 6455.
 *
 * @module
 */

/** Long enough for any machine: only a failing test waits for it. */
const DEADLINE_MS = 15_000;

export const HOST = "127.0.0.1";

/** What `GET /healthz` tells. */
export interface Health {
  readonly status: string;
  readonly connections: number;
  readonly rooms: number;
  readonly users: number;
  readonly history: number;
}

/** What was answered to a plain request, as it came over the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A frame as RFC 6455 has it. */
export interface Frame {
  readonly opcode: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** The kinds of frames. */
export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/** What a client gets to know of the end: 1006 when the server just went. */
export interface Closure {
  readonly code: number;
  readonly reason: string;
}

/** What an end without a close frame looks like. */
export const ABNORMAL: Closure = { code: 1006, reason: "" };

/** Waits for what must come. */
export async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const late = () => reject(new Error(`Waited ${DEADLINE_MS} ms for ${what}`));
    timer = setTimeout(late, DEADLINE_MS);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** What `GET /healthz` tells now. */
export async function health(port: number): Promise<Health> {
  const { body } = await request(port, "GET", "/healthz");
  return JSON.parse(new TextDecoder().decode(body));
}

/** Asks for a path as it is written, which `fetch` would normalise, and decodes nothing. */
export async function request(
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  using wire = await Wire.connect(port);
  return await within(wire.request(method, path, headers), `an answer to ${method} ${path}`);
}

/** The headers that ask for a WebSocket, with other ones in their place. */
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

/** A TCP connection that is read only when it is asked to. */
export class Wire implements Disposable {
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

  static async connect(port: number): Promise<Wire> {
    const conn = await Deno.connect({ hostname: HOST, port });
    conn.setNoDelay(true);
    return new Wire(port, conn);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) sent += await this.#conn.write(bytes.subarray(sent));
  }

  /** Says that nothing more is to come; what does can still be read. */
  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite();
  }

  /** What has come, one byte at least, or `undefined` if the connection ends before. */
  async some(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#end === this.#start && !await this.#fill(1)) return undefined;
    const bytes = this.#buffer.slice(this.#start, this.#end);
    this.#start = this.#end;
    return bytes;
  }

  /** Exactly so many bytes, or `undefined` if the connection ends before. */
  async take(count: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (this.#end - this.#start < count) {
      if (!await this.#fill(count)) return undefined;
    }
    this.#start += count;
    return this.#buffer.slice(this.#start - count, this.#start);
  }

  /** @param behind what is sent in one piece with the request */
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

  /** Sends a request as it is written: a byte for each character, and an empty line behind it. */
  async ask(...lines: readonly string[]): Promise<Answer> {
    const text = [...lines, "", ""].join("\r\n");
    await this.write(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    return await this.answer(lines[0]?.split(" ")[0] ?? "");
  }

  /** Reads the answer to a request of this method. */
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

  /** Reads once, with place for so many bytes. Returns whether anything came. */
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
      // Reset by the server, or cut by the test.
      return false;
    }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
  }
}

/** A message in one frame, or a piece of one. */
export function frame(
  opcode: number,
  payload: string | Uint8Array,
  { final = true } = {},
): Uint8Array<ArrayBuffer> {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  const { length } = bytes;
  const big = Array.from({ length: 8 }, (_, i) => Math.floor(length / 256 ** (7 - i)) % 256);
  const long = length < 126 ? [] : length < 65_536 ? big.slice(6) : big;
  const short = { 0: length, 2: 126, 8: 127 }[long.length] ?? 0;
  // Masked, as a client must, with zeros, which change nothing.
  const head = [(final ? 0x80 : 0) | opcode, 0x80 | short, ...long, 0, 0, 0, 0];
  const whole = new Uint8Array(head.length + length);
  whole.set(head);
  whole.set(bytes, head.length);
  return whole;
}

export function closureOf(payload: Uint8Array<ArrayBuffer>): Closure {
  if (payload.length < 2) return { code: 1005, reason: "" };
  const code = new DataView(payload.buffer, payload.byteOffset).getUint16(0);
  return { code, reason: new TextDecoder().decode(payload.subarray(2)) };
}
