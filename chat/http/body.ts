/**
 * Bodies of requests: read up to a limit and within a time, or not at all.
 *
 * @module
 */

import { delay } from "../runtime/timers.ts";

/** Time for a client that is still sending its body to read the response, in milliseconds. */
const RESPONSE_READ_MS = 1000;

/** The memory that a body is first given, in bytes: most are smaller. */
const FIRST_BYTES = 1024;

/**
 * The most parts of a body, such as chunks of HTTP/1.1. Each took 30 µs to read. Segments of TCP have
 * hundreds of bytes, so that even bodies of 256 KiB come in fewer.
 */
export const MAX_PARTS = 1024;

/** The cost of a part in the budget for bodies, whose bytes take 12 µs a KiB as JSON. */
export const PART_BYTES = 1024;

/** The parts that are read before others have their turn: with parts at hand, reading awaits nothing. */
const PARTS_IN_A_TURN = 32;

/** A body, or why it was not read to its end. */
type Body = { readonly is: "whole"; readonly bytes: Uint8Array<ArrayBuffer> } | {
  readonly is: "too_large" | "too_scattered" | "too_slow" | "broken";
};

/** A body and the number of parts that were read of it. */
export type ReadBody = Body & { readonly parts: number };

/**
 * Reads the body of a request. One that is refused is not read to its end, and stays locked: the
 * response must end the connection.
 */
export async function readBody(
  request: Request,
  maxBytes: number,
  maxMs: number,
): Promise<ReadBody> {
  const reader = request.body?.getReader();
  if (reader === undefined) return { is: "whole", bytes: new Uint8Array(), parts: 0 };
  const late = Promise.withResolvers<Body>();
  const timer = setTimeout(() => late.resolve({ is: "too_slow" }), maxMs);
  const parts = new Parts(maxBytes);
  const isAnnouncedTooLarge = Number(request.headers.get("content-length") ?? 0) > maxBytes;
  // One race for the whole body: a deadline would keep what every race of a part was about.
  const body: Body = isAnnouncedTooLarge
    ? { is: "too_large" }
    : await Promise.race([readParts(reader, parts), late.promise]);
  clearTimeout(timer);
  if (body.is === "whole") reader.releaseLock();
  else {
    parts.isOver = true;
    closeUnread(reader);
  }
  return { ...body, parts: parts.count };
}

/** Reads parts until the body ends, is too large, or nobody waits for it any more. */
async function readParts(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  parts: Parts,
): Promise<Body> {
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { is: "whole", bytes: parts.bytes() };
      if (parts.count === MAX_PARTS) return { is: "too_scattered" };
      if (parts.isOver || !parts.add(value)) return { is: "too_large" };
      if (parts.count % PARTS_IN_A_TURN === 0) await delay(0);
    }
  } catch {
    return { is: "broken" };
  }
}

/** The parts of a body that were read. */
class Parts {
  /** True if no more are wanted. */
  isOver = false;
  count = 0;
  readonly #maxBytes: number;
  #buffer = new Uint8Array(FIRST_BYTES);
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Copies a part, which the runtime gives in memory of 64 KiB even if it has one byte. Returns false
   * if the body is too large with it.
   */
  add(part: Uint8Array): boolean {
    this.count++;
    const size = this.#size + part.length;
    if (size > this.#maxBytes) return false;
    if (size > this.#buffer.length) {
      const larger = new Uint8Array(Math.min(2 * size, this.#maxBytes));
      larger.set(this.bytes());
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.#size);
    this.#size = size;
    return true;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#size);
  }
}

/**
 * Ends the connection of a request a while after the response, without reading its body. Otherwise
 * Deno 2.9 reads a body of any length to its end, unless a reader holds the body; to cancel the
 * reader then closes the connection. The runtime gives no body for GET and HEAD, so theirs can't be
 * held.
 */
export function closeUnread(reader: ReadableStreamDefaultReader<Uint8Array>): void {
  setTimeout(() => reader.cancel().catch(() => {}), RESPONSE_READ_MS);
}
