/**
 * Client address and forwarding headers behind trusted proxies.
 *
 * @module
 */

import type { Config } from "../config/config.ts";

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
