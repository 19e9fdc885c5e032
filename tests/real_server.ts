/**
 * A real server on a free port, and clients with real sockets.
 *
 * @module
 */

import {
  type Assets,
  type Chat,
  createChat,
  createLog,
  type Environment,
  loadAssets,
  parseConfig,
} from "../chat/mod.ts";
import type { CommandType, ServerEvent } from "../chat/protocol.ts";

/** Long enough for any machine: only a failing test waits for it. */
const DEADLINE_MS = 15_000;

const HOST = "127.0.0.1";

/** An event of one type. */
export type EventOf<Type extends ServerEvent["type"]> = Extract<ServerEvent, { type: Type }>;

/** A command as it goes over the wire, good or bad. */
export interface WireCommand {
  readonly type: CommandType;
  readonly [field: string]: unknown;
}

/** What `GET /healthz` tells. */
export interface Health {
  readonly status: string;
  readonly connections: number;
}

/** What was answered to a plain request, as it came over the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A frame as RFC 6455 has it. */
interface Frame {
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
const ABNORMAL: Closure = { code: 1006, reason: "" };

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

let assets: Promise<Assets> | undefined;

/** A chat served on a port of its own. No test may make it log an error. */
export class RealServer implements AsyncDisposable {
  readonly chat: Chat;
  readonly port: number;
  readonly #http: Deno.HttpServer<Deno.NetAddr>;
  readonly #failures: readonly string[];

  private constructor(chat: Chat, http: Deno.HttpServer<Deno.NetAddr>, failures: string[]) {
    this.chat = chat;
    this.port = http.addr.port;
    this.#http = http;
    this.#failures = failures;
  }

  /** Starts a server with its defaults, except for these variables. */
  static async start(environment: Environment = {}): Promise<RealServer> {
    const failures: string[] = [];
    const write = (line: string) => void failures.push(line);
    const log = createLog({ level: "error", json: true, now: Date.now, write });
    assets ??= loadAssets(`${import.meta.dirname}/../static`);
    const config = parseConfig(environment);
    const chat = createChat({ config, log, now: Date.now, assets: await assets });
    const http = Deno.serve({ hostname: HOST, port: 0, onListen() {} }, chat.handle);
    return new RealServer(chat, http, failures);
  }

  /** A client that was welcomed. */
  async user(name: string, key?: string): Promise<Client> {
    const client = await Client.open(this.port);
    await client.hello(name, key);
    return client;
  }

  /** A raw client that was welcomed. */
  async rawUser(name: string, key?: string): Promise<RawClient> {
    const client = await RawClient.open(this.port);
    await client.hello(name, key);
    return client;
  }

  /** Waits until so many connections are left. */
  async connectionsLeft(count: number): Promise<void> {
    let gone = false;
    const poll = async () => {
      while (!gone && (await health(this.port)).connections !== count);
    };
    await within(poll(), `${count} connections to be left`).finally(() => gone = true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.chat.drain();
    this.chat.stop();
    await this.#http.shutdown();
    if (this.#failures.length > 0) throw new Error(`The server failed: ${this.#failures}`);
  }
}

/** How a process ended, and what it wrote. */
export interface Exit {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a process that others can't reach listens. */
export const ANY_PORT = { PORT: "0", HOST } as const satisfies Environment;

/** What the server's own process is to be like. */
export interface ProcessOptions {
  readonly environment?: Environment;
  /** Arguments of `deno`; the ones that start the server by itself if left out. */
  readonly args?: readonly string[];
  /** The project's folder. */
  readonly cwd?: string;
}

const PROJECT = `${import.meta.dirname}/..`;

/** A server in a process of its own. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdout: Promise<string>;
  readonly #stderr: Promise<string>;
  readonly #listening = Promise.withResolvers<number>();
  #ended = false;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    child.status.then(() => this.#ended = true);
    // Whoever waits for the port is told; a test that does not is not to fail by it.
    this.#listening.promise.catch(() => {});
    this.#stdout = this.#watch(child.stdout);
    this.#stderr = new Response(child.stderr).text();
  }

  static async start(options: ProcessOptions = {}): Promise<ServerProcess> {
    const { environment, cwd = PROJECT, args = await serverArgs() } = options;
    const inherited = Object.entries(Deno.env.toObject()).filter(([name]) =>
      !/^(PORT|HOST|CHAT_.*)$/.test(name)
    );
    const env = { ...Object.fromEntries(inherited), ...environment };
    const streams = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
    const command = new Deno.Command(Deno.execPath(), {
      args: [...args],
      cwd,
      env,
      clearEnv: true,
      ...streams,
    });
    return new ServerProcess(command.spawn());
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Waits for the port that the server says it listens on. */
  port(): Promise<number> {
    return within(this.#listening.promise, "the server to listen");
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for the end of the process. */
  async exit(): Promise<Exit> {
    const { code } = await within(this.#child.status, "the process to end");
    return { code, stdout: await this.#stdout, stderr: await this.#stderr };
  }

  async #watch(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
    let text = "";
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const port = /"event":"listening".*?"port":(\d+).*\n/.exec(text)?.[1];
      if (port !== undefined) this.#listening.resolve(Number(port));
    }
    this.#listening.reject(new Error(`The server ended without listening: ${text}`));
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.kill("SIGKILL");
    await this.exit();
  }
}

/** What the task "start" runs, without the task: a signal and an exit code are the server's own. */
async function serverArgs(): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "std"],
    cwd: PROJECT,
  }).output();
  const std = new TextDecoder().decode(stdout).split(/\s+/).filter((flag) => flag !== "");
  const permissions = ["--allow-net", "--allow-env=PORT,HOST,CHAT_*", "--allow-read=static"];
  return ["run", ...std, ...permissions, "main.ts"];
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
class Wire implements Disposable {
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

  /** Exactly so many bytes, or `undefined` if the connection ends before. */
  async take(count: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (this.#end - this.#start < count) {
      if (!await this.#fill(count)) return undefined;
    }
    this.#start += count;
    return this.#buffer.slice(this.#start - count, this.#start);
  }

  async request(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const fields = Object.entries({ host: `${HOST}:${this.#port}`, ...headers });
    const lines = [`${method} ${path} HTTP/1.1`, ...fields.map((field) => field.join(": "))];
    await this.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
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

/** What all clients can do: say something, and wait for what comes. */
abstract class Conversation {
  /** Every event that came, in order. */
  readonly events: ServerEvent[] = [];
  #unread: ServerEvent[] = [];

  /** Waits for the next frame. Returns whether there was one before the end. */
  protected abstract more(): Promise<boolean>;

  /** Sends commands, all at once. */
  abstract tell(...commands: readonly WireCommand[]): Promise<void>;

  protected take(frame: string): void {
    const events: ServerEvent[] = JSON.parse(frame);
    this.events.push(...events);
    this.#unread.push(...events);
  }

  /** Takes the first event of that type that no one has taken yet. The others stay. */
  async next<Type extends ServerEvent["type"]>(
    type: Type,
    accept: (event: EventOf<Type>) => boolean = () => true,
  ): Promise<EventOf<Type>> {
    const isIt = (event: ServerEvent): event is EventOf<Type> =>
      event.type === type && accept(event as EventOf<Type>);
    return await this.#take(isIt, `a "${type}"`);
  }

  /** Says something and takes the answer, which must be of that type. */
  async ask<Type extends ServerEvent["type"]>(
    type: Type,
    command: WireCommand,
  ): Promise<EventOf<Type>> {
    const ref = command["ref"] ?? crypto.randomUUID();
    await this.tell({ ...command, ref });
    const answers = (event: ServerEvent): event is ServerEvent & { ref: string } =>
      "ref" in event && event.ref === ref;
    const answer: ServerEvent = await this.#take(answers, `an answer to "${command.type}"`);
    if (answer.type === type) return answer as EventOf<Type>;
    throw new Error(`Asked for "${type}" with "${command.type}": ${JSON.stringify(answer)}`);
  }

  hello(name: string, key?: string): Promise<EventOf<"welcome">> {
    return this.ask("welcome", { type: "hello", name, ...(key !== undefined && { key }) });
  }

  join(room: string, since?: string): Promise<EventOf<"joined">> {
    return this.ask("joined", { type: "join", room, ...(since !== undefined && { since }) });
  }

  send(room: string, text: string, ref: string = crypto.randomUUID()): Promise<EventOf<"ack">> {
    return this.ask("ack", { type: "send", room, text, ref });
  }

  /** Takes events as they come, up to the end. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ServerEvent> {
    do {
      for (let event = this.#unread.shift(); event; event = this.#unread.shift()) yield event;
    } while (await within(this.more(), "another event"));
  }

  async #take<Event extends ServerEvent>(
    isIt: (event: ServerEvent) => event is Event,
    what: string,
  ): Promise<Event> {
    while (true) {
      const index = this.#unread.findIndex(isIt);
      const [event] = index === -1 ? [] : this.#unread.splice(index, 1);
      if (event !== undefined && isIt(event)) return event;
      if (!await within(this.more(), what)) {
        throw new Error(`The connection ended before ${what} came`);
      }
    }
  }
}

/** A client with the standard WebSocket, which reads all the time. */
export class Client extends Conversation implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #closure: Promise<Closure>;
  #arrival = Promise.withResolvers<void>();
  #seen = 0;
  #ended = false;

  private constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      this.take(data);
      this.#arrival.resolve();
    };
    this.#closure = new Promise((resolve) => {
      socket.onclose = ({ code, reason }) => {
        this.#ended = true;
        this.#arrival.resolve();
        resolve({ code, reason });
      };
    });
  }

  static async open(port: number, protocols: string[] = []): Promise<Client> {
    const socket = new WebSocket(`ws://${HOST}:${port}/ws`, protocols);
    const client = new Client(socket);
    await within(
      new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = () => reject(new Error("The WebSocket was refused"));
      }),
      "a WebSocket",
    );
    socket.onerror = null;
    return client;
  }

  tell(...commands: readonly WireCommand[]): Promise<void> {
    for (const command of commands) this.#socket.send(JSON.stringify(command));
    return Promise.resolve();
  }

  protected override async more(): Promise<boolean> {
    if (!this.#ended && this.events.length === this.#seen) await this.#arrival.promise;
    const came = this.events.length > this.#seen;
    this.#seen = this.events.length;
    this.#arrival = Promise.withResolvers();
    return came || !this.#ended;
  }

  /** Waits for the end, whoever makes it. */
  closed(): Promise<Closure> {
    return within(this.#closure, "the close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.closed();
  }
}

/**
 * A client on a bare TCP connection: it reads when it is asked to, answers neither ping nor close,
 * sends frames of any kind, and can be cut off.
 */
export class RawClient extends Conversation implements Disposable {
  /** The headers of the answer to the upgrade request. */
  readonly headers: Headers;
  readonly #wire: Wire;
  #closure: Closure | undefined;

  private constructor(wire: Wire, headers: Headers) {
    super();
    this.#wire = wire;
    this.headers = headers;
  }

  static async open(port: number, headers: Record<string, string> = {}): Promise<RawClient> {
    const wire = await Wire.connect(port);
    const upgrade = wire.request("GET", "/ws", handshake(headers));
    const answer = await within(upgrade, "an upgrade");
    if (answer.status === 101) return new RawClient(wire, answer.headers);
    wire[Symbol.dispose]();
    throw new Error(`The WebSocket was refused with ${answer.status}`);
  }

  override tell(...commands: readonly WireCommand[]): Promise<void> {
    return this.write(...commands.map((each) => frame(Opcode.TEXT, JSON.stringify(each))));
  }

  /** Sends frames, or whatever it is, in one piece. */
  async write(...frames: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    await this.#wire.write(await new Blob([...frames]).bytes());
  }

  /** Reads the next frame, or `undefined` if the connection ends without. */
  async #read(): Promise<Frame | undefined> {
    const head = await this.#wire.take(2);
    if (head === undefined) return undefined;
    const [first = 0, short = 0] = head;
    const long = short < 126 ? Uint8Array.of(short) : await this.#wire.take(short === 126 ? 2 : 8);
    const length = long?.reduce((sum, byte) => sum * 256 + byte, 0);
    const payload = length === undefined ? undefined : await this.#wire.take(length);
    return payload && { opcode: first & 0x0f, payload };
  }

  /** Reads up to the end, and tells what the server said about it. */
  async closed(): Promise<Closure> {
    while (this.#closure === undefined) await within(this.more(), "the close");
    return this.#closure;
  }

  /** Goes, without a word. */
  cut(): void {
    this.#wire[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.cut();
  }

  protected override async more(): Promise<boolean> {
    if (this.#closure !== undefined) return false;
    const frame = await this.#read();
    if (frame === undefined) this.#closure = ABNORMAL;
    if (frame?.opcode === Opcode.TEXT) this.take(new TextDecoder().decode(frame.payload));
    if (frame?.opcode === Opcode.CLOSE) this.#closure = closureOf(frame.payload);
    return this.#closure === undefined;
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

function closureOf(payload: Uint8Array<ArrayBuffer>): Closure {
  if (payload.length < 2) return { code: 1005, reason: "" };
  const code = new DataView(payload.buffer, payload.byteOffset).getUint16(0);
  return { code, reason: new TextDecoder().decode(payload.subarray(2)) };
}
