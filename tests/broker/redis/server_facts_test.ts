import { assertEquals, assertRejects } from "@std/assert";
import { factsIn, policyWarning, readServer } from "../../../chat/broker/redis/server_facts.ts";
import { ReplyError } from "../../../chat/broker/redis/resp.ts";

Deno.test("factsIn() refuses versions without all commands", () => {
  const table = [
    ["6.0.16", true],
    ["5.0.14", true],
    ["6.2.0", false],
    ["6.2.14", false],
    ["7.0.15", false],
    ["10.1.0", false],
  ] as const;
  for (const [version, isOld] of table) {
    const server = `# Server\r\nredis_version:${version}\r\nrun_id:abc\r\n`;
    const { problem, runId } = factsIn(server, "");
    assertEquals([problem !== undefined, runId], [isOld, "abc"], version);
  }
  // Some offerings tell nothing.
  assertEquals(factsIn("", ""), { runId: "", policy: undefined, problem: undefined });
});

Deno.test("policyWarning() names a policy by which messages are forgotten", () => {
  const warning = (policy: string) =>
    policyWarning(factsIn("", `# Memory\r\nmaxmemory_policy:${policy}\r\n`));
  assertEquals([warning("noeviction"), warning("allkeys-lru")], [undefined, "allkeys-lru"]);
});

Deno.test("readServer() goes on without INFO where that is forbidden, and not while loading", async () => {
  const refusing = (message: string) => () => Promise.reject(new ReplyError(message));
  assertEquals((await readServer(refusing("NOPERM no permission"))).problem, undefined);
  await assertRejects(() => readServer(refusing("LOADING the dataset")), ReplyError, "LOADING");
});
