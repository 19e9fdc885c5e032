/// <reference lib="dom" />

/**
 * The edge that asks why there is no connection: a browser tells no page how a WebSocket's upgrade
 * was answered.
 *
 * @module
 */

/** @import { Outage } from "./outage.js" */
import { outageOf } from "./outage.js";

const TIMEOUT_MS = 5000;

/**
 * Asks by HTTP whether the server answers, and if so whether it would refuse a connection of this
 * page: `X-Probe` says so, since a browser names no origin to the page's own server.
 *
 * @returns {Promise<Outage>}
 */
export async function probe() {
  const health = await statusOf("/healthz");
  return outageOf(
    health,
    health === 200 ? await statusOf("/ws", { "x-probe": location.origin }) : 0,
  );
}

/**
 * @param {string} path
 * @param {HeadersInit} [headers]
 * @returns {Promise<number>} 0 if there is no answer
 */
async function statusOf(path, headers = {}) {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    return (await fetch(path, { cache: "no-store", headers, signal })).status;
  } catch {
    return 0;
  }
}
