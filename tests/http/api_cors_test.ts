import { assertEquals, assertMatch } from "@std/assert";
import { shareResponse } from "../../chat/http/api/cors.ts";
import { api } from "../support/api.ts";
import { RealServer } from "../support/real_server.ts";

Deno.test("shareResponse() names the origin that is allowed, and lets nobody send a browser's credentials", () => {
  const origin = "https://site.example";
  const cases: readonly (readonly [
    headers: Record<string, string>,
    allowedOrigins: readonly string[],
    allowed: string | undefined,
  ])[] = [
    [{}, [origin], undefined],
    [{ origin }, [origin, "https://other.example"], origin],
    [{ origin }, ["*"], "*"],
    [{ origin }, ["https://other.example"], undefined],
  ];
  for (const [headers, allowedOrigins, allowed] of cases) {
    const given = shareResponse(new Response(), new Headers(headers), { allowedOrigins }).headers;
    assertEquals(given.get("access-control-allow-origin"), allowed ?? null);
    assertEquals(given.get("vary"), "origin");
    assertEquals(given.get("access-control-allow-credentials"), null);
  }
});

Deno.test("pages of allowed origins may use the API, and of no other", async (t) => {
  const friend = "https://friend.example";
  await using server = await RealServer.start({ CHAT_ALLOWED_ORIGINS: friend });
  const ask = async (origin: string, method: string, body?: string) => {
    const headers = { origin, "access-control-request-method": "POST" };
    return await api(server.port, "/ops/messages", { method, headers, ...body && { body } });
  };
  await t.step("an allowed one", async () => {
    const preflight = await ask(friend, "OPTIONS");
    assertEquals(preflight.status, 204);
    assertEquals(preflight.headers.get("access-control-allow-origin"), friend);
    assertEquals(preflight.headers.get("access-control-allow-methods"), "GET, POST, HEAD, OPTIONS");
    assertMatch(preflight.headers.get("access-control-allow-headers") ?? "", /idempotency-key/);
    for (const body of ["a", ""]) {
      const { headers } = await ask(friend, "POST", body);
      assertEquals(headers.get("access-control-allow-origin"), friend);
      assertEquals(headers.get("vary"), "origin");
    }
  });
  await t.step("an allowed one whose request is refused before the API", async () => {
    const path = `/ops/messages?q=${"x".repeat(8192)}`;
    const { status, headers } = await api(server.port, path, { headers: { origin: friend } });
    assertEquals([status, headers.get("access-control-allow-origin")], [414, friend]);
  });
  await t.step("another one", async () => {
    for (const origin of ["https://evil.example", "null", "x".repeat(600)]) {
      for (const [method, body] of [["POST", "evil"], ["OPTIONS"], ["GET"]] as const) {
        const { status, headers } = await ask(origin, method, body);
        assertEquals([status, headers.get("access-control-allow-origin")], [403, null]);
      }
    }
    const { messages } = (await api(server.port, "/ops/messages")).json;
    assertEquals(messages.map(({ text }: { text: string }) => text), ["a"]);
  });
  await t.step("the server's own", async () => {
    assertEquals((await ask(`http://127.0.0.1:${server.port}`, "POST", "b")).status, 201);
  });
});
