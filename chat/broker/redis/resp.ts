/**
 * RESP2, the protocol of Redis: an encoder of commands, and an incremental parser of replies.
 *
 * @module
 */

/**
 * The reply to a command. Texts are decoded from UTF-8, with U+FFFD for what is none. An error in an
 * array is a value.
 */
export type Reply = string | number | null | ReplyError | readonly Reply[];

/** Redis has refused a command. */
export class ReplyError extends Error {
  override readonly name = "ReplyError";
  /** The first word, such as `NOSCRIPT`. */
  readonly code: string;

  constructor(message: string) {
    super(message);
    const end = message.indexOf(" ");
    this.code = end < 0 ? message : message.slice(0, end);
  }
}

/** The bytes are no RESP2, or more than allowed. The connection is of no use any more. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** An argument of a command. Unpaired surrogates are sent as U+FFFD. */
export type Argument = string | number;

/** Encodes a command as a text that is to be sent as UTF-8. */
export function encodeCommand(args: readonly Argument[]): string {
  let text = `*${args.length}\r\n`;
  for (const arg of args) {
    const value = String(arg);
    text += `$${utf8Length(value)}\r\n${value}\r\n`;
  }
  return text;
}

/** The bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    // A pair of surrogates is two units, and four bytes.
    if (unit < 0xd800 || unit > 0xdbff) continue;
    const next = text.charCodeAt(i + 1);
    if (next >= 0xdc00 && next <= 0xdfff) i++;
  }
  return bytes;
}

const CR = 0x0d;
const LF = 0x0a;

/** Of types of RESP2. Redis itself nests 7 deep in replies to commands, scripts 7. */
const MAX_DEPTH = 32;
const MAX_LINE_BYTES = 65_536;
/** The memory that an item takes beside its text. */
const ITEM_BYTES = 64;
const FIRST_BYTES = 1024;

/** An array whose items are still coming. */
interface Open {
  readonly items: Reply[];
  left: number;
}

/** Parses replies from chunks of bytes, each byte once. */
export class ReplyParser {
  readonly #maxBytes: number;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #stack: Open[] = [];
  /** The beginning of a line, or of a bulk string with its line break, that an earlier chunk had. */
  #held = new Uint8Array(FIRST_BYTES);
  #heldBytes = 0;
  /** The bytes of the bulk string that is coming, with its line break; 0: a line is coming. */
  #bulkBytes = 0;
  /** The bytes of the reply that is coming. */
  #bytes = 0;

  /** @param maxBytes the most bytes of a reply, in which each item of an array counts as 64 more */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes the next bytes, and returns the replies that they complete. Keeps nothing of the chunk.
   *
   * @throws {ProtocolError} at once, however much a reply says that it will have
   */
  push(chunk: Uint8Array): Reply[] {
    const replies: Reply[] = [];
    for (let at = 0; at < chunk.length;) {
      const end = this.#endOfToken(chunk, at);
      const token = this.#join(chunk.subarray(at, end ?? chunk.length), end !== undefined);
      at = end ?? chunk.length;
      if (token === undefined) break;
      const reply = this.#bulkBytes > 0 ? this.#readBulk(token) : this.#readLine(token);
      // One item may close several arrays.
      const whole = reply === undefined ? undefined : this.#place(reply);
      if (whole === undefined) continue;
      replies.push(whole);
      this.#bytes = 0;
    }
    return replies;
  }

  /** The end of the token that is coming, or `undefined` if it is behind the chunk. */
  #endOfToken(chunk: Uint8Array, at: number): number | undefined {
    if (this.#bulkBytes > 0) {
      const end = at + this.#bulkBytes - this.#heldBytes;
      return end <= chunk.length ? end : undefined;
    }
    const index = chunk.indexOf(LF, at);
    return index < 0 ? undefined : index + 1;
  }

  /** The whole token, if this is its last part. */
  #join(part: Uint8Array, isLast: boolean): Uint8Array | undefined {
    const bytes = this.#heldBytes + part.length;
    if (this.#bulkBytes === 0 && bytes > MAX_LINE_BYTES) {
      throw new ProtocolError(`A line has more than ${MAX_LINE_BYTES} bytes`);
    }
    if (isLast && this.#heldBytes === 0) return part;
    if (bytes > this.#held.length) {
      const larger = new Uint8Array(Math.max(bytes, 2 * this.#held.length));
      larger.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = larger;
    }
    this.#held.set(part, this.#heldBytes);
    this.#heldBytes = bytes;
    if (!isLast) return undefined;
    const token = this.#held.subarray(0, bytes);
    this.#heldBytes = 0;
    // One large reply is no reason to keep its memory.
    if (this.#held.length > MAX_LINE_BYTES) this.#held = new Uint8Array(FIRST_BYTES);
    return token;
  }

  #readBulk(token: Uint8Array): string {
    const end = token.length - 2;
    if (token[end] !== CR || token[end + 1] !== LF) {
      throw new ProtocolError("A bulk string is longer than it says");
    }
    this.#bulkBytes = 0;
    return this.#decoder.decode(token.subarray(0, end));
  }

  /** The reply of a line, or `undefined` if more belongs to it. */
  #readLine(line: Uint8Array): Reply | undefined {
    if (line.length < 3 || line[line.length - 2] !== CR) {
      throw new ProtocolError("A line does not end in CR LF");
    }
    this.#charge(line.length + ITEM_BYTES);
    const type = String.fromCharCode(line[0] ?? 0);
    const text = line.subarray(1, -2);
    switch (type) {
      case "+":
        return this.#decoder.decode(text);
      case "-":
        return new ReplyError(this.#decoder.decode(text));
      case ":":
        return readInteger(text);
      case "$":
        return this.#beginBulk(readInteger(text));
      case "*":
        return this.#beginArray(readInteger(text));
      default:
        throw new ProtocolError(`A reply begins with ${JSON.stringify(type)}`);
    }
  }

  #beginBulk(length: number): null | undefined {
    if (length === -1) return null;
    if (length < 0) throw new ProtocolError("A bulk string has a negative length");
    this.#charge(length);
    this.#bulkBytes = length + 2;
    return undefined;
  }

  #beginArray(length: number): Reply | undefined {
    if (length === -1) return null;
    if (length < 0) throw new ProtocolError("An array has a negative length");
    if (length === 0) return [];
    // Each item has three bytes at least.
    this.#check(length * (3 + ITEM_BYTES));
    if (this.#stack.length === MAX_DEPTH) {
      throw new ProtocolError(`Arrays are nested more than ${MAX_DEPTH} deep`);
    }
    this.#stack.push({ items: [], left: length });
    return undefined;
  }

  /** Puts an item into its array. Returns the whole reply, if this was its last item. */
  #place(item: Reply): Reply | undefined {
    let reply = item;
    for (let open = this.#stack.at(-1); open !== undefined; open = this.#stack.at(-1)) {
      open.items.push(reply);
      if (--open.left > 0) return undefined;
      this.#stack.pop();
      reply = open.items;
    }
    return reply;
  }

  #check(bytes: number): void {
    if (this.#bytes + bytes > this.#maxBytes) {
      throw new ProtocolError(`A reply takes more than ${this.#maxBytes} bytes`);
    }
  }

  #charge(bytes: number): void {
    this.#check(bytes);
    this.#bytes += bytes;
  }
}

/** Reads digits, with a sign before them. Beyond 2^53 the last digits are lost. */
function readInteger(text: Uint8Array): number {
  const first = text[0] === 0x2d || text[0] === 0x2b ? 1 : 0;
  if (text.length === first || text.length > 20) {
    throw new ProtocolError("A number has no digits or too many");
  }
  let value = 0;
  for (let i = first; i < text.length; i++) {
    const digit = (text[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) throw new ProtocolError("A number has something else than digits");
    value = 10 * value + digit;
  }
  return text[0] === 0x2d ? -value : value;
}
