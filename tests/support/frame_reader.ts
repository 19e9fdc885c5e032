/**
 * A reader of a server's WebSocket frames, for load generators: it reads in place, in pieces, and
 * copies nothing.
 *
 * @module
 */

import { Opcode } from "./frames.ts";

/** Receives what a {@linkcode FrameReader} reads. `bytes` is only valid during the call. */
export interface FrameSink {
  /**
   * Takes a piece of a text frame's payload.
   *
   * @param last whether the frame ends with this piece
   * @returns where to read on: `to`, or the start of what can only be read with the bytes after it
   */
  text(bytes: Uint8Array, from: number, to: number, last: boolean): number;
  ping(payload: Uint8Array): void;
  close(payload: Uint8Array): void;
}

/** Reads unmasked frames. It keeps no bytes: it returns the position of what it can't read yet. */
export class FrameReader {
  /** The bytes of the current text frame that are still to come. */
  #left = 0;

  /** Reads `bytes` from `from` to `to`. Returns the start of the bytes that it needs again. */
  read(bytes: Uint8Array, from: number, to: number, sink: FrameSink): number {
    let at = from;
    while (at < to) {
      if (this.#left === 0) {
        const payload = payloadStart(bytes, at, to);
        if (payload === -1) return at;
        const length = payloadLength(bytes, at, payload);
        const opcode = (bytes[at] ?? 0) & 0x0f;
        if (opcode !== Opcode.TEXT) {
          if (payload + length > to) return at;
          readControl(opcode, bytes.subarray(payload, payload + length), sink);
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

/** The start of the payload of the frame at `at`, or -1 if its header is not complete. */
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

function readControl(opcode: number, payload: Uint8Array, sink: FrameSink): void {
  switch (opcode) {
    case Opcode.PING:
      return sink.ping(payload);
    case Opcode.PONG:
      return;
    case Opcode.CLOSE:
      return sink.close(payload);
  }
  throw new TypeError(`Cannot read a frame of opcode ${opcode}: only text is expected`);
}
