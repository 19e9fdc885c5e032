/**
 * WebSocket frames (RFC 6455): opcodes, the client's encoder, close codes.
 *
 * @module
 */

/** A received frame. */
export interface Frame {
  readonly opcode: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** Opcodes, from section 5.2. */
export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/** How a connection ended, as the client sees it. */
export interface Closure {
  readonly code: number;
  readonly reason: string;
}

/** The closure of a connection that ended without a close frame. */
export const ABNORMAL: Closure = { code: 1006, reason: "" };

/**
 * Encodes a client's frame: a whole message, or a fragment if it is not `final`. The mask is 0,
 * which leaves the payload readable and changeable in place.
 */
export function frame(
  opcode: number,
  payload: string | Uint8Array,
  { final = true } = {},
): Uint8Array<ArrayBuffer> {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  const { length } = bytes;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const whole = new Uint8Array(6 + lengthBytes + length);
  const view = new DataView(whole.buffer);
  view.setUint8(0, (final ? 0x80 : 0) | opcode);
  view.setUint8(1, 0x80 | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127));
  if (lengthBytes === 2) view.setUint16(2, length);
  if (lengthBytes === 8) view.setBigUint64(2, BigInt(length));
  whole.set(bytes, 6 + lengthBytes);
  return whole;
}

/** Encodes a client's text frame. */
export function textFrame(text: string): Uint8Array<ArrayBuffer> {
  return frame(Opcode.TEXT, text);
}

/** Decodes the payload of a close frame: 1005 stands for a frame without a code. */
export function closureOf(payload: Uint8Array): Closure {
  const [high, low] = payload;
  if (high === undefined || low === undefined) return { code: 1005, reason: "" };
  return { code: high * 256 + low, reason: new TextDecoder().decode(payload.subarray(2)) };
}
