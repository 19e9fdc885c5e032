/**
 * What can be believed of a request: where it comes from, which page made it, and who may ask.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import { type Host, isListed, parseHost } from "../config/host.ts";

/** Which forwarding headers and origins are believed. */
export interface TrustOptions {
  /** Proxies in front, each of which adds a hop to the forwarding headers. */
  readonly trustProxy: number;
  /** Origins besides the server's own, or `*` for any. */
  readonly allowedOrigins: readonly string[];
}

/** Which hosts are served. */
export interface HostOptions extends Pick<TrustOptions, "trustProxy"> {
  /** Empty: any. */
  readonly hosts: readonly Host[];
}

/** Longer than any address: 39 characters, a zone of 15, brackets and a port. */
const MAX_ADDRESS_LENGTH = 64;

/** The hops of proxies stand at the end: ten, the most that are trusted, of 100 characters each. */
const MAX_FORWARDED_LENGTH = 1024;

/** A scheme, a host of 253 characters, and a port. */
const MAX_ORIGIN_LENGTH = 512;

/** "Bearer", spaces, and more than the longest token. */
const MAX_AUTHORIZATION_LENGTH = 512;

/**
 * The client's address as limits count it: an IPv4 address, or an IPv6 network of 64 bits, which
 * is what one customer usually has. Where a proxy forwards anything else, such as "unknown", it is
 * the proxy's own: no text from outside becomes an address.
 *
 * @param peer the address at the other end of the TCP connection
 */
export function clientAddress(headers: Headers, peer: string, options: TrustOptions): string {
  const hop = forwarded(headers, "x-forwarded-for", options);
  return (hop && networkOf(hop)) ?? networkOf(peer) ?? peer;
}

/**
 * Whether a page of this origin may connect. Without one, the client is no browser.
 *
 * @param header the origin, if it is not in the usual header
 */
export function isOriginAllowed(
  headers: Headers,
  options: TrustOptions,
  header = headers.get("origin"),
): boolean {
  if (header === null || options.allowedOrigins.includes("*")) return true;
  const origin = header.length > MAX_ORIGIN_LENGTH ? null : URL.parse(header);
  if (origin === null || options.allowedOrigins.includes(origin.origin)) return origin !== null;
  if (origin.protocol !== "http:" && origin.protocol !== "https:") return false;
  const host = forwarded(headers, "x-forwarded-host", options) ?? headers.get("host") ?? "";
  if (parseHost(host) === undefined) return false;
  // With the origin's scheme, so that a default port is the same as none.
  return URL.parse(`${origin.protocol}//${host}`)?.host === origin.host;
}

/**
 * Whether the host that the client asked for is served.
 *
 * @param named the host that the request names: that of a proxy, if there are any
 */
export function isHostServed(headers: Headers, named: string, options: HostOptions): boolean {
  if (options.hosts.length === 0) return true;
  const host = parseHost(forwarded(headers, "x-forwarded-host", options) ?? named);
  return host !== undefined && isListed(host, options.hosts);
}

/** Whether a request has a bearer token. Takes equally long however much of it is right. */
export function hasToken(headers: Headers, token: string): boolean {
  const header = headers.get("authorization") ?? "";
  if (header.length > MAX_AUTHORIZATION_LENGTH) return false;
  const given = /^bearer +(\S+)$/i.exec(header)?.[1];
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/**
 * What the outermost trusted proxy said: what stands before it in the header, anybody can make. With
 * fewer hops than proxies it is the first: each proxy adds one, so none of them is the client's.
 */
function forwarded(
  headers: Headers,
  name: string,
  { trustProxy }: Pick<TrustOptions, "trustProxy">,
): string | undefined {
  if (trustProxy === 0) return undefined;
  const hops = headers.get(name)?.slice(-MAX_FORWARDED_LENGTH).split(",") ?? [];
  return hops.at(-Math.min(trustProxy, hops.length))?.trim() || undefined;
}

/** An IPv4 address, or the first 64 bits of an IPv6 address; neither has its port. */
function networkOf(address: string): string | undefined {
  // What is longer than an address with a zone and a port is not looked at.
  if (address.length > MAX_ADDRESS_LENGTH) return undefined;
  const bare = address.replace(/^\[(.*)\](:\d+)?$/, "$1").replace(/^([\d.]+):\d+$/, "$1");
  if (/^\d+\.\d+\.\d+\.\d+$/.test(bare)) return ipv4Of(bare.split(".").map(Number));
  const unzoned = bare.replace(/%.*$/, "");
  // The URL parser gives the one canonical form of an IPv6 address, in brackets.
  const canonical = /^[0-9a-f:.]+$/i.test(unzoned)
    ? URL.parse(`http://[${unzoned}]`)?.hostname.slice(1, -1)
    : undefined;
  if (canonical === undefined) return undefined;
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(canonical)?.slice(1);
  if (mapped !== undefined) {
    return ipv4Of(mapped.map((two) => parseInt(two, 16)).flatMap((two) => [two >> 8, two & 255]));
  }
  const [head = "", tail = ""] = canonical.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return `${[...left, ...zeros, ...right].slice(0, 4).join(":")}::/64`;
}

function ipv4Of(bytes: readonly number[]): string | undefined {
  return bytes.every((byte) => byte <= 255) ? bytes.join(".") : undefined;
}
