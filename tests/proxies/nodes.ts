/**
 * A part of the task "test:proxies": clients behind a proxy in front of two nodes, which are upgraded
 * one after the other, and WebSockets to a node that was away.
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
    await new Promise((resolve) => setTimeout(resolve, FOUND_MS));
  }
};

/** As long as a proxy may take to find that a node is back, in milliseconds. */
const FOUND_MS = 4000;

/** A server that accepts WebSockets, as long as it is not told to end. */
function accept(port = 0): { port: number; end(): Promise<void> } {
  const ending = new AbortController();
  const { signal } = ending;
  const server = Deno.serve({ port, hostname: "127.0.0.1", signal, onListen() {} }, (request) => {
    if (request.headers.get("upgrade") !== "websocket") return new Response("ok");
    const { socket, response } = Deno.upgradeWebSocket(request);
    signal.addEventListener("abort", () => socket.close());
    return response;
  });
  return {
    port: server.addr.port,
    async end() {
      ending.abort();
      await server.finished;
    },
  };
}

/** Opens WebSockets at once, and returns how many of them were opened. */
async function openSockets(stack: AsyncDisposableStack, port: number, count: number) {
  const sockets = Array.from({ length: count }, () => new WebSocket(`ws://127.0.0.1:${port}/ws`));
  const opened = await Promise.all(sockets.map((socket) =>
    new Promise<boolean>((resolve) => {
      socket.onopen = () => resolve(true);
      socket.onerror = () => resolve(false);
    })
  ));
  for (const socket of sockets) {
    stack.defer(async () => {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = new Promise((resolve) => socket.onclose = resolve);
      socket.close();
      await closed;
    });
  }
  return opened.filter(Boolean).length;
}

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
  Deno.test({
    name: `WebSockets reach a node that was away behind ${proxy.name}`,
    ignore: !isInstalled(proxy),
    fn: async () => {
      const [first, second] = [accept(), accept()];
      await using running = await ProxyProcess.start(proxy, first.port, second.port);
      await using stack = new AsyncDisposableStack();
      await first.end();
      assertEquals(await openSockets(stack, running.port, 2), 2);
      const again = accept(first.port);
      stack.defer(() => again.end());
      await new Promise((resolve) => setTimeout(resolve, FOUND_MS));
      assertEquals(await openSockets(stack, running.port, 1), 1);
      await second.end();
      assertEquals(await openSockets(stack, running.port, 5), 5);
    },
  });
}
