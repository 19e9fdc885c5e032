/// <reference lib="dom" />

/**
 * Requests to the server: the cause of a failed connection, since browsers do not tell pages how a
 * WebSocket upgrade was answered, and the facts for newcomers.
 *
 * @module
 */

/** @import { Facts } from "../model/facts.js" */
/** @import { Outage } from "../model/outage.js" */
import { BASE_PATH } from "./page_settings.js";
import { parseFacts } from "../model/facts.js";
import { outageOf } from "../model/outage.js";

const TIMEOUT_MS = 5000;

/**
 * Asks by HTTP whether the server answers, and if so whether it would refuse a connection of this
 * page: `X-Probe` says so, since a browser names no origin to the page's own server.
 *
 * @returns {Promise<Outage>}
 */
export async function probe() {
  const health = await statusOf("healthz");
  return outageOf(
    health,
    health === 200 ? await statusOf("ws", { "x-probe": location.origin }) : 0,
  );
}

/**
 * The facts for newcomers, or undefined if the server sends none.
 *
 * @returns {Promise<Facts | undefined>}
 */
export async function askFacts() {
  try {
    const response = await get("healthz");
    return response.ok ? parseFacts(await response.json()) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} path below the base path
 * @param {HeadersInit} [headers]
 * @returns {Promise<number>} 0 if there is no answer
 */
async function statusOf(path, headers) {
  try {
    return (await get(path, headers)).status;
  } catch {
    return 0;
  }
}

/**
 * @param {string} path below the base path
 * @param {HeadersInit} [headers]
 */
function get(path, headers = {}) {
  return fetch(BASE_PATH + path, {
    cache: "no-store",
    headers,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}
