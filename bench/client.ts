/**
 * One client of the load generator, on a raw socket.
 *
 * @module
 */

import { connect, type Socket } from "node:net";
import type { Dialect, Step } from "./dialects.ts";
import { encodePong, encodeText, FrameReader, type FrameSink } from "./frames.ts";

/** Where the server is, and how to talk to it. */
export interface Target {
  readonly port: number;
  readonly serverPid: number;
  readonly dialect: Dialect;
  /** Where a client says that it comes from, as a proxy would. */
  readonly forwardedFor?: string;
}

/** Takes pieces of text frames, as {@linkcode FrameSink.text} does. */
export type TextReader = FrameSink["text"];

/** Room for what a read left over: a cut-off stamp or header, or the answer to the upgrade. */
const HEADROOM = 4096;
const READ_BYTES = 65_536;

/**
 * All sockets read into this memory, one after the other. Measured with 1,000 sockets on one core:
 * 8 million messages of 240 bytes a second at half of the core, where `Deno.connect` with a buffer
 * for each socket was at its limit with 5 million.
 */
const memory = new Uint8Array(HEADROOM + READ_BYTES);

const latin1 = new TextDecoder("latin1");

/** Drops a frame. */
const skip: TextReader = (_bytes, _from, to) => to;

/** A connected client. It drops what it gets unless {@linkcode Client.reader} is set. */
export class Client implements FrameSink {
  /** Reads text frames. */
  reader: TextReader = skip;
  /** Called after each read. */
  onRead: (() => void) | undefined;
  /** Called when the connection ends otherwise than by {@linkcode Client.close}. */
  onEnd: (reason: Error) => void = (reason) => {
    throw reason;
  };
  readonly #socket: Socket;
  readonly #frames = new FrameReader();
  #leftover = new Uint8Array(0);
  #heard = "";
  #upgraded: (() => void) | undefined;
  #closed = false;

  private constructor({ port, dialect, forwardedFor }: Target) {
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer: memory.subarray(HEADROOM),
        callback: (length) => this.#read(length),
      },
    });
    this.#socket.on("error", (error) => this.#end(error));
    this.#socket.on("close", () => this.#end(new Error("The server closed the socket")));
    this.#socket.write(
      `GET ${dialect.path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\n` +
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
        (forwardedFor === undefined ? "" : `X-Forwarded-For: ${forwardedFor}\r\n`) + "\r\n",
    );
  }

  /** Connects and joins the room. */
  static async open(target: Target, name: string): Promise<Client> {
    const client = new Client(target);
    await client.#expect((done) => client.#upgraded = done);
    for (const step of target.dialect.greeting(name)) await client.ask(step);
    return client;
  }

  /** Says something and waits for the answer. Returns the frame that it was in. */
  async ask({ say, until }: Step): Promise<string> {
    const answer = this.hear(until);
    this.write(encodeText(say));
    return await answer;
  }

  /** Waits for a frame that contains a text. */
  async hear(text: string): Promise<string> {
    const { reader } = this;
    const frame = await this.#expect<string>((done) => {
      this.reader = (bytes, from, to, last) => {
        this.#heard += latin1.decode(bytes.subarray(from, to));
        if (!last) return to;
        if (this.#heard.includes(text)) done(this.#heard);
        else if (this.#heard.includes('"type":"error"')) this.#end(new Error(this.#heard));
        this.#heard = "";
        return to;
      };
    });
    this.reader = reader;
    return frame;
  }

  /** Sends encoded frames. */
  write(frames: Uint8Array): void {
    this.#socket.write(frames);
  }

  /** Reads nothing from now on. */
  stall(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#socket.resume();
  }

  /** Hangs up. */
  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  text(bytes: Uint8Array, from: number, to: number, last: boolean): number {
    return this.reader(bytes, from, to, last);
  }

  ping(payload: Uint8Array): void {
    this.write(encodePong(payload));
  }

  closing(code: number): void {
    this.#end(new Error(`The server closed the connection with code ${code}`));
  }

  async #expect<T = void>(start: (done: (value: T) => void) => void): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const { onEnd } = this;
    this.onEnd = reject;
    start(resolve);
    const value = await promise;
    this.onEnd = onEnd;
    return value;
  }

  #end(reason: Error): void {
    if (this.#closed) return;
    this.close();
    this.onEnd(reason);
  }

  #read(length: number): boolean {
    const from = HEADROOM - this.#leftover.length;
    const to = HEADROOM + length;
    memory.set(this.#leftover, from);
    const start = this.#upgraded === undefined ? from : this.#readUpgrade(from, to);
    const stop = this.#frames.read(memory, start, to, this);
    if (stop < to || this.#leftover.length > 0) this.#leftover = memory.slice(stop, to);
    this.onRead?.();
    return true;
  }

  /** Reads the answer to the upgrade. Returns where the frames begin. */
  #readUpgrade(from: number, to: number): number {
    const head = latin1.decode(memory.subarray(from, to)).split("\r\n\r\n", 1)[0] ?? "";
    // None of the servers sends its answer in pieces.
    if (!head.startsWith("HTTP/1.1 101 ")) {
      this.#end(new Error(`The server did not upgrade: ${head}`));
      return to;
    }
    this.#upgraded?.();
    this.#upgraded = undefined;
    return from + head.length + 4;
  }
}
