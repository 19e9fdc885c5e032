/**
 * WebSocket frames (RFC 6455) as a load generator needs them: read in place, in pieces, unjoined.
 *
 * @module
 */

/** Opcodes, from section 5.2. */
const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

/** What a {@linkcode FrameReader} tells of. `bytes` is only valid during the call. */
export interface FrameSink {
  /**
   * A piece of a text frame's payload, the frame's last one or not.
   *
   * @returns where to go on: `to`, or the place of something that needs the bytes that come next
   */
  text(bytes: Uint8Array, from: number, to: number, last: boolean): number;
  ping(payload: Uint8Array): void;
  /** The server closes, with a code (1005 if it gave none). */
  closing(code: number): void;
}

/** Reads the unmasked frames of a server. Keeps no bytes: what it can't use yet, it gives back. */
export class FrameReader {
  /** Bytes of the current text frame that are still to come. */
  #left = 0;

  /** Reads `bytes` from `from` to `to`. Returns where the bytes begin that it needs again. */
  read(bytes: Uint8Array, from: number, to: number, sink: FrameSink): number {
    let at = from;
    while (at < to) {
      if (this.#left === 0) {
        const payload = payloadStart(bytes, at, to);
        if (payload === -1) return at;
        const length = payloadLength(bytes, at, payload);
        const opcode = (bytes[at] ?? 0) & 0x0f;
        if (opcode !== TEXT) {
          if (payload + length > to) return at;
          control(opcode, bytes.subarray(payload, payload + length), sink);
          at = payload + length;
          continue;
        }
        this.#left = length;
        at = payload;
      }
      const end = Math.min(to, at + this.#left);
      const stop = sink.text(bytes, at, end, end - at === this.#left);
      this.#left -= stop - at;
      at = stop;
      if (stop < end) return at;
    }
    return at;
  }
}

/** Where the payload starts of the frame that starts at `at`, or -1 if its header is cut off. */
function payloadStart(bytes: Uint8Array, at: number, to: number): number {
  if (at + 2 > to) return -1;
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
  return start > to ? -1 : start;
}

function payloadLength(bytes: Uint8Array, at: number, payload: number): number {
  if (payload === at + 2) return (bytes[at + 1] ?? 0) & 0x7f;
  let length = 0;
  for (let i = at + 2; i < payload; i++) length = length * 256 + (bytes[i] ?? 0);
  return length;
}

function control(opcode: number, payload: Uint8Array, sink: FrameSink): void {
  switch (opcode) {
    case PING:
      return sink.ping(payload);
    case PONG:
      return;
    case CLOSE: {
      const [high, low] = payload;
      return sink.closing(high === undefined || low === undefined ? 1005 : high * 256 + low);
    }
  }
  throw new TypeError(`Cannot read a frame of opcode ${opcode}: only text is expected`);
}

/** A client's text frame. The mask is 0, which leaves the text to be found and changed in place. */
export function encodeText(text: string): Uint8Array {
  return encode(TEXT, new TextEncoder().encode(text));
}

/** Says goodbye, with the code of a normal end. */
export function encodeClose(): Uint8Array {
  return encode(CLOSE, new Uint8Array([1000 >> 8, 1000 & 0xff]));
}

/** The answer to a ping. */
export function encodePong(payload: Uint8Array): Uint8Array {
  return encode(PONG, payload);
}

function encode(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  if (length > 0xffff) throw new RangeError(`Cannot encode ${length} bytes: 65,535 at most`);
  const size = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 0xff];
  const header = [0x80 | opcode, ...size, 0, 0, 0, 0];
  const frame = new Uint8Array(header.length + length);
  frame.set(header);
  frame.set(payload, header.length);
  return frame;
}
