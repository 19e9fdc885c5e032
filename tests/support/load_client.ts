/**
 * The WebSocket client of the load generators. It parses no JSON, so that timing measures the
 * server.
 *
 * @module
 */

import { FrameReader, type FrameSink } from "./frame_reader.ts";
import { closureOf, frame, Opcode, textFrame } from "./frames.ts";
import { HEADROOM, RawSocket, readMemory, upgradeRequest } from "./raw_socket.ts";

/** Where a client connects to. */
export interface Endpoint {
  readonly port: number;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Takes pieces of text frames, as {@linkcode FrameSink.text} does. */
export type TextReader = FrameSink["text"];

const latin1 = new TextDecoder("latin1");

/** Drops a frame. */
const skip: TextReader = (_bytes, _from, to) => to;

/** A connected client. It drops what it receives unless {@linkcode LoadClient.reader} is set. */
export class LoadClient implements FrameSink {
  /** Reads text frames. */
  reader: TextReader = skip;
  /** Called after each read. */
  onRead: (() => void) | undefined;
  /** Called when the connection ends otherwise than by {@linkcode LoadClient.destroy}. */
  onEnd: (reason: Error) => void = (reason) => {
    throw reason;
  };
  readonly #socket: RawSocket;
  readonly #frames = new FrameReader();
  /** The end of the last read that could not be read yet: a cut-off header or text. */
  #leftover = new Uint8Array(0);
  #received = "";
  #upgraded: (() => void) | undefined;

  private constructor({ port, path, headers }: Endpoint) {
    this.#socket = new RawSocket(port);
    this.#socket.onRead = (to) => this.#read(to);
    this.#socket.onEnd = (reason) => this.onEnd(reason);
    this.#socket.write(upgradeRequest(path, headers));
  }

  /** Connects and upgrades. */
  static async open(endpoint: Endpoint): Promise<LoadClient> {
    const client = new LoadClient(endpoint);
    await client.#orEnd<void>((resolve) => client.#upgraded = resolve);
    return client;
  }

  /** Sends a text and waits for a frame that contains another. Returns the frame. */
  async ask(text: string, answer: string): Promise<string> {
    const answered = this.receive(answer);
    this.write(textFrame(text));
    return await answered;
  }

  /** Waits for a frame that contains a text. An error event of the server rejects. */
  async receive(text: string): Promise<string> {
    const { reader } = this;
    const received = await this.#orEnd<string>((resolve) => {
      this.reader = (bytes, from, to, last) => {
        this.#received += latin1.decode(bytes.subarray(from, to));
        if (!last) return to;
        if (this.#received.includes(text)) resolve(this.#received);
        else if (this.#received.includes('"type":"error"')) this.#fail(new Error(this.#received));
        this.#received = "";
        return to;
      };
    });
    this.reader = reader;
    return received;
  }

  /** Sends encoded frames. */
  write(frames: Uint8Array): void {
    this.#socket.write(frames);
  }

  /** Stops reading. */
  stall(): void {
    this.#socket.stall();
  }

  /** Reads again. */
  resume(): void {
    this.#socket.resume();
  }

  /** Ends the connection without a close frame. */
  destroy(): void {
    this.#socket.destroy();
  }

  text(bytes: Uint8Array, from: number, to: number, last: boolean): number {
    return this.reader(bytes, from, to, last);
  }

  ping(payload: Uint8Array): void {
    this.write(frame(Opcode.PONG, payload));
  }

  close(payload: Uint8Array): void {
    const { code } = closureOf(payload);
    this.#fail(new Error(`The server closed the connection with code ${code}`));
  }

  /** Waits for a value, or rejects if the connection ends before. */
  async #orEnd<T>(start: (resolve: (value: T) => void) => void): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const { onEnd } = this;
    this.onEnd = reject;
    start(resolve);
    const value = await promise;
    this.onEnd = onEnd;
    return value;
  }

  #fail(reason: Error): void {
    if (this.#socket.ended) return;
    this.destroy();
    this.onEnd(reason);
  }

  #read(to: number): void {
    const from = HEADROOM - this.#leftover.length;
    readMemory.set(this.#leftover, from);
    const start = this.#upgraded === undefined ? from : this.#readUpgrade(from, to);
    const stop = this.#frames.read(readMemory, start, to, this);
    if (stop < to || this.#leftover.length > 0) this.#leftover = readMemory.slice(stop, to);
    this.onRead?.();
  }

  /** Reads the answer to the upgrade. Returns where the frames begin. */
  #readUpgrade(from: number, to: number): number {
    const head = latin1.decode(readMemory.subarray(from, to)).split("\r\n\r\n", 1)[0] ?? "";
    // None of the servers sends its answer in pieces.
    if (!head.startsWith("HTTP/1.1 101 ")) {
      this.#fail(new Error(`The server did not upgrade: ${head}`));
      return to;
    }
    this.#upgraded?.();
    this.#upgraded = undefined;
    return from + head.length + 4;
  }
}
