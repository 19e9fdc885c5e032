/**
 * The task "test:proxies": runs the checks of a server behind each proxy of `docs/deployment/`.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { ANY_PORT, ServerProcess } from "../support/server_process.ts";
import { isInstalled, PROXIES, ProxyProcess } from "./proxies.ts";
import { CHECKS } from "./smoke.ts";

/** More than the 60 s after which proxies give up a quiet connection by default. */
const CHAT_HEARTBEAT_MS = "65000";

// Side by side: nearly all of their time they are silent.
const UNCHECKED = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };

Deno.test({
  name: "a server behind each proxy",
  ...UNCHECKED,
  fn: (t) =>
    Promise.all(PROXIES.map((proxy) =>
      t.step({
        name: proxy.name + (isInstalled(proxy) ? "" : ` (ignored: apt-get install ${proxy.name})`),
        ignore: !isInstalled(proxy),
        ...UNCHECKED,
        async fn(t) {
          const environment = {
            ...ANY_PORT,
            CHAT_HEARTBEAT_MS,
            CHAT_HOSTS: "localhost",
            CHAT_TRUST_PROXY: "1",
          };
          await using server = await ServerProcess.start({ environment });
          await using running = await ProxyProcess.start(proxy, await server.port());
          const { port } = running;
          const checks = Object.entries(CHECKS).map(([name, check]) =>
            t.step({ name, ...UNCHECKED, fn: () => check(new URL(`http://localhost:${port}/`)) })
          );
          await t.step({
            name: "a client can't choose its host",
            ...UNCHECKED,
            fn: async () => {
              const forged = { "x-forwarded-host": "localhost", host: `other.example:${port}` };
              assertEquals(await statusOf("127.0.0.1", port, "/", forged), 421);
              const spoilt = { "x-forwarded-host": "other.example", host: `localhost:${port}` };
              assertEquals(await statusOf("127.0.0.1", port, "/", spoilt), 200);
            },
          });
          for (const hostname of ["127.0.0.1", "::1"]) {
            const forged = { "x-forwarded-for": "198.51.100.7", host: `localhost:${port}` };
            assertEquals(await statusOf(hostname, port, "/ws", forged), 426);
          }
          await Promise.all(checks);
          server.kill("SIGTERM");
          const { stdout } = await server.exit();
          const lines = stdout.trim().split("\n").map((line) => JSON.parse(line));
          const refused = lines.filter(({ event }) => event === "upgrade_refused");
          // As the proxy saw them, and not as they said.
          assertEquals(refused.map(({ address }) => address), ["127.0.0.1", "0:0:0:0::/64"]);
        },
      })
    )).then(() => {}),
});

/** The status of the answer to a request with headers that fetch() does not let a program set. */
async function statusOf(
  hostname: string,
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  using connection = await Deno.connect({ hostname, port });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = `GET ${path} HTTP/1.1\r\n${lines.join("")}connection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const answer = await new Response(connection.readable).text();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
}
