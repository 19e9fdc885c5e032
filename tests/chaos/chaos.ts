/**
 * Runs nodes over one Redis, and clients who talk at any of them, through faults for five minutes, or
 * for as many seconds as given: `deno task chaos 60 7` with the seed 7.
 *
 * @module
 */

import { findRedisNeed, RedisServer } from "../support/redis_server.ts";
import { DURABLE } from "./cluster.ts";
import { play } from "./play.ts";
import { summary } from "./summary.ts";

const [SECONDS = 300, SEED = Date.now() % 1_000_000] = Deno.args.map(Number);
const NODES = 3;
const CLIENTS = 60;
const PER_SECOND = 30;

/** The most violations that are told one by one. */
const TOLD = 20;

/** Faults are as long as in the long form from this time on, and not shorter than a part of it. */
const LONG_SECONDS = 120;
const LEAST_SCALE = 0.25;

const need = findRedisNeed();
if (need !== undefined) {
  console.error(`It needs ${need}`);
  Deno.exit(2);
}
console.log(`${NODES} nodes, ${CLIENTS} clients, ${SECONDS} s, seed ${SEED}`);
const start = performance.now();
const store = await RedisServer.start({ args: DURABLE });
const outcome = await play({
  ...{ nodes: NODES, store, clients: CLIENTS, perSecond: PER_SECOND, seed: SEED },
  ...{ seconds: SECONDS, scale: Math.max(LEAST_SCALE, Math.min(1, SECONDS / LONG_SECONDS)) },
  tell: (line) => {
    console.log(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  },
}).catch(async (error) => {
  await store[Symbol.asyncDispose]();
  throw error;
});
console.log(summary(outcome));
const { violations, truth } = outcome;
if (violations.length === 0) await store[Symbol.asyncDispose]();
else {
  await store.end();
  await Deno.writeTextFile(`${store.folder}/records.json`, JSON.stringify(truth));
  console.error(`The records, and the files of Redis: ${store.folder}`);
}
for (const { fault, text } of violations.slice(0, TOLD)) console.error(`${fault}: ${text}`);
if (violations.length > TOLD) console.error(`and ${violations.length - TOLD} more`);
Deno.exit(violations.length === 0 ? 0 : 1);
