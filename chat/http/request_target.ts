/**
 * Parser for the target of a request: the host and the path that it names.
 *
 * @module
 */

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
