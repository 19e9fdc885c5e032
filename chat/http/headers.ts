/**
 * Size, body and lists of request headers, read in time linear in their length.
 *
 * @module
 */

/** The most bytes of headers that are read, which is Node.js's limit too. */
export const MAX_HEADER_BYTES = 16_384;

/** Lists are of entity tags, subprotocols and connection options: a few dozen characters. */
const MAX_LIST_LENGTH = 1024;

/** The colon and the space between name and value, and the end of the line. */
const BYTES_AROUND_HEADER = 4;

/** The bytes of the headers on the wire, except that lines with the same name count as one line. */
export function headerBytes(headers: Headers): number {
  let bytes = 0;
  headers.forEach((value, name) => bytes += name.length + value.length + BYTES_AROUND_HEADER);
  return bytes;
}

/** Whether the headers announce a body. */
export function hasBody(headers: Headers): boolean {
  return headers.has("transfer-encoding") || (headers.get("content-length") ?? "0") !== "0";
}

/**
 * The members of a header's comma-separated list, without the spaces and tabs around them (RFC
 * 9110, 5.6.1). A list of more than 1,024 characters has no members. Not by `trim()`, which removes
 * characters that the runtime does not take for white space when it reads the list.
 */
export function headerList(value: string | null): string[] {
  if (value === null || value.length > MAX_LIST_LENGTH) return [];
  return value.split(",").map(trimSpaces);
}

function trimSpaces(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (start < end && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
