/**
 * Typed clients on real sockets: each event is checked by the oracle, and awaited by its type.
 *
 * @module
 */

import type { CommandType, ServerEvent } from "../../chat/protocol/types.ts";
import { readFrame } from "../fuzz/oracle_events.ts";
import { within } from "./deadline.ts";
import { ABNORMAL, type Closure, closureOf, type Frame, frame, Opcode } from "./frames.ts";
import { handshake, HOST, TcpConnection } from "./tcp_connection.ts";

/** An event of one type. */
export type EventOf<Type extends ServerEvent["type"]> = Extract<ServerEvent, { type: Type }>;

/** A command to send, valid or not. */
export interface WireCommand {
  readonly type: CommandType;
  readonly [field: string]: unknown;
}

/** Sends commands and waits for events. Each kind of client brings its socket. */
abstract class TypedClient {
  /** All events received, in order. */
  readonly events: ServerEvent[] = [];
  #unread: ServerEvent[] = [];

  /** Waits for the next frame. Returns false if the connection ends before. */
  protected abstract more(): Promise<boolean>;

  /** Sends commands in one write. */
  abstract tell(...commands: readonly WireCommand[]): Promise<void>;

  protected take(frame: string): void {
    const events = readFrame(frame);
    this.events.push(...events);
    this.#unread.push(...events);
  }

  /** Takes the first event of a type that was not taken before, or waits for it. Others stay. */
  async next<Type extends ServerEvent["type"]>(
    type: Type,
    accept: (event: EventOf<Type>) => boolean = () => true,
  ): Promise<EventOf<Type>> {
    const matches = (event: ServerEvent): event is EventOf<Type> =>
      event.type === type && accept(event as EventOf<Type>);
    return await this.#take(matches, `a "${type}"`);
  }

  /** Sends a command and takes its answer, which must be of that type. */
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
    throw new Error(`The answer to "${command.type}" is no "${type}": ${JSON.stringify(answer)}`);
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

  /** Takes all events, up to the end of the connection. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ServerEvent> {
    do {
      for (let event = this.#unread.shift(); event; event = this.#unread.shift()) yield event;
    } while (await within(this.more(), "another event"));
  }

  async #take<Event extends ServerEvent>(
    matches: (event: ServerEvent) => event is Event,
    what: string,
  ): Promise<Event> {
    while (true) {
      const index = this.#unread.findIndex(matches);
      const [event] = index === -1 ? [] : this.#unread.splice(index, 1);
      if (event !== undefined && matches(event)) return event;
      if (!await within(this.more(), what)) {
        throw new Error(`The connection ended before ${what} came`);
      }
    }
  }
}

/** A client on the standard `WebSocket`, which reads all the time. */
export class Client extends TypedClient implements AsyncDisposable {
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

  /** The subprotocol that the server chose. */
  get protocol(): string {
    return this.#socket.protocol;
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

  /** Waits for the end of the connection. */
  closed(): Promise<Closure> {
    return within(this.#closure, "the close");
  }

  /** Takes no more events and closes, without waiting for a server that may be unreachable. */
  abandon(): void {
    this.#ended = true;
    this.#arrival.resolve();
    this.#socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.closed();
  }
}

/**
 * A client on a TCP connection: it reads only when it waits for something, answers neither ping nor
 * close, and sends any bytes.
 */
export class RawClient extends TypedClient implements Disposable {
  /** The headers of the answer to the upgrade request. */
  readonly headers: Headers;
  readonly #wire: TcpConnection;
  #closure: Closure | undefined;

  private constructor(wire: TcpConnection, headers: Headers) {
    super();
    this.#wire = wire;
    this.headers = headers;
  }

  static async open(port: number, headers: Record<string, string> = {}): Promise<RawClient> {
    const wire = await TcpConnection.connect(port);
    const upgrade = wire.request("GET", "/ws", handshake(headers));
    const answer = await within(upgrade, "an upgrade");
    if (answer.status === 101) return new RawClient(wire, answer.headers);
    wire[Symbol.dispose]();
    throw new Error(`The WebSocket was refused with ${answer.status}`);
  }

  override tell(...commands: readonly WireCommand[]): Promise<void> {
    return this.write(...commands.map((each) => frame(Opcode.TEXT, JSON.stringify(each))));
  }

  /** Sends frames, or other bytes, in one write. */
  async write(...frames: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    await this.#wire.write(await new Blob([...frames]).bytes());
  }

  /** Reads the next frame, or returns `undefined` if the connection ends before. */
  async #read(): Promise<Frame | undefined> {
    const head = await this.#wire.take(2);
    if (head === undefined) return undefined;
    const [first = 0, short = 0] = head;
    const long = short < 126 ? Uint8Array.of(short) : await this.#wire.take(short === 126 ? 2 : 8);
    const length = long?.reduce((sum, byte) => sum * 256 + byte, 0);
    const payload = length === undefined ? undefined : await this.#wire.take(length);
    return payload && { opcode: first & 0x0f, payload };
  }

  /** Reads up to the end of the connection. Returns the close code and reason. */
  async closed(): Promise<Closure> {
    while (this.#closure === undefined) await within(this.more(), "the close");
    return this.#closure;
  }

  /** Ends the connection without a close frame. */
  destroy(): void {
    this.#wire[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.destroy();
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
