/**
 * The oracle of frames: a reader that checks every rule of RFC 6455, for the bytes of either side.
 *
 * @module
 */

import { type Closure, closureOf, Opcode } from "../support/frames.ts";

/** What the reader finds in the bytes. */
export type Delivery =
  | { readonly kind: "message"; readonly message: string | Uint8Array }
  | { readonly kind: "ping" | "pong"; readonly payload: Uint8Array<ArrayBuffer> }
  | { readonly kind: "close"; readonly closure: Closure }
  /** A broken rule. The other side may notice it only when the frame `isWhole`. */
  | { readonly kind: "violation"; readonly rule: string; readonly isWhole: boolean };

/** The head of a frame. */
interface Head {
  readonly final: boolean;
  readonly reserved: boolean;
  readonly opcode: number;
  readonly masked: boolean;
  /** Whether the length is encoded in as few bytes as possible. */
  readonly minimal: boolean;
  readonly length: bigint;
  readonly size: number;
}

const MAX_CONTROL_LENGTH = 125n;

/** A message, fragment by fragment. */
class Message {
  content: string | Uint8Array;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(opcode: number) {
    this.content = opcode === Opcode.BINARY ? new Uint8Array() : "";
  }

  /** Adds a fragment. Returns whether it is valid: any bytes of a binary message, UTF-8 of a text. */
  add(payload: Uint8Array): boolean {
    if (typeof this.content !== "string") {
      this.content = concat([this.content, payload]);
      return true;
    }
    try {
      this.content += this.#decoder.decode(payload, { stream: true });
      return true;
    } catch {
      return false;
    }
  }

  /** Ends the message. Returns whether its last character is complete. */
  end(): boolean {
    try {
      this.#decoder.decode();
      return true;
    } catch {
      return false;
    }
  }
}

/** Reads what one side of a connection sends, in pieces of any size. */
export class FrameReader {
  readonly #masked: boolean;
  readonly #tolerates: ReadonlySet<string>;
  #bytes = new Uint8Array();
  #message: Message | undefined;
  #ended = false;
  #isTolerated = false;

  /**
   * @param masked whether the side must mask its frames: a client must, a server must not
   * @param tolerates the rules whose violations are ignored
   */
  constructor(masked: boolean, tolerates: Iterable<string> = []) {
    this.#masked = masked;
    this.#tolerates = new Set(tolerates);
  }

  /** Whether the bytes so far end between two messages. */
  get isBetweenMessages(): boolean {
    return this.#bytes.length === 0 && this.#message === undefined;
  }

  /** Whether a violation was ignored. */
  get isTolerated(): boolean {
    return this.#isTolerated;
  }

  /** Reads bytes, and yields what they complete. After a violation or a close, yields nothing. */
  *read(bytes: Uint8Array): Generator<Delivery> {
    this.#bytes = concat([this.#bytes, bytes]);
    while (!this.#ended) {
      const head = readHead(this.#bytes);
      if (head === undefined) return;
      const isWhole = BigInt(this.#bytes.length - head.size) >= head.length;
      const rule = this.#broken(head);
      if (rule !== undefined) return yield this.#violation(rule, isWhole);
      if (!isWhole) return;
      yield* this.#take(head);
    }
  }

  /** The rule that a head breaks. */
  #broken(head: Head): string | undefined {
    const { opcode, final, length } = head;
    const isControl = opcode >= Opcode.CLOSE;
    const isContinuation = opcode === Opcode.CONTINUATION;
    const isWithin = this.#message !== undefined && !isControl && !isContinuation;
    const isLong = isControl && length > MAX_CONTROL_LENGTH;
    const rules: Readonly<Record<string, boolean>> = {
      "reserved bit": head.reserved,
      "reserved opcode": (opcode > Opcode.BINARY && !isControl) || opcode > Opcode.PONG,
      "fragmented control frame": isControl && !final,
      "long ping": isLong && opcode === Opcode.PING,
      "long pong": isLong && opcode === Opcode.PONG,
      "long close": isLong && opcode === Opcode.CLOSE,
      "continuation without a message": isContinuation && this.#message === undefined,
      "message within a message": isWithin && final,
      "first fragment within a message": isWithin && !final,
      "length over 63 bits": length >= 2n ** 63n,
      "longer length than needed": !head.minimal,
      "mask": head.masked !== this.#masked,
    };
    return Object.keys(rules).find((rule) => rules[rule] && !this.#tolerate(rule));
  }

  #tolerate(rule: string): boolean {
    this.#isTolerated ||= this.#tolerates.has(rule);
    return this.#tolerates.has(rule);
  }

  *#take({ opcode, final, masked, size, length }: Head): Generator<Delivery> {
    const end = size + Number(length);
    const payload = this.#bytes.slice(size, end);
    if (masked) {
      const mask = this.#bytes.subarray(size - 4, size);
      for (const [i, byte] of payload.entries()) payload[i] = byte ^ (mask[i % 4] ?? 0);
    }
    this.#bytes = this.#bytes.slice(end);
    switch (opcode) {
      case Opcode.PING:
        return yield { kind: "ping", payload };
      case Opcode.PONG:
        return yield { kind: "pong", payload };
      case Opcode.CLOSE:
        return yield this.#close(payload);
    }
    const begun = opcode === Opcode.CONTINUATION ? this.#message : undefined;
    const message = begun ?? new Message(opcode);
    const isGood = message.add(payload) &&
      (!final || message.end() || (begun !== undefined && this.#tolerate("incomplete character")));
    this.#message = final ? undefined : message;
    if (!isGood) yield this.#violation("UTF-8");
    else if (final) yield { kind: "message", message: message.content };
  }

  #close(payload: Uint8Array<ArrayBuffer>): Delivery {
    const closure = closureOf(payload);
    if (payload.length === 1) return this.#violation("close of one byte");
    if (payload.length > 0 && !isCloseCode(closure.code)) return this.#violation("close code");
    if (!isText(payload.subarray(2))) return this.#violation("UTF-8 of a reason");
    this.#ended = true;
    return { kind: "close", closure };
  }

  #violation(rule: string, isWhole = true): Delivery {
    this.#ended = true;
    return { kind: "violation", rule, isWhole };
  }
}

/** The head of the first frame in the bytes, if it is complete. */
function readHead(bytes: Uint8Array<ArrayBuffer>): Head | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  const masked = second >= 0x80;
  const short = second & 0x7f;
  const extra = { 126: 2, 127: 8 }[short] ?? 0;
  const size = 2 + extra + (masked ? 4 : 0);
  if (bytes.length < size) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = extra === 8
    ? view.getBigUint64(2)
    : BigInt(extra === 2 ? view.getUint16(2) : short);
  const minimal = length >= ({ 126: 126n, 127: 65_536n }[short] ?? 0n);
  return {
    final: first >= 0x80,
    reserved: (first & 0x70) !== 0,
    opcode: first & 0x0f,
    masked,
    minimal,
    length,
    size,
  };
}

/** The codes that RFC 6455, 7.4, assigns or leaves to applications. */
function isCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) ||
    (code >= 3000 && code <= 4999);
}

/** Whether all bytes are UTF-8. */
function isText(bytes: Uint8Array): boolean {
  const message = new Message(Opcode.TEXT);
  return message.add(bytes) && message.end();
}

/** Concatenates bytes. */
export function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
