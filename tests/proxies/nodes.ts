/**
 * A part of the task "test:proxies": clients behind a proxy in front of two nodes, which are upgraded
 * one after the other.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { DURABLE } from "../chaos/cluster.ts";
import type { harm } from "../chaos/faults.ts";
import { play } from "../chaos/play.ts";
import { findRedisNeed, RedisServer } from "../support/redis_server.ts";
import { isInstalled, PROXIES, ProxyProcess } from "./proxies.ts";

/** Stops a node and starts it again, and then the next one. */
const upgradeAll: typeof harm = async ({ nodes }, { tell }) => {
  for (const node of nodes) {
    await node.end("SIGTERM");
    await node.restart();
    tell(`node ${node.index} was upgraded`);
    // As long as a proxy may take to find that it is back.
    await new Promise((resolve) => setTimeout(resolve, 4000));
  }
};

for (const proxy of PROXIES.filter(({ nodesSnippet }) => nodesSnippet !== undefined)) {
  const need = isInstalled(proxy) ? findRedisNeed() : `apt-get install ${proxy.name}`;
  Deno.test({
    name: `two nodes behind ${proxy.name} are upgraded${
      need === undefined ? "" : ` (needs ${need})`
    }`,
    ignore: need !== undefined,
    fn: async () => {
      await using store = await RedisServer.start({ args: DURABLE });
      await using stack = new AsyncDisposableStack();
      const outcome = await play({
        ...{ nodes: 2, store, clients: 20, perSecond: 20, seconds: 8, scale: 1, seed: 1 },
        harm: upgradeAll,
        tell: console.log,
        entrances: async (ports) => [
          stack.use(await ProxyProcess.start(proxy, ...ports)).port,
        ],
      });
      assertEquals(outcome.violations, []);
      assertEquals(outcome.incomplete, 0);
      assert(outcome.complete > 0, "Nobody moved");
    },
  });
}
