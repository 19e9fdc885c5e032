/**
 * Access checks: allowed origins, served hosts and bearer tokens.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import type { Config } from "../config/config.ts";
import { isListed, parseHost } from "../config/host.ts";
import { forwarded } from "./client_address.ts";

/** A scheme, a host of 253 characters, and a port. */
const MAX_ORIGIN_LENGTH = 512;

/** "Bearer", spaces, and more than the longest token. */
const MAX_AUTHORIZATION_LENGTH = 512;

/**
 * Whether pages of an origin may connect. A request without an origin is not from a browser, and
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
 * Whether the host that a request is for is served.
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

/** Whether a request has a bearer token, compared in constant time. */
export function hasToken(headers: Headers, token: string): boolean {
  const header = headers.get("authorization") ?? "";
  if (header.length > MAX_AUTHORIZATION_LENGTH) return false;
  const given = /^bearer +(\S+)$/i.exec(header)?.[1];
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
