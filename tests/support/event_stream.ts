/**
 * Event streams: a parser, and a client on a socket.
 *
 * @module
 */

import { within } from "./deadline.ts";
import { HOST, TcpConnection } from "./tcp_connection.ts";

/** An event of a stream. */
export interface StreamEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** The last id of the stream at the event. */
  readonly lastId: string;
}

/** The events in the text of a whole stream, as browsers dispatch them. */
export function streamEvents(text: string): StreamEvent[] {
  const parser = new StreamParser();
  return parser.push(text);
}

/** A parser of event streams, as the HTML standard has it. */
export class StreamParser {
  lastId = "";
  /** The time until the next attempt, in milliseconds, if the stream has set one. */
  retryMs: number | undefined;
  comments = 0;
  #rest = "";
  #type = "";
  #data: string[] = [];

  /** Takes a part of the text. Returns the events that it ends. */
  push(text: string): StreamEvent[] {
    const lines = (this.#rest + text).split(/\r\n|\r|\n/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#take(line));
  }

  #take(line: string): StreamEvent[] {
    if (line === "") return this.#dispatch();
    const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === "") this.comments++;
    if (field === "event") this.#type = value;
    if (field === "data") this.#data.push(value);
    if (field === "id") this.lastId = value;
    if (field === "retry") this.retryMs = Number(value);
    return [];
  }

  #dispatch(): StreamEvent[] {
    const [type, data] = [this.#type || "message", this.#data.join("\n")];
    this.#type = "";
    this.#data = [];
    return data === "" ? [] : [{ type, data: JSON.parse(data), lastId: this.lastId }];
  }
}

/** A client that reads a stream on a TCP connection, and only when it waits for something. */
export class EventReader implements Disposable {
  readonly #connection: TcpConnection;
  readonly #parser = new StreamParser();
  readonly #decoder = new TextDecoder();
  #events: StreamEvent[] = [];

  private constructor(connection: TcpConnection) {
    this.#connection = connection;
  }

  /** Opens the stream of a room, from now on or after an id. */
  static async open(
    port: number,
    room = "lobby",
    headers: Readonly<Record<string, string>> = {},
  ): Promise<EventReader> {
    const connection = await TcpConnection.connect(port);
    const lines = Object.entries({ host: `${HOST}:${port}`, ...headers }).map((each) =>
      each.join(": ")
    );
    // Of version 1.0, for which the body has no chunks.
    const asked = connection.ask(`GET /api/rooms/${room}/events HTTP/1.0`, ...lines);
    const { status } = await within(asked, "an event stream");
    const reader = new EventReader(connection);
    if (status !== 200) {
      reader[Symbol.dispose]();
      throw new Error(`The stream was refused with ${status}`);
    }
    while (reader.lastId === "") await reader.#more("the first id");
    return reader;
  }

  get lastId(): string {
    return this.#parser.lastId;
  }

  get retryMs(): number | undefined {
    return this.#parser.retryMs;
  }

  /** Waits for the next event. */
  async next(): Promise<StreamEvent> {
    while (this.#events.length === 0) {
      if (!await this.#more("an event")) throw new Error("The stream ended before an event came");
    }
    const [event, ...others] = this.#events;
    this.#events = others;
    if (event === undefined) throw new TypeError("No event");
    return event;
  }

  /** Waits for the texts of so many messages; of any other event the type is in its place. */
  async texts(count: number): Promise<unknown[]> {
    const texts: unknown[] = [];
    while (texts.length < count) {
      const { type, data } = await this.next();
      texts.push(type === "message" ? data["text"] : type);
    }
    return texts;
  }

  /** Waits for comments. */
  async comments(count: number): Promise<void> {
    while (this.#parser.comments < count) {
      if (!await this.#more("a comment")) throw new Error("The stream ended before a comment came");
    }
  }

  /** Waits for the end. Returns the types of the events until then. */
  async ended(): Promise<string[]> {
    while (await this.#more("the end of the stream"));
    return this.#events.splice(0).map(({ type }) => type);
  }

  /** Ends the sending side alone. */
  async closeWrite(): Promise<void> {
    await this.#connection.closeWrite();
  }

  async #more(what: string): Promise<boolean> {
    const bytes = await within(this.#connection.some(), what);
    if (bytes === undefined) return false;
    this.#events.push(...this.#parser.push(this.#decoder.decode(bytes, { stream: true })));
    return true;
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }
}
