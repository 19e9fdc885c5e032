/**
 * Plays a script on a connection, and checks the server's frames by the oracles.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { SeededRandom } from "../support/seeded_random.ts";
import type { Script } from "./random_frames.ts";
import { concat, type Delivery, FrameReader } from "./oracle_frames.ts";
import type { SharedOracle } from "./oracle_shared.ts";
import { SessionOracle } from "./oracle_session.ts";
import { within } from "../support/deadline.ts";
import { ABNORMAL, frame, Opcode } from "../support/frames.ts";
import { handshake, TcpConnection } from "../support/tcp_connection.ts";

/** The server that a script is played against. */
export interface FuzzTarget {
  readonly port: number;
  readonly shared: SharedOracle;
  /** Whether the server limits rates. */
  readonly limited: boolean;
}

/** The outcome of a script: a close code, an HTTP status, or that the client left. */
export type Outcome = number | "left" | "no answer";

/**
 * Rules of RFC 6455 that Deno 2.9's WebSocket does not enforce. Another version may. No violation
 * does more than change a text: a first fragment within a message drops the message before, and an
 * incomplete character at the end of the last fragment is dropped.
 */
const TOLERATED = [
  "mask",
  "longer length than needed",
  "long pong",
  "long close",
  "first fragment within a message",
  "incomplete character",
];

/** The codes with which the server closes a connection that breaks the rules. */
const VIOLATION_CODES = [1002, 1003, 1007, 1009, ABNORMAL.code];

/** The share of parts after which a client waits for its answers. */
const WAIT_SHARE = 0.1;

/** Plays a script. Throws at the first failure. */
export async function playScript(
  script: Script,
  random: SeededRandom,
  target: FuzzTarget,
): Promise<Outcome> {
  using tcp = await TcpConnection.connect(target.port);
  const oracle = new SessionOracle(target.shared, target.limited);
  const connection = new CheckedConnection(tcp, oracle);
  const early = concat(script.parts.slice(0, script.early));
  connection.recordSent(early);
  const headers = handshake({
    "x-forwarded-for": `10.${random.list(3, () => random.below(256)).join(".")}`,
  });
  const { status } = await within(tcp.request("GET", "/ws", headers, early), "an upgrade");
  assert(status === 101, `The upgrade was answered with ${status}`);
  const rest = script.parts.slice(script.early);
  const reading = connection.read();
  try {
    if (script.ending === "cut") return await connection.cut(concat(rest), random);
    for (const part of rest) {
      await connection.write(part);
      if (random.chance(WAIT_SHARE)) await connection.settle();
    }
    return script.ending === "stay" ? await connection.finish() : await connection.halfClose();
  } finally {
    tcp[Symbol.dispose]();
    await reading;
    oracle.left();
  }
}

/** A connection whose both directions are checked. */
class CheckedConnection {
  readonly #tcp: TcpConnection;
  readonly #oracle: SessionOracle;
  readonly #client = new FrameReader(true, TOLERATED);
  readonly #server = new FrameReader(false, ["long close"]);
  /** The payloads of unanswered pings. */
  readonly #pings: string[] = [];
  /** How the client has ended the connection: with a close code, or by a violation. */
  #clientEnd: { readonly code: number | undefined } | undefined;
  /** Whether the client has sent anything after its last message. */
  #hasMore = false;
  /** The code with which the server has ended the connection. */
  #code: number | undefined;
  #failure: unknown;
  #change = Promise.withResolvers<void>();

  constructor(tcp: TcpConnection, oracle: SessionOracle) {
    this.#tcp = tcp;
    this.#oracle = oracle;
  }

  /** Tells the oracle what the client sends. */
  recordSent(bytes: Uint8Array): void {
    for (const delivery of this.#client.read(bytes)) {
      this.#hasMore = delivery.kind !== "message";
      if (delivery.kind === "message") this.#oracle.sent(delivery.message);
      if (delivery.kind === "ping") this.#pings.push(delivery.payload.toHex());
      if (delivery.kind === "violation" && delivery.isWhole) this.#clientEnd = { code: undefined };
      if (delivery.kind === "close") this.#clientEnd = { code: delivery.closure.code };
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.recordSent(bytes);
    try {
      await this.#tcp.write(bytes);
    } catch (error) {
      // The server has closed the connection. Reading its end checks whether it may.
      if (
        !(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset)
      ) throw error;
    }
  }

  /** Reads and checks the server's frames, up to the end. */
  async read(): Promise<void> {
    try {
      for (let bytes = await this.#tcp.some(); bytes; bytes = await this.#tcp.some()) {
        for (const delivery of this.#server.read(bytes)) this.#receive(delivery);
        this.#changed();
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#code ??= ABNORMAL.code;
    this.#changed();
  }

  /** Waits until nothing is outstanding. */
  async settle(): Promise<void> {
    while (this.#code === undefined && this.#isWaiting) {
      await within(this.#change.promise, "outstanding answers");
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Waits for all answers, and for the end if the server must end the connection. */
  async finish(): Promise<Outcome> {
    await this.settle();
    if (this.#code === undefined && this.#client.isBetweenMessages) {
      // No answer can come after the answer to this.
      await this.write(frame(Opcode.TEXT, '{"type":"ping","ref":"last"}'));
      await this.settle();
    }
    return this.#checkEnd();
  }

  /** Closes the sending side, and waits for the end. */
  async halfClose(): Promise<Outcome> {
    try {
      await this.#tcp.closeWrite();
    } catch {
      // The server has closed the connection before.
    }
    this.#clientEnd ??= { code: ABNORMAL.code };
    await this.settle();
    return this.#checkEnd();
  }

  /** Sends a random number of the bytes, and leaves with answers unread. */
  async cut(bytes: Uint8Array, random: SeededRandom): Promise<Outcome> {
    await this.write(bytes.subarray(0, random.below(bytes.length + 1)));
    return "left";
  }

  get #isWaiting(): boolean {
    const mustEnd = this.#clientEnd !== undefined || this.#oracle.closing !== undefined;
    return mustEnd || this.#oracle.isDue || this.#pings.length > 0;
  }

  #receive(delivery: Delivery): void {
    switch (delivery.kind) {
      case "message":
        if (typeof delivery.message !== "string") {
          throw new Error("The server sent a binary message");
        }
        return this.#oracle.received(delivery.message);
      case "pong":
        assert(this.#pings.shift() === delivery.payload.toHex(), "A pong without a ping");
        return;
      case "close":
        this.#code = delivery.closure.code;
        return;
      case "violation":
        throw new Error(`The server broke a rule: ${delivery.rule}`);
    }
  }

  #checkEnd(): Outcome {
    const code = this.#code;
    if (code === undefined) return "left";
    const isBetween = this.#client.isBetweenMessages;
    const mayBreak = this.#clientEnd !== undefined || !isBetween || this.#client.isTolerated;
    const mayBeLost = this.#oracle.closing !== undefined && (this.#hasMore || !isBetween);
    if (code === this.#clientEnd?.code || (mayBreak && VIOLATION_CODES.includes(code))) return code;
    if (code !== ABNORMAL.code || !mayBeLost) this.#oracle.closed(code);
    return code;
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}

/** Sends a script in place of an upgrade request. Returns the status of the answer, if there is one. */
export async function playRequest(
  { parts }: Script,
  { port }: FuzzTarget,
): Promise<Outcome> {
  using tcp = await TcpConnection.connect(port);
  const pieces: Uint8Array[] = [];
  const reading = (async () => {
    for (let piece = await tcp.some(); piece; piece = await tcp.some()) pieces.push(piece);
  })();
  try {
    await tcp.write(concat(parts));
    await tcp.closeWrite();
  } catch {
    // The server has closed the connection before.
  }
  await within(reading, "the end of the connection");
  const answer = new TextDecoder("latin1").decode(concat(pieces));
  // The answer to HTTP/2 is HTTP/2, whose status this does not read.
  if (answer === "" || answer.startsWith("\0")) return "no answer";
  const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(answer)?.[1]);
  const isFine = status < 500 && !/\.ts\b|\n\s+at /.test(answer);
  assert(isFine, `A random request was answered with ${JSON.stringify(answer.slice(0, 2000))}`);
  return status;
}
