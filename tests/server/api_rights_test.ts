/**
 * Rights of callers by HTTP, on a real server: the rules, budgets and clocks are those of the socket.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { userIdOf } from "../../chat/commands/user_id.ts";
import { api, type ApiRequest, beginPost, outcomeOf } from "../support/api.ts";
import type { Client } from "../support/clients.ts";
import { makeToken, TOKEN_SECRET } from "../support/jwt.ts";
import { ManualClock, RealServer } from "../support/real_server.ts";
import { request, TcpConnection } from "../support/tcp_connection.ts";

const OWNER = "the key of the owner";
const SPAMMER = "the key of a spammer";
const UNLIMITED = { CHAT_MESSAGE_BURST: "0" };

/** A server with the room "den", in which its owner is. */
async function den(environment: Record<string, string> = UNLIMITED) {
  const server = await RealServer.start(environment);
  const owner = await server.user("Owner", OWNER);
  await owner.join("den");
  const { json: { id } } = await api(server.port, "/den/messages", { key: SPAMMER, body: "a" });
  return { server, owner, id, ask: askAs(server) };
}

function askAs(server: RealServer) {
  return async (path: string, request: ApiRequest = {}): Promise<string> =>
    outcomeOf(await api(server.port, path, request));
}

async function kick(owner: Client, type: "kick" | "mute", minutes: number): Promise<void> {
  await owner.ask("done", { type, room: "den", user: userIdOf(SPAMMER), minutes });
}

Deno.test("a muted user says nothing by HTTP, reads, and gets the acks of earlier effects", async () => {
  const { server, owner, id, ask } = await den();
  await using _server = server;
  await using _owner = owner;
  const known = { key: SPAMMER, body: "b", headers: { "idempotency-key": "1" } };
  assertEquals(await ask("/den/messages", known), "201");
  await kick(owner, "mute", 60);
  const muted = await api(server.port, "/den/messages", { key: SPAMMER, body: "c" });
  assertEquals(outcomeOf(muted), "403 muted");
  assert(Number(muted.headers.get("retry-after")) > 3500);
  const edit = { key: SPAMMER, method: "PATCH", body: "c" };
  assertEquals(await ask(`/den/messages/${id}`, edit), "403 muted");
  assertEquals(await ask("/den/messages", { key: SPAMMER }), "200");
  assertEquals(await ask("/den/messages", known), "200");
  // Newcomers from there, too.
  assertEquals(await ask("/den/messages", { body: "c" }), "403 muted");
  await kick(owner, "mute", 0);
  assertEquals(await ask("/den/messages", { key: SPAMMER, body: "c" }), "201");
});

Deno.test("a kick or ban keeps a user out by HTTP, and others at the address with a new key or none", async (t) => {
  const { server, owner, id, ask } = await den({
    ...UNLIMITED,
    CHAT_ADMINS: userIdOf("the key of the admin"),
  });
  await using _server = server;
  await using _owner = owner;
  await using admin = await server.user("Admin", "the key of the admin");
  const known = { key: SPAMMER, body: "b", headers: { "idempotency-key": "1" } };
  assertEquals(await ask("/den/messages", known), "201");
  const requests: readonly (readonly [path: string, ApiRequest])[] = [
    ["/den/messages", {}],
    ["/den/messages?q=a", {}],
    ["/den/export", {}],
    ["/den/messages", { body: "c" }],
    [`/den/messages/${id}`, { method: "PATCH", body: "c" }],
    [`/den/messages/${id}`, { method: "DELETE" }],
  ];
  const all = async (expected: string) => {
    for (const [path, request] of requests) {
      for (const key of [SPAMMER, "the key of a newcomer", undefined]) {
        const asked = await ask(path, { ...request, ...key !== undefined && { key } });
        assertEquals(asked, expected, `${path} ${key}`);
      }
    }
    assertEquals(await ask("/den/messages", known), "200");
    assertEquals(await ask("/den/messages", { key: OWNER, body: "d" }), "201");
  };
  await t.step("kicked", async () => {
    await kick(owner, "kick", 60);
    await all("403 kicked");
    assertEquals(await ask("/other/messages", { key: SPAMMER }), "200");
    await kick(owner, "kick", 0);
    assertEquals(await ask("/den/messages", { key: SPAMMER }), "200");
  });
  await t.step("banned", async () => {
    await admin.ask("done", { type: "ban", user: userIdOf(SPAMMER), minutes: 60 });
    await all("403 banned");
    assertEquals(await ask("", { key: SPAMMER }), "403 banned");
  });
});

Deno.test("a kick of a user without a key holds for the address of the request", async () => {
  const { server, owner, ask } = await den();
  await using _server = server;
  await using _owner = owner;
  await api(server.port, "/den/messages", { body: "spam" });
  const { user } = await owner.next("message", ({ text }) => text === "spam");
  await owner.ask("done", { type: "kick", room: "den", user: user.id, minutes: 60 });
  assertEquals(await ask("/den/messages", { body: "spam" }), "403 kicked");
  await using stranger = await server.user("Zoe");
  const { code } = await stranger.ask("error", { type: "join", room: "den" });
  assertEquals(code, "kicked");
});

Deno.test("a read-only room takes messages of moderators alone, by HTTP too", async () => {
  const { server, owner, ask } = await den();
  await using _server = server;
  await using _owner = owner;
  await owner.ask("settings", { type: "configure", room: "den", readOnly: true });
  assertEquals(await ask("/den/messages", { key: SPAMMER, body: "b" }), "403 read_only");
  assertEquals(await ask("/den/messages", { key: OWNER, body: "b" }), "201");
  assertEquals(await ask("/den/messages"), "200");
});

Deno.test("slow mode has one clock for the socket and HTTP, which a refusal does not start again", async () => {
  const { server, owner, ask } = await den();
  await using _server = server;
  await using _owner = owner;
  await owner.ask("settings", { type: "configure", room: "den", slowMs: 3_600_000 });
  const post = { key: SPAMMER, body: "b" };
  assertEquals(await ask("/den/messages", { ...post, body: "" }), "400 text_invalid");
  assertEquals(await ask("/den/messages", post), "201");
  await using spammer = await server.user("Spammer", SPAMMER);
  await spammer.join("den");
  const first = await spammer.ask("error", { type: "send", room: "den", text: "c" });
  const refused = await api(server.port, "/den/messages", post);
  assertEquals([first.code, outcomeOf(refused)], ["rate_limited", "429 rate_limited"]);
  assert(Number(refused.headers.get("retry-after")) * 1000 <= (first.retryMs ?? 0) + 1000);
  // The other way round, and another user.
  await using zoe = await server.user("Zoe", "the key of Zoe, 1234");
  await zoe.join("den");
  await zoe.send("den", "d");
  assertEquals(
    await ask("/den/messages", { key: "the key of Zoe, 1234", body: "e" }),
    "429 rate_limited",
  );
});

Deno.test("a locked room is closed to users without its password, on every path", async (t) => {
  const { server, owner, id, ask } = await den();
  await using _server = server;
  await using _owner = owner;
  const password = "pass wörd €";
  await owner.ask("settings", { type: "configure", room: "den", password });
  // Headers have bytes.
  const bytes = String.fromCharCode(...new TextEncoder().encode(password));
  const requests: readonly (readonly [path: string, ApiRequest, status: string])[] = [
    ["/den/messages", {}, "200"],
    // Of a server without a store.
    ["/den/messages?q=a", {}, "400 bad_request"],
    ["/den/export", {}, "200"],
    ["/den/messages", { body: "b" }, "201"],
    [`/den/messages/${id}`, { method: "PATCH", body: "c" }, "200"],
    [`/den/messages/${id}`, { method: "DELETE" }, "200"],
  ];
  for (const [path, request, status] of requests) {
    await t.step(`${request.method ?? ""} ${path}`, async () => {
      const key = SPAMMER;
      const answer = await api(server.port, path, { ...request, key });
      assertEquals(outcomeOf(answer), "401 unauthorized");
      assertEquals(answer.json.error.needs, "password");
      const headers = { "room-password": bytes };
      assertEquals(await ask(path, { ...request, key, headers }), status);
    });
  }
  assertEquals(await ask("/den/messages", { key: OWNER }), "200");
});

Deno.test("wrong passwords have one budget over the socket and HTTP", async () => {
  const { server, owner, ask } = await den();
  await using _server = server;
  await using _owner = owner;
  await owner.ask("settings", { type: "configure", room: "den", password: "secret" });
  const given = (password: string) => ({ headers: { "room-password": password } });
  for (let i = 0; i < 5; i++) {
    assertEquals(await ask("/den/messages", given(`wrong ${i}`)), "401 unauthorized");
  }
  await using zoe = await server.user("Zoe");
  const join = { type: "join", room: "den", password: "wrong" } as const;
  for (let i = 0; i < 5; i++) assertEquals((await zoe.ask("error", join)).code, "unauthorized");
  assertEquals(await ask("/den/messages", given("secret")), "429 rate_limited");
  assertEquals(await ask("/den/messages", { ...given("secret"), body: "a" }), "429 rate_limited");
  const refused = await zoe.ask("error", { ...join, password: "secret" });
  assertEquals(refused.code, "rate_limited");
  assertEquals(await ask("/den/messages", { key: OWNER }), "200");
});

Deno.test("a server with a password wants it for every request, but not from admins", async () => {
  const environment = { CHAT_PASSWORD: "open", CHAT_ADMINS: userIdOf(OWNER) };
  await using server = await RealServer.start(environment);
  const ask = askAs(server);
  const given = (password: string) => ({ headers: { "chat-password": password } });
  for (const path of ["", "/ops/messages", "/ops/messages?q=a", "/ops/export"]) {
    assertEquals(await ask(path), "401 unauthorized");
    assertEquals(await ask(path, given("wrong")), "401 unauthorized");
  }
  assertEquals(await ask("/ops/messages", { body: "a" }), "401 unauthorized");
  assertEquals(await ask("/ops/messages", { body: "a", ...given("open") }), "201");
  assertEquals(await ask("/ops/messages", { key: OWNER }), "200");
  for (let i = 0; i < 6; i++) await ask("", given("wrong"));
  assertEquals(await ask("", given("open")), "429 rate_limited");
});

Deno.test("a server with a token secret takes a good token alone, on every path", async (t) => {
  await using server = await RealServer.start({ CHAT_TOKEN_SECRET: TOKEN_SECRET });
  const ask = askAs(server);
  const exp = Math.floor(Date.now() / 1000) + 60;
  const claims = { sub: "ada", name: "Ada L", exp, rooms: ["ops"] };
  const good = makeToken(claims);
  const [header = "", payload = ""] = good.split(".");
  const bad: Readonly<Record<string, string | undefined>> = {
    "none": undefined,
    "a key": OWNER,
    "alg none": makeToken(claims, { alg: "none" }),
    "alg none, no signature": `${makeToken(claims, { alg: "none" }).split(".", 2).join(".")}.`,
    "RS256": makeToken(claims, { alg: "RS256" }),
    "HS512": makeToken(claims, { alg: "HS512" }, TOKEN_SECRET, "sha512"),
    "crit": makeToken(claims, { alg: "HS256", crit: ["x"] }),
    "an empty signature": `${header}.${payload}.`,
    "two parts": `${header}.${payload}`,
    "another secret": makeToken(claims, undefined, "x".repeat(32)),
    "expired": makeToken({ ...claims, exp: exp - 120 }),
  };
  const paths: readonly (readonly [string, ApiRequest])[] = [
    ["", {}],
    ["/ops/messages", {}],
    ["/ops/messages?q=a", {}],
    ["/ops/export", {}],
    ["/ops/messages", { body: "a" }],
    ["/ops/messages/01J00000000000000000000000", { method: "PATCH", body: "a" }],
    ["/ops/messages/01J00000000000000000000000", { method: "DELETE" }],
  ];
  for (const [what, token] of Object.entries(bad)) {
    await t.step(what, async () => {
      // Of each server ten wrong ones are looked at in a minute.
      await using server = await RealServer.start({ CHAT_TOKEN_SECRET: TOKEN_SECRET });
      for (const [path, request] of paths) {
        const answer = await api(server.port, path, {
          ...request,
          ...token !== undefined && { key: token },
        });
        assertEquals(outcomeOf(answer), "401 unauthorized", path);
        assertEquals(answer.json.error.needs, "token");
        assertEquals(answer.headers.get("www-authenticate"), "Bearer");
      }
    });
  }
  await t.step("a good one", async () => {
    const body = { text: "a", name: "Eve" };
    assertEquals(await ask("/ops/messages", { key: good, body }), "201");
    const { json } = await api(server.port, `/ops/messages?key=${good}`);
    assertEquals(json.messages[0].user, { id: userIdOf("token:ada"), name: "Ada L", role: "bot" });
    assertEquals(await ask("/den/messages", { key: good }), "403 forbidden");
    assertEquals(await ask("/den/messages", { key: good, body: "a" }), "403 forbidden");
    assertEquals((await api(server.port, "", { key: good })).json, { rooms: [] });
  });
});

Deno.test("a server with a user header believes it from a proxy alone, on every path", async () => {
  await using server = await RealServer.start({
    CHAT_USER_HEADER: "X-User",
    CHAT_TRUST_PROXY: "1",
  });
  const ask = askAs(server);
  const ada = { "x-forwarded-for": "192.0.2.1", "x-user": "ada" };
  assertEquals(await ask("/ops/messages", { body: "a", headers: ada }), "201");
  const { json } = await api(server.port, "/ops/messages", { headers: ada });
  assertEquals(json.messages[0].user, { id: userIdOf("header:ada"), name: "ada", role: "bot" });
  for (const headers of [{}, { "x-user": "ada" }, { "x-forwarded-for": "192.0.2.1" }]) {
    for (const path of ["", "/ops/messages", "/ops/export"]) {
      const key = "header:ada, and more";
      assertEquals(await ask(path, { headers, key }), "401 unauthorized");
    }
    assertEquals(await ask("/ops/messages", { headers, body: "a" }), "401 unauthorized");
  }
});

Deno.test("a user's messages have one rate over the socket and HTTP, and duplicates cost nothing", async () => {
  const environment = { CHAT_MESSAGE_BURST: "3" };
  // Its time stands still.
  await using server = await RealServer.start(environment, { timers: new ManualClock() });
  const ask = askAs(server);
  const post = { key: SPAMMER, body: "a", headers: { "idempotency-key": "1" } };
  assertEquals(await ask("/ops/messages", post), "201");
  for (let i = 0; i < 5; i++) assertEquals(await ask("/ops/messages", post), "200");
  await using spammer = await server.user("Spammer", SPAMMER);
  await spammer.join("ops");
  await spammer.send("ops", "b");
  assertEquals(await ask("/ops/messages", { key: SPAMMER, body: "c" }), "201");
  assertEquals(await ask("/ops/messages", { key: SPAMMER, body: "d" }), "429 rate_limited");
  const { code } = await spammer.ask("error", { type: "send", room: "ops", text: "d" });
  assertEquals(code, "rate_limited");
  assertEquals(await ask("/ops/messages", post), "200");
});

Deno.test("API refuses requests while the server drains, and of an address that has too many", async () => {
  await using server = await RealServer.start({ CHAT_CONNECTIONS_PER_ADDRESS: "1" });
  const ask = askAs(server);
  using wire = await TcpConnection.connect(server.port);
  await beginPost(wire);
  assertEquals(await ask("/ops/messages"), "429 rate_limited");
  await wire.write(new TextEncoder().encode("a"));
  assertEquals((await wire.answer()).status, 201);
  assertEquals(await ask("/ops/messages"), "200");
  await server.chat.drain();
  const refused = await api(server.port, "/ops/messages", { body: "b" });
  assertEquals(outcomeOf(refused), "503 unavailable");
  assertEquals(refused.headers.get("retry-after"), "5");
});

Deno.test("the bytes of bodies are limited by their address, but for what took effect before", async () => {
  await using server = await RealServer.start(UNLIMITED, { timers: new ManualClock() });
  const ask = askAs(server);
  const known = { key: SPAMMER, body: "a", headers: { "idempotency-key": "1" } };
  assertEquals(await ask("/ops/messages", known), "201");
  const outcomes = new Set<string>();
  const body = "x".repeat(65_536);
  for (let sent = 0; sent <= 2 ** 24; sent += body.length) {
    outcomes.add(await ask("/ops/messages", { body }));
  }
  assertEquals([...outcomes], ["400 text_invalid", "429 rate_limited"]);
  assertEquals(await ask("/ops/messages", known), "200");
  assertEquals(await ask("/ops/messages"), "200");
});

Deno.test("refusals by HTTP are counted", async () => {
  await using server = await RealServer.start();
  await api(server.port, "/ops/messages", { body: "a" });
  await api(server.port, "/ops/messages", { body: "" });
  await api(server.port, "/ops/messages", {
    body: "a",
    headers: { origin: "https://evil.example" },
  });
  await api(server.port, "/ops/messages", { body: "a", headers: { "content-type": "a/b" } });
  const { body } = await request(server.port, "GET", "/metrics");
  const text = new TextDecoder().decode(body);
  for (
    const line of [
      'parley_commands_total{type="send"} 1',
      'parley_errors_total{code="text_invalid"} 1',
      'parley_errors_total{code="bad_request"} 1',
      'parley_refusals_total{reason="origin"} 1',
      "parley_messages_total 1",
    ]
  ) assert(text.includes(`${line}\n`), line);
});
