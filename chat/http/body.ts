/**
 * Bodies of requests: read up to a limit and within a time, or not at all.
 *
 * @module
 */

/** Time for a client that is still sending its body to read the response, in milliseconds. */
const RESPONSE_READ_MS = 1000;

/** A body, or why it was not read to its end. */
export type ReadBody = { readonly is: "whole"; readonly bytes: Uint8Array } | {
  readonly is: "too_large" | "too_slow" | "broken";
};

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
  if (reader === undefined) return { is: "whole", bytes: new Uint8Array() };
  const refuse = (is: "too_large" | "too_slow" | "broken"): ReadBody => {
    closeUnread(reader);
    return { is };
  };
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return refuse("too_large");
  const deadline = Promise.withResolvers<"late">();
  const timer = setTimeout(() => deadline.resolve("late"), maxMs);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const result = await Promise.race([reader.read(), deadline.promise]);
      if (result === "late") return refuse("too_slow");
      if (result.done) {
        reader.releaseLock();
        return { is: "whole", bytes: concat(chunks, size) };
      }
      size += result.value.length;
      if (size > maxBytes) return refuse("too_large");
      chunks.push(result.value);
    }
  } catch {
    return refuse("broken");
  } finally {
    clearTimeout(timer);
  }
}

function concat(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let end = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, end);
    end += chunk.length;
  }
  return bytes;
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
