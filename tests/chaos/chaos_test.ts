/**
 * The short form of `deno task chaos`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { RedisServer, testRedis } from "../support/redis_server.ts";
import { DURABLE } from "./cluster.ts";
import { play } from "./play.ts";
import { summary } from "./summary.ts";

const SEED = 20_261_128;

testRedis(
  `nodes over Redis lose, double and hide nothing through faults (seed ${SEED})`,
  async () => {
    await using store = await RedisServer.start({ args: DURABLE });
    const told: string[] = [];
    const outcome = await play({
      ...{ nodes: 3, store, clients: 60, perSecond: 20, seconds: 11, scale: 0.25, seed: SEED },
      tell: (line) => told.push(line),
    });
    assertEquals(outcome.violations.slice(0, 5), [], [...told, summary(outcome)].join("\n"));
    // Else the test has tested nothing.
    assert(outcome.duplicates > 0, "Nothing was sent twice");
    assert(outcome.complete > 0, "Nobody resumed");
  },
);
