/**
 * Access checks: allowed origins, served hosts, bearer tokens, and client addresses behind proxies.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import type { Config } from "../config/config.ts";
import { isListed, parseHost } from "../config/host.ts";

/** A scheme, a host of 253 characters, and a port. */
const MAX_ORIGIN_LENGTH = 512;

/** "Bearer", spaces, and more than the longest token. */
const MAX_AUTHORIZATION_LENGTH = 512;

/**
 * Returns true if pages of an origin may connect. A request without an origin is not from a browser, and
 * may.
 *
 * @param header the origin, where it is not in the header `Origin`
 */
export function isOriginAllowed(
  headers: Headers,
  config: Pick<Config, "trustProxy" | "allowedOrigins">,
  header = headers.get("origin"),
): boolean {
  if (header === null || config.allowedOrigins.includes("*")) return true;
  const origin = header.length > MAX_ORIGIN_LENGTH ? null : URL.parse(header);
  if (origin === null || config.allowedOrigins.includes(origin.origin)) return origin !== null;
  if (origin.protocol !== "http:" && origin.protocol !== "https:") return false;
  const host = forwarded(headers, "x-forwarded-host", config) ?? headers.get("host") ?? "";
  if (parseHost(host) === undefined) return false;
  // With the origin's scheme, so that a default port is the same as none.
  return URL.parse(`${origin.protocol}//${host}`)?.host === origin.host;
}

/**
 * Returns true if the host that a request is for is served.
 *
 * @param named the host that the request names, which is a proxy's if there are proxies
 */
export function isHostServed(
  headers: Headers,
  named: string,
  config: Pick<Config, "trustProxy" | "hosts">,
): boolean {
  if (config.hosts.length === 0) return true;
  const host = parseHost(forwarded(headers, "x-forwarded-host", config) ?? named);
  return host !== undefined && isListed(host, config.hosts);
}

/** Returns true if a request has a bearer token, compared in constant time. */
export function hasToken(headers: Headers, token: string): boolean {
  const header = headers.get("authorization") ?? "";
  if (header.length > MAX_AUTHORIZATION_LENGTH) return false;
  const given = bearerOf(header);
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

/** The token in a header `Authorization`. */
export function bearerOf(authorization: string): string | undefined {
  return /^bearer +(\S.*)$/i.exec(authorization)?.[1];
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** Longer than any address: 39 characters, a zone of 15, brackets and a port. */
const MAX_ADDRESS_LENGTH = 64;

/** The trusted hops stand at the end: at most ten, of 100 characters each. */
const MAX_FORWARDED_LENGTH = 1024;

/**
 * The client's address as limits count it: an IPv4 address, or an IPv6 network of 64 bits, which is
 * what one customer usually has. If a proxy forwards something else, such as "unknown", the address
 * of the proxy counts: no text of a client becomes an address.
 *
 * @param peer the address at the other end of the TCP connection
 */
export function clientAddress(
  headers: Headers,
  peer: string,
  config: Pick<Config, "trustProxy">,
): string {
  const hop = forwarded(headers, "x-forwarded-for", config);
  return (hop && networkOf(hop)) ?? networkOf(peer) ?? peer;
}

/**
 * The hop of a forwarding header that the outermost trusted proxy added. Clients can forge the hops
 * before it. With fewer hops than proxies it is the first: each proxy adds one, so a proxy added
 * all of them.
 */
export function forwarded(
  headers: Headers,
  name: string,
  { trustProxy }: Pick<Config, "trustProxy">,
): string | undefined {
  if (trustProxy === 0) return undefined;
  const hops = headers.get(name)?.slice(-MAX_FORWARDED_LENGTH).split(",") ?? [];
  return hops.at(-Math.min(trustProxy, hops.length))?.trim() || undefined;
}

/** Returns true if a request has passed a proxy that is not trusted. */
export function isProxied(headers: Headers, { trustProxy }: Pick<Config, "trustProxy">): boolean {
  return trustProxy === 0 && headers.has("x-forwarded-for");
}

/** Longer than any name of a user. */
const MAX_USER_LENGTH = 256;

/**
 * The user whom a trusted proxy names in a header. A request that no proxy has forwarded has none,
 * whatever it says, and neither has one with several: a proxy that adds its own would leave another
 * one's before it.
 */
export function proxyUser(
  headers: Headers,
  config: Pick<Config, "trustProxy" | "userHeader">,
): string | undefined {
  if (config.userHeader === "" || forwarded(headers, "x-forwarded-for", config) === undefined) {
    return undefined;
  }
  const value = headers.get(config.userHeader)?.trim() ?? "";
  if (value === "" || value.length > MAX_USER_LENGTH || value.includes(",")) return undefined;
  return decodeUtf8(value);
}

/** Headers have bytes, and most proxies write UTF-8. */
export function decodeUtf8(value: string): string {
  const bytes = Uint8Array.from(value, (each) => each.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return value;
  }
}

/** An IPv4 address, or the first 64 bits of an IPv6 address, without a port. */
function networkOf(address: string): string | undefined {
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
