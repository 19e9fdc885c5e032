/**
 * Event streams: a parser, and a client on a socket.
 *
 * @module
 */

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
