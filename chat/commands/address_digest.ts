/**
 * Digests of addresses, as documents have them: short, and the same on every machine. With the
 * files at hand, all IPv4 addresses can be tried.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Address } from "../limits/addresses.ts";

const DIGEST_LENGTH = 20;

const digests = new WeakMap<Address, string>();

/** The digest of an address, computed once. */
export function addressDigest(address: Address): string {
  let digest = digests.get(address);
  if (digest === undefined) {
    digest = createHash("sha256").update(`address:${address.name}`).digest("hex")
      .slice(0, DIGEST_LENGTH);
    digests.set(address, digest);
  }
  return digest;
}
