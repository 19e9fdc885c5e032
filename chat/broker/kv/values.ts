/**
 * Texts as values of Deno KV, in as many parts as they need.
 *
 * @module
 */

/**
 * The bytes of a part. A value may have 65,536 with a few for its type. As bytes of UTF-8, since a
 * string takes two bytes a unit as soon as one of its characters is beyond Latin-1.
 */
export const PART_BYTES = 60_000;

/** The most parts: their number is the first byte of each. */
const MAX_PARTS = 255;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A text as the values of the keys `[...key, 0]`, `[...key, 1]` and so on. */
export function toParts(text: string): Uint8Array[] {
  const bytes = encoder.encode(text);
  const count = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
  if (count > MAX_PARTS) throw new RangeError(`Cannot keep ${bytes.length} bytes in Deno KV`);
  return Array.from({ length: count }, (_, i) => {
    const slice = bytes.subarray(i * PART_BYTES, (i + 1) * PART_BYTES);
    const part = new Uint8Array(slice.length + 1);
    part[0] = count;
    part.set(slice, 1);
    return part;
  });
}

/** The number of parts of the text that a part belongs to. */
export function countOf(part: unknown): number {
  return part instanceof Uint8Array ? part[0] ?? 0 : 0;
}

/** The text of all its parts; none if some of them are missing. */
export function fromParts(parts: readonly unknown[]): string | undefined {
  const [first] = parts;
  if (!(first instanceof Uint8Array) || parts.length !== countOf(first)) return undefined;
  if (parts.length === 1) return decoder.decode(first.subarray(1));
  const all = parts.filter((part) => part instanceof Uint8Array).map((part) => part.subarray(1));
  if (all.length !== parts.length) return undefined;
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of all) {
    bytes.set(part, start);
    start += part.length;
  }
  return decoder.decode(bytes);
}
