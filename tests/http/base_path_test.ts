import { assertEquals, assertStringIncludes } from "@std/assert";
import { Client } from "../support/clients.ts";
import { RealServer } from "../support/real_server.ts";
import { type Answer, handshake, request } from "../support/tcp_connection.ts";

const policyOf = ({ headers }: Answer): string => headers.get("content-security-policy") ?? "";

Deno.test("with a base path everything is below it, and nothing beside it", async (t) => {
  await using server = RealServer.start({ CHAT_BASE_PATH: "/a/chat" });
  const page = await request(server.port, "GET", "/a/chat/");
  const script = /src="(\/[^"]*\/app\.js)"/.exec(new TextDecoder().decode(page.body))?.[1] ?? "";
  assertStringIncludes(script, "/a/chat/assets/");
  const table: [path: string, status: number][] = [
    ["/a/chat/", 200],
    ["/a/chat/?embed", 200],
    ["/a/chat/r/garden", 200],
    ["/a/chat/r/garden?embed", 200],
    ["/a/chat/r/", 404],
    ["/a/chat/healthz", 200],
    ["/a/chat/metrics", 200],
    ["/a/chat/ws", 426],
    ["/a/chat/sw.js", 200],
    ["/a/chat/manifest.webmanifest", 200],
    [script, 200],
    ["/", 404],
    ["/r/garden", 404],
    ["/healthz", 404],
    ["/metrics", 404],
    ["/ws", 404],
    ["/sw.js", 404],
    ["/a", 404],
    ["/a/", 404],
    ["/a/chatty/", 404],
    ["/A/chat/", 404],
    ["/a/chat//", 404],
    ["/a/chat/a/chat/", 404],
    [script.slice("/a/chat".length), 404],
  ];
  for (const [path, status] of table) {
    await t.step(path, async () => {
      assertEquals((await request(server.port, "GET", path)).status, status);
    });
  }
  const upgrade = await request(server.port, "GET", "/a/chat/ws", handshake());
  assertEquals(upgrade.status, 101);
});

Deno.test("the base path without its slash leads to the one with it, and keeps the query", async () => {
  await using server = RealServer.start({ CHAT_BASE_PATH: "/chat/", CHAT_HOSTS: "chat.example" });
  const headers = { host: "chat.example" };
  const table: [path: string, location: string][] = [
    ["/chat", "/chat/"],
    ["/chat?embed&name=A%20B?", "/chat/?embed&name=A%20B?"],
    ["/chat?\u00e9", "/chat/"],
  ];
  for (const [path, location] of table) {
    const answer = await request(server.port, "GET", path, headers);
    assertEquals([answer.status, answer.headers.get("location")], [308, location]);
  }
  assertEquals((await request(server.port, "POST", "/chat", headers)).status, 405);
  assertEquals((await request(server.port, "GET", "/chat", { host: "other.example" })).status, 421);
  // A load balancer needs no host.
  assertEquals(
    (await request(server.port, "GET", "/chat/healthz", { host: "other.example" })).status,
    200,
  );
});

Deno.test("only the origins of CHAT_FRAME_ANCESTORS may hold the page in a frame", async () => {
  const paths = ["/", "/r/lobby?embed", "/r/", "/index.html", "/offline.html", "/nothing"];
  const table: [origins: string, policy: string, resources: string][] = [
    ["", "frame-ancestors 'none'", "same-origin"],
    [
      "https://a.example,http://*.b.example:81",
      "frame-ancestors https://a.example http://*.b.example:81",
      "cross-origin",
    ],
    ["*", "frame-ancestors *", "cross-origin"],
  ];
  for (const [CHAT_FRAME_ANCESTORS, policy, resources] of table) {
    await using server = RealServer.start({ CHAT_FRAME_ANCESTORS });
    for (const path of paths) {
      const answer = await request(server.port, "GET", path);
      assertEquals(policyOf(answer).split("; ").at(-1), policy, path);
      assertEquals(answer.headers.has("x-frame-options"), false);
    }
    const policyOfFile = async (path: string) =>
      (await request(server.port, "GET", path)).headers.get("cross-origin-resource-policy");
    // A sandboxed frame is not of this origin, and must load the script that says so.
    assertEquals(await policyOfFile("/theme.js"), resources);
    for (const path of ["/healthz", "/metrics"]) {
      assertEquals(await policyOfFile(path), "same-origin");
    }
  }
});

Deno.test("welcome has the title", async () => {
  await using server = RealServer.start({ CHAT_TITLE: "Büro" });
  await using ada = await Client.open(server.port);
  assertEquals((await ada.hello("Ada")).title, "Büro");
});
