/**
 * What can be believed of a request: where it comes from, which page made it, and who may ask.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";

/** Which forwarding headers and origins are believed. */
export interface TrustOptions {
  /** Proxies in front, each of which adds a hop to the forwarding headers. */
  readonly trustProxy: number;
  /** Origins besides the server's own, or `*` for any. */
  readonly allowedOrigins: readonly string[];
}

/**
 * The client's address as limits count it: an IPv4 address, or an IPv6 network of 64 bits, which
 * is what one customer usually has.
 *
 * @param peer the address at the other end of the TCP connection
 */
export function clientAddress(headers: Headers, peer: string, options: TrustOptions): string {
  return networkOf(forwarded(headers, "x-forwarded-for", options) ?? peer);
}

/** Whether a page of this origin may connect. Without one, the client is no browser. */
export function isOriginAllowed(headers: Headers, options: TrustOptions): boolean {
  const header = headers.get("origin");
  if (header === null || options.allowedOrigins.includes("*")) return true;
  const origin = URL.parse(header);
  if (origin === null || options.allowedOrigins.includes(origin.origin)) return origin !== null;
  if (origin.protocol !== "http:" && origin.protocol !== "https:") return false;
  const host = forwarded(headers, "x-forwarded-host", options) ?? headers.get("host");
  // With the origin's scheme, so that a default port is the same as none.
  return URL.parse(`${origin.protocol}//${host}`)?.host === origin.host;
}

/** Whether a request has a bearer token. Takes equally long however much of it is right. */
export function hasToken(headers: Headers, token: string): boolean {
  const given = /^bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** What the outermost trusted proxy said: what stands before it in the header, anybody can make. */
function forwarded(headers: Headers, name: string, options: TrustOptions): string | undefined {
  if (options.trustProxy === 0) return undefined;
  const hops = headers.get(name)?.split(",").map((hop) => hop.trim()) ?? [];
  return hops.at(-Math.min(options.trustProxy, hops.length)) || undefined;
}

/** An address without its port, and an IPv6 address as its first 64 bits. */
function networkOf(address: string): string {
  const bare = address.replace(/^\[(.*)\](:\d+)?$/, "$1").replace(/^([\d.]+):\d+$/, "$1");
  // The URL parser gives the one canonical form of an IPv6 address, in brackets.
  const canonical = URL.parse(`http://[${bare.replace(/%.*$/, "")}]`)?.hostname.slice(1, -1);
  if (canonical === undefined) return bare;
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(canonical)?.slice(1);
  if (mapped !== undefined) {
    const bytes = mapped.map((each) => parseInt(each, 16)).flatMap((two) => [two >> 8, two & 255]);
    return bytes.join(".");
  }
  const [head = "", tail = ""] = canonical.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return `${[...left, ...zeros, ...right].slice(0, 4).join(":")}::/64`;
}
