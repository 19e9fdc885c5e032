/**
 * The target of a request, and the size, body and lists of its headers, read in linear time.
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

/** The longest path with its query. RFC 9110, 4.1, asks servers for at least 8,000. */
export const MAX_TARGET_LENGTH = 8192;

/** A request's target as the client wrote it: nothing is decoded, and no ".." resolved. */
export interface Target {
  /** The host that the request names, as the runtime sees it. */
  readonly authority: string;
  readonly path: string;
  /** Characters in the path with its query. */
  readonly length: number;
}

/**
 * Parses the URL that the runtime makes of a scheme, an authority and the request's target. The
 * authority is the unchecked `Host` header, even with slashes and question marks; or the host of a
 * target in absolute form; or, where neither names a host, the server's own address.
 *
 * @param host the `Host` header
 */
export function parseTarget(url: string, host: string | null): Target {
  const rest = url.slice(url.indexOf("://") + 3);
  const authority = host && rest.startsWith(`${host}/`) ? host : upTo(/[/?#]/, rest);
  const target = rest.slice(authority.length);
  return { authority, path: upTo(/[?#]/, target), length: target.length };
}

/** The query of a request's URL with its question mark. Not by `URL`, which fails at a `Host` that is none. */
export function queryOf(url: string): string {
  const target = upTo(/#/, url);
  const start = target.indexOf("?");
  return start === -1 ? "" : target.slice(start);
}

/**
 * Whether the host in a URL may be the runtime's default for an HTTP/1 request that names no host.
 * (A request of HTTP/2 without TLS may have named the same host.)
 */
export function hasDefaultHost(url: string): boolean {
  return /^http:\/\/localhost(?::\d+)?(?:[/?#]|$)/.test(url);
}

function upTo(delimiter: RegExp, text: string): string {
  const end = text.search(delimiter);
  return end === -1 ? text : text.slice(0, end);
}
