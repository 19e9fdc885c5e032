/**
 * Failures of Redis as callers of a broker see them.
 *
 * @module
 */

import { Unavailable } from "../broker.ts";
import { ReplyError } from "./resp.ts";

/**
 * Codes of errors with which nothing was done. Redis 6.2 puts some of them behind the place in the script.
 */
const NOTHING_DONE = new RegExp(
  "\\b(?:OOM|MISCONF|READONLY|LOADING|BUSY|CLUSTERDOWN|NOREPLICAS|MASTERDOWN|TRYAGAIN|MOVED|ASK|" +
    "CROSSSLOT|NOSCRIPT|NOPERM|NOAUTH|EPOCH)\\b",
);

/** An error of a call to Redis as `Unavailable`. */
export function unavailable(error: unknown, doing: "write" | "read"): Unavailable {
  if (error instanceof Unavailable) return error;
  const message = error instanceof Error ? error.message : String(error);
  const isNothing = doing === "read" ||
    (error instanceof ReplyError && NOTHING_DONE.test(message));
  return new Unavailable(`Redis refuses: ${message}`, isNothing ? "no" : "unknown", {
    cause: error,
  });
}

/** Returns true if the server is a replica now: the primary is elsewhere. */
export function isReadOnly(error: unknown): boolean {
  return error instanceof ReplyError && /\bREADONLY\b/.test(error.message);
}

/** Returns true if an instance must join the store again before it writes. */
export function isOtherEpoch(error: unknown): boolean {
  return error instanceof ReplyError && error.code === "EPOCH";
}
