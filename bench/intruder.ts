/**
 * A client that wears a server out: on a raw socket, with no regard for what is answered.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import type { WireCommand } from "../tests/support/clients.ts";
import { encodeText } from "./frames.ts";

/** All sockets read into this memory, one after the other. */
const memory = new Uint8Array(65_536);

const latin1 = new TextDecoder("latin1");

let addresses = 0;

/** An address of this machine that nobody has come from yet: there are 16 million. */
export function newAddress(): string {
  const number = ++addresses;
  return `127.${1 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
}

/** A client that is up to no good. */
export class Intruder {
  /** Whether the connection is over, whoever ended it. */
  ended = false;
  readonly #socket: Socket;
  #awaited: { readonly text: string; readonly done: (heard: string) => void } | undefined;
  #heard = "";
  #drained: (() => void) | undefined;

  private constructor(port: number, localAddress: string) {
    this.#socket = connect({
      port,
      localAddress,
      host: "127.0.0.1",
      noDelay: true,
      onread: { buffer: memory, callback: (length) => this.#take(length) },
    });
    this.#socket.on("drain", () => this.#drained?.());
    this.#socket.on("error", () => this.cut());
    this.#socket.on("close", () => this.cut());
  }

  /** Connects with TCP, and says nothing. */
  static async connect(port: number, from = newAddress()): Promise<Intruder> {
    const intruder = new Intruder(port, from);
    await new Promise<void>((resolve) => {
      intruder.#socket.on("connect", resolve);
      intruder.#socket.on("close", resolve);
    });
    return intruder;
  }

  /** Connects with a WebSocket, unless it is refused: then it has ended. */
  static async upgrade(port: number, from?: string): Promise<Intruder> {
    const intruder = await Intruder.connect(port, from);
    const answer = intruder.hear("\r\n\r\n");
    await intruder.write(Buffer.from(`${UPGRADE}\r\n`));
    if (!(await answer).startsWith("HTTP/1.1 101 ")) intruder.cut();
    return intruder;
  }

  /** Says commands, in one write. Resolves when more can be said. */
  async say(...commands: readonly WireCommand[]): Promise<void> {
    await this.write(Buffer.concat(commands.map((each) => encodeText(JSON.stringify(each)))));
  }

  /** Sends bytes. Resolves when more can be sent. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.ended || this.#socket.write(bytes)) return;
    await new Promise<void>((resolve) => this.#drained = resolve);
  }

  /** Waits for a text. Returns what came, up to it at least, or "" if the connection ends before. */
  hear(text: string): Promise<string> {
    if (this.ended) return Promise.resolve("");
    return new Promise((done) => this.#awaited = { text, done });
  }

  /** Reads nothing from now on. */
  stall(): void {
    this.#socket.pause();
  }

  /** Goes, without a word. */
  cut(): void {
    if (this.ended) return;
    this.ended = true;
    this.#socket.destroy();
    this.#drained?.();
    this.#awaited?.done("");
  }

  /** Asks for a WebSocket, and resets the connection without waiting for the answer. */
  upgradeAndReset(): void {
    this.#socket.write(`${UPGRADE}\r\n`);
    this.#socket.resetAndDestroy();
    this.cut();
  }

  #take(length: number): boolean {
    if (this.#awaited === undefined) return true;
    const { text, done } = this.#awaited;
    this.#heard += latin1.decode(memory.subarray(0, length));
    if (!this.#heard.includes(text)) return true;
    const heard = this.#heard;
    this.#heard = "";
    this.#awaited = undefined;
    done(heard);
    return true;
  }
}

/** The request for a WebSocket, but for the empty line that ends it. */
export const UPGRADE = [
  "GET /ws HTTP/1.1",
  "Host: 127.0.0.1",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "",
].join("\r\n");
