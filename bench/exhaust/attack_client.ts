/**
 * The client of the attacks: a raw socket that sends anything and ignores most answers.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { WireCommand } from "../../tests/support/clients.ts";
import { textFrame } from "../../tests/support/frames.ts";
import { HEADROOM, RawSocket, readMemory, upgradeRequest } from "../../tests/support/raw_socket.ts";

/** The request for a WebSocket. */
const UPGRADE = upgradeRequest();

const latin1 = new TextDecoder("latin1");

let addresses = 0;

/** A loopback address that no client has used yet: there are 16 million. */
export function newAddress(): string {
  const number = ++addresses;
  return `127.${1 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
}

/** One client of an attack. */
export class AttackClient extends RawSocket {
  #awaited: { readonly text: string; readonly resolve: (received: string) => void } | undefined;
  #received = "";

  private constructor(port: number, localAddress: string) {
    super(port, localAddress);
    this.onRead = (to) => this.#take(to);
  }

  /** Opens a TCP connection and sends nothing. */
  static async connect(port: number, from = newAddress()): Promise<AttackClient> {
    const client = new AttackClient(port, from);
    await client.connected;
    return client;
  }

  /** Opens a WebSocket. If the server refuses it, the client has ended. */
  static async upgrade(port: number, from?: string): Promise<AttackClient> {
    const client = await AttackClient.connect(port, from);
    const answer = client.receive("\r\n\r\n");
    await client.send(UPGRADE);
    if (!(await answer).startsWith("HTTP/1.1 101 ")) client.destroy();
    return client;
  }

  /** Sends commands in one write. Resolves when more can be sent. */
  async tell(...commands: readonly WireCommand[]): Promise<void> {
    await this.send(Buffer.concat(commands.map((each) => textFrame(JSON.stringify(each)))));
  }

  /** Waits for a text. Returns the bytes up to it at least, or "" if the connection ends before. */
  receive(text: string): Promise<string> {
    if (this.ended) return Promise.resolve("");
    return new Promise((resolve) => this.#awaited = { text, resolve });
  }

  override destroy(): void {
    super.destroy();
    this.#awaited?.resolve("");
  }

  /** Requests a WebSocket and resets the connection without waiting for the answer. */
  upgradeAndReset(): void {
    this.write(UPGRADE);
    this.reset();
  }

  #take(to: number): void {
    if (this.#awaited === undefined) return;
    const { text, resolve } = this.#awaited;
    this.#received += latin1.decode(readMemory.subarray(HEADROOM, to));
    if (!this.#received.includes(text)) return;
    const received = this.#received;
    this.#received = "";
    this.#awaited = undefined;
    resolve(received);
  }
}
