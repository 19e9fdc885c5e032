/**
 * Plays a script against a server, and holds what the server says against the oracles.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { Chance } from "../support/seeded_random.ts";
import type { Script } from "./random_frames.ts";
import { concat, type Delivery, FrameReader } from "./oracle_frames.ts";
import type { Minutes } from "./oracle_shared.ts";
import { SessionOracle } from "./oracle_session.ts";
import { within } from "../support/deadline.ts";
import { ABNORMAL, frame, Opcode } from "../support/frames.ts";
import { handshake, TcpConnection } from "../support/tcp_connection.ts";

/** Where a script is played. */
export interface Stage {
  readonly port: number;
  readonly minutes: Minutes;
  /** Whether the server limits how often something is asked or said. */
  readonly limited: boolean;
}

/** How a script ended: with which code of a close or of HTTP, or because the client had enough. */
export type Outcome = number | "left" | "no answer";

/**
 * Rules of RFC 6455 that Deno 2.9's WebSocket lets pass; another version may insist on them. None
 * lets more than a text through: a beginning within a message makes it forget the message, and a
 * character that is cut off at the end of the last fragment is left out.
 */
const TOLERATED = [
  "mask",
  "longer length than needed",
  "long pong",
  "long close",
  "beginning within a message",
  "character cut off",
];

/** What a WebSocket is closed with when its rules are broken. */
const VIOLATION_CODES = [1002, 1003, 1007, 1009, ABNORMAL.code];

/** How often a client waits for its answers before it goes on. */
const WAITS = 0.1;

/** Does what a script says. Throws at the first thing that should not have happened. */
export async function play(script: Script, chance: Chance, stage: Stage): Promise<Outcome> {
  using wire = await TcpConnection.connect(stage.port);
  const oracle = new SessionOracle(stage.minutes, stage.limited);
  const duologue = new Duologue(wire, oracle);
  const early = concat(script.parts.slice(0, script.early));
  duologue.note(early);
  const headers = handshake({
    "x-forwarded-for": `10.${chance.list(3, () => chance.below(256)).join(".")}`,
  });
  const { status } = await within(wire.request("GET", "/ws", headers, early), "an upgrade");
  assert(status === 101, `The upgrade was answered with ${status}`);
  const rest = script.parts.slice(script.early);
  const reading = duologue.read();
  try {
    if (script.ending === "cut") return await duologue.cut(concat(rest), chance);
    for (const part of rest) {
      await duologue.write(part);
      if (chance.is(WAITS)) await duologue.settle();
    }
    return script.ending === "stay" ? await duologue.finish() : await duologue.halfClose();
  } finally {
    wire[Symbol.dispose]();
    await reading;
    oracle.left();
  }
}

/** Both sides of a connection. */
class Duologue {
  readonly #wire: TcpConnection;
  readonly #oracle: SessionOracle;
  readonly #client = new FrameReader(true, TOLERATED);
  readonly #server = new FrameReader(false, ["long close"]);
  /** The payloads of pings that were not answered yet. */
  readonly #pings: string[] = [];
  /** How the client has ended the conversation: well, with a code, or by breaking a rule. */
  #over: { readonly code: number | undefined } | undefined;
  /** Whether the client has sent something after its last message. */
  #hasMore = false;
  /** The code with which the server has. */
  #code: number | undefined;
  #failure: unknown;
  #change = Promise.withResolvers<void>();

  constructor(wire: TcpConnection, oracle: SessionOracle) {
    this.#wire = wire;
    this.#oracle = oracle;
  }

  /** Notes what the server is to make of bytes. */
  note(bytes: Uint8Array): void {
    for (const delivery of this.#client.read(bytes)) {
      this.#hasMore = delivery.kind !== "message";
      if (delivery.kind === "message") this.#oracle.sent(delivery.message);
      if (delivery.kind === "ping") this.#pings.push(delivery.payload.toHex());
      if (delivery.kind === "violation" && delivery.isWhole) this.#over = { code: undefined };
      if (delivery.kind === "close") this.#over = { code: delivery.closure.code };
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.note(bytes);
    try {
      await this.#wire.write(bytes);
    } catch (error) {
      // The server has gone: whether it may, is seen when that is read.
      if (
        !(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset)
      ) throw error;
    }
  }

  /** Reads all that the server says, up to the end. */
  async read(): Promise<void> {
    try {
      for (let bytes = await this.#wire.some(); bytes; bytes = await this.#wire.some()) {
        for (const delivery of this.#server.read(bytes)) this.#hear(delivery);
        this.#changed();
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#code ??= ABNORMAL.code;
    this.#changed();
  }

  /** Waits until there is nothing more to come. */
  async settle(): Promise<void> {
    while (this.#code === undefined && this.#isWaiting) {
      await within(this.#change.promise, "what the server owes");
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Waits for all answers, and for the end if it must come. */
  async finish(): Promise<Outcome> {
    await this.settle();
    if (this.#code === undefined && this.#client.isBetweenMessages) {
      // After the answer to this, no other can come.
      await this.write(frame(Opcode.TEXT, '{"type":"ping","ref":"the last word"}'));
      await this.settle();
    }
    return this.#checkEnd();
  }

  /** Says that there is no more to come, and waits for the end. */
  async halfClose(): Promise<Outcome> {
    try {
      await this.#wire.closeWrite();
    } catch {
      // The server was faster.
    }
    this.#over ??= { code: ABNORMAL.code };
    await this.settle();
    return this.#checkEnd();
  }

  /** Leaves at any place, and with answers unread. */
  async cut(bytes: Uint8Array, chance: Chance): Promise<Outcome> {
    await this.write(bytes.subarray(0, chance.below(bytes.length + 1)));
    return "left";
  }

  get #isWaiting(): boolean {
    const mustEnd = this.#over !== undefined || this.#oracle.closing !== undefined;
    return mustEnd || this.#oracle.isDue || this.#pings.length > 0;
  }

  #hear(delivery: Delivery): void {
    switch (delivery.kind) {
      case "message":
        if (typeof delivery.message !== "string") throw new Error("The server sends bytes");
        return this.#oracle.heard(delivery.message);
      case "pong":
        assert(this.#pings.shift() === delivery.payload.toHex(), "A pong to nothing");
        return;
      case "close":
        this.#code = delivery.closure.code;
        return;
      case "violation":
        throw new Error(`The server breaks a rule: ${delivery.rule}`);
    }
  }

  #checkEnd(): Outcome {
    const code = this.#code;
    if (code === undefined) return "left";
    const isBetween = this.#client.isBetweenMessages;
    const mayBreak = this.#over !== undefined || !isBetween || this.#client.isTolerated;
    const isLost = this.#oracle.closing !== undefined && (this.#hasMore || !isBetween);
    if (code === this.#over?.code || (mayBreak && VIOLATION_CODES.includes(code))) return code;
    if (code !== ABNORMAL.code || !isLost) this.#oracle.closed(code);
    return code;
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}

/** Writes something in place of an upgrade. Returns the status of the answer, if there was one. */
export async function playRequest(
  { parts }: Script,
  { port }: Stage,
): Promise<Outcome> {
  using wire = await TcpConnection.connect(port);
  const pieces: Uint8Array[] = [];
  const reading = (async () => {
    for (let piece = await wire.some(); piece; piece = await wire.some()) pieces.push(piece);
  })();
  try {
    await wire.write(concat(parts));
    await wire.closeWrite();
  } catch {
    // The server has heard enough.
  }
  await within(reading, "the end of a bad request");
  const answer = new TextDecoder("latin1").decode(concat(pieces));
  // HTTP/2 is answered in HTTP/2: it has frames, and ours have no status that could be read here.
  if (answer === "" || answer.startsWith("\0")) return "no answer";
  const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(answer)?.[1]);
  const isFine = status < 500 && !/\.ts\b|\n\s+at /.test(answer);
  assert(isFine, `Garbage was answered with ${JSON.stringify(answer.slice(0, 2000))}`);
  return status;
}
