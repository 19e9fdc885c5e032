/**
 * The HTTP API of a real server.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { userIdOf } from "../../chat/commands/user_id.ts";
import { api, beginPost, outcomeOf } from "../support/api.ts";
import { within } from "../support/deadline.ts";
import { RealServer } from "../support/real_server.ts";
import { dataFolder } from "../support/server_process.ts";
import { health, HOST, request, TcpConnection } from "../support/tcp_connection.ts";

const KEY = "the key of a cron job";
const BOT = { id: userIdOf(KEY), name: "bot", role: "bot" } as const;

Deno.test("POST messages reaches everybody in the room, and is acked once for each Idempotency-Key", async () => {
  await using folder = await dataFolder();
  const { CHAT_DATA } = folder;
  const post = {
    key: KEY,
    body: "Build failed & more=1",
    headers: { "idempotency-key": "build 1" },
  };
  let id = "";
  {
    await using server = await RealServer.start({ CHAT_DATA });
    await using ada = await server.user("Ada");
    await ada.join("ops");
    const posted = await api(server.port, "/ops/messages", post);
    const message = await ada.next("message");
    assertEquals([message.text, message.user], ["Build failed & more=1", BOT]);
    ({ id } = message);
    const ack = { type: "ack", room: "ops", id, time: message.time, ref: "build 1" };
    assertEquals([posted.status, posted.json], [201, { ...ack, duplicate: false }]);
    assertEquals(posted.headers.get("cache-control"), "no-store");
    const again = await api(server.port, "/ops/messages", post);
    assertEquals([again.status, again.json], [200, { ...ack, duplicate: true }]);
    const spelt = await api(server.port, "/ops/messages", {
      ...{ key: KEY, body: { text: "ü", ref: "ü" } },
    });
    const header = { "idempotency-key": "\u00c3\u00bc" };
    const same = await api(server.port, "/ops/messages", { key: KEY, body: "a", headers: header });
    assertEquals(same.json, { ...spelt.json, duplicate: true });
    const nothing = await api(server.port, "/OPS/messages", { ...post, body: "" });
    assertEquals([nothing.status, nothing.json], [200, { ...ack, duplicate: true }]);
  }
  await using server = await RealServer.start({ CHAT_DATA });
  const again = await api(server.port, "/ops/messages", post);
  assertEquals([again.status, again.json.id, again.json.duplicate], [200, id, true]);
  const { json: { messages } } = await api(server.port, "/ops/messages");
  assertEquals(messages.length, 2);
});

Deno.test("POST messages takes JSON, or another body as the text that it is", async (t) => {
  await using server = await RealServer.start({ CHAT_MESSAGE_BURST: "0" });
  const form = "application/x-www-form-urlencoded";
  const cases: readonly (readonly [type: string | null, body: string, text: string])[] = [
    [form, "a%20b+c&text=d", "a%20b+c&text=d"],
    ["text/plain", '{"text":"a"}', '{"text":"a"}'],
    ["text/plain; charset=UTF-8", "två 👍", "två 👍"],
    ['Text/Plain;charset="utf-8"', "a", "a"],
    ["application/json", '{"text":"a\\nb","more":1}', "a\nb"],
    ["application/json; charset=utf-8", '{"text":"ü"}', "ü"],
  ];
  for (const [type, body, text] of cases) {
    await t.step(`${type} ${body}`, async () => {
      const { status, json } = await api(server.port, "/ops/messages", {
        ...{ body, headers: { ...type !== null && { "content-type": type } } },
      });
      assertEquals(status, 201);
      const { json: { messages } } = await api(server.port, "/ops/messages?limit=1");
      assertEquals([messages[0].id, messages[0].text], [json.id, text]);
    });
  }
  await t.step("a reply, and a ref and a name in the body", async () => {
    const first = await api(server.port, "/ops/messages", { key: KEY, body: "a" });
    const body = { text: "b", ref: "1", name: "CI", reply: first.json.id };
    const [second, third] = [
      await api(server.port, "/ops/messages", { key: KEY, body }),
      await api(server.port, "/ops/messages", { key: KEY, body }),
    ];
    assertEquals([second?.status, third?.status, third?.json.id], [201, 200, second?.json.id]);
    const { json } = await api(server.port, "/ops/messages?limit=1");
    const [{ user, reply }] = json.messages;
    assertEquals([user, reply], [{ ...BOT, name: "CI" }, first.json.id]);
    // The header goes first.
    const headers = { "idempotency-key": "2" };
    assertEquals(
      (await api(server.port, "/ops/messages", { key: KEY, body, headers })).status,
      201,
    );
  });
});

Deno.test("API refuses what is wrong with a request, and says what", async (t) => {
  await using server = await RealServer.start({ CHAT_MESSAGE_BURST: "0" });
  const path = "/ops/messages";
  const { json: { id } } = await api(server.port, path, { key: KEY, body: "a" });
  const other = { key: "the key of somebody else", method: "PATCH", body: "b" };
  const type = (each: string) => ({ body: "a", headers: { "content-type": each } });
  const none = "01J00000000000000000000000";
  const cases: readonly (readonly [outcome: string, path: string, Parameters<typeof api>[2]])[] = [
    ["400 text_invalid", path, { body: "" }],
    ["400 text_invalid", path, { body: " \n" }],
    ["400 text_invalid", path, { body: "a".repeat(4001) }],
    ["400 bad_request", path, { body: {} }],
    ["400 bad_request", path, { body: { text: 1 } }],
    ["400 bad_request", path, { body: { text: "a", name: 1 } }],
    ["400 bad_request", path, { body: { text: "a", ref: "" } }],
    ["400 bad_request", path, { body: { text: "a", reply: "1" } }],
    ["404 not_found", path, { body: { text: "a", reply: none } }],
    ["400 bad_request", path, { body: "[]", headers: { "content-type": "application/json" } }],
    ["400 bad_request", path, { body: "{", headers: { "content-type": "application/json" } }],
    ["400 bad_request", path, { body: "a", headers: { "idempotency-key": "x".repeat(65) } }],
    ["400 name_invalid", `${path}?name=%E2%80%8B`, { body: "a" }],
    ["400 name_invalid", `${path}?name=`, { body: "a" }],
    ["400 name_invalid", `${path}?name=${"x".repeat(7000)}`, { body: "a" }],
    ["400 room_invalid", "/-a/messages", { body: "a" }],
    ["400 room_invalid", "/a%20b/messages", {}],
    ["400 room_invalid", "//messages", {}],
    ["400 room_invalid", `/${"a".repeat(65)}/export`, {}],
    ["415 bad_request", path, type("image/png")],
    ["415 bad_request", path, type("multipart/form-data; boundary=x")],
    ["415 bad_request", path, type("text/plain; charset=iso-8859-1")],
    ["415 bad_request", path, { body: "a", headers: { "content-encoding": "gzip" } }],
    ["400 bad_request", path, { key: "short", body: "a" }],
    ["400 bad_request", path, { key: "token:0123456789abc", body: "a" }],
    ["400 bad_request", `${path}?key=short`, {}],
    ["400 bad_request", path, { headers: { "authorization": KEY } }],
    ["400 bad_request", path, { headers: { "room-password": "x".repeat(129) } }],
    ["400 bad_request", `${path}?before=1`, {}],
    ["400 bad_request", `${path}?before=${id}&after=${id}`, {}],
    ["400 bad_request", `${path}?limit=0`, {}],
    ["400 bad_request", `${path}?limit=201`, {}],
    ["400 bad_request", `${path}?limit=1e1`, {}],
    ["400 bad_request", `${path}?q=a`, {}],
    ["404 not_found", "/ops", {}],
    ["404 not_found", "/ops/nothing", {}],
    ["400 bad_request", "/ops/messages/", { method: "PATCH", body: "a" }],
    ["404 not_found", `/ops/messages/${none}`, { ...other }],
    ["404 not_found", `/nowhere/messages/${id}`, { ...other }],
    ["403 forbidden", `/ops/messages/${id}`, { ...other }],
    ["403 forbidden", `/ops/messages/${id}`, { ...other, method: "DELETE" }],
    ["400 bad_request", "/ops/messages/1", { ...other }],
    ["400 text_invalid", `/ops/messages/${id}`, { ...other, key: KEY, body: " " }],
    ["405 bad_request", path, { method: "PUT", body: "a" }],
    ["405 bad_request", "", { method: "POST", body: "a" }],
    ["405 bad_request", "/ops/export", { method: "DELETE" }],
    ["405 bad_request", `/ops/messages/${id}`, {}],
  ];
  for (const [outcome, path, request] of cases) {
    await t.step(`${request?.method ?? ""} ${path.slice(0, 60)} is ${outcome}`, async () => {
      const answer = await api(server.port, path, request);
      assertEquals(outcomeOf(answer), outcome);
      assert(answer.json.error.message.length > 0);
      assertEquals(answer.headers.get("cache-control"), "no-store");
    });
  }
  const { headers } = await api(server.port, path, { method: "PUT", body: "a" });
  assertEquals(headers.get("allow"), "GET, POST, HEAD, OPTIONS");
  const { messages } = (await api(server.port, path)).json;
  assertEquals(messages.map(({ text }: { text: string }) => text), ["a"]);
});

Deno.test("POST messages reads 64 KiB of a body and no further, and waits no longer than it may", async (t) => {
  await using server = await RealServer.start({}, { bodyMs: 300 });
  const start = ["POST /api/rooms/ops/messages HTTP/1.1", "Host: 127.0.0.1"];
  const ask = async (lines: readonly string[], ...parts: readonly string[]) => {
    using wire = await TcpConnection.connect(server.port);
    const bytes = new TextEncoder().encode([...start, ...lines, "", parts.join("")].join("\r\n"));
    await wire.write(bytes);
    const { status, body, headers } = await within(wire.answer(), "an answer");
    const { error } = JSON.parse(new TextDecoder().decode(body));
    return [status, error.code, headers.get("connection")?.startsWith("close") ?? false];
  };
  const chunk = `ffff\r\n${"a".repeat(65_535)}\r\n`;
  await t.step("as much as it may have", async () => {
    const text = "a".repeat(65_536);
    const lines = [`Content-Length: ${text.length}`];
    assertEquals(await ask(lines, text), [400, "text_invalid", false]);
    const chunked = ["Transfer-Encoding: chunked"];
    assertEquals(await ask(chunked, chunk, "0\r\n\r\n"), [400, "text_invalid", false]);
  });
  await t.step("more", async () => {
    assertEquals(await ask(["Content-Length: 65537"]), [413, "bad_request", true]);
    assertEquals(await ask(["Content-Length: 9007199254740993"]), [413, "bad_request", true]);
    const chunked = ["Transfer-Encoding: chunked"];
    assertEquals(await ask(chunked, chunk, "2\r\naa\r\n"), [413, "bad_request", true]);
  });
  await t.step("too slowly", async () => {
    assertEquals(await ask(["Content-Length: 5"], "a"), [408, "bad_request", true]);
    assertEquals(await ask(["Transfer-Encoding: chunked"]), [408, "bad_request", true]);
  });
  await t.step("a known one is acked all the same", async () => {
    const known = { key: KEY, headers: { "idempotency-key": "1" } };
    await api(server.port, "/ops/messages", { ...known, body: "a" });
    const large = await api(server.port, "/ops/messages", { ...known, body: "a".repeat(70_000) });
    assertEquals([large.status, large.json.duplicate], [200, true]);
  });
});

Deno.test("a server that drains answers the requests that it has begun", async () => {
  await using server = await RealServer.start();
  using wire = await TcpConnection.connect(server.port);
  await beginPost(wire);
  const draining = server.chat.drain();
  assertEquals(outcomeOf(await api(server.port, "/ops/messages")), "503 unavailable");
  await wire.write(new TextEncoder().encode("a"));
  assertEquals((await wire.answer()).status, 201);
  await draining;
});

Deno.test("a request is of the user of its key, and without one of a new user", async () => {
  await using server = await RealServer.start();
  const path = "/ops/messages";
  const query = `${path}?key=${encodeURIComponent(KEY)}`;
  await api(server.port, path, { key: KEY, body: "a" });
  await api(server.port, query, { body: "b" });
  for (const body of ["c", "d"]) await api(server.port, path, { body });
  const { json: { messages } } = await api(server.port, path);
  const ids = messages.map(({ user }: { user: { id: string } }) => user.id);
  assertEquals(ids.slice(0, 2), [BOT.id, BOT.id]);
  assertEquals(new Set(ids).size, 3);
});

Deno.test("API refuses in JSON what the server refuses before it looks for a resource", async () => {
  await using server = await RealServer.start({ CHAT_HOSTS: HOST });
  const path = "/api/rooms/ops/messages";
  const cases: readonly (readonly [number, string, Record<string, string>])[] = [
    [400, path, { host: "a/b" }],
    [414, `${path}?q=${"x".repeat(8192)}`, {}],
    [421, path, { host: "evil.example" }],
    [431, path, { "x-more": "x".repeat(16_384) }],
  ];
  for (const [status, path, headers] of cases) {
    const answer = await request(server.port, "GET", path, headers);
    assertEquals(answer.status, status);
    const { error } = JSON.parse(new TextDecoder().decode(answer.body));
    assertEquals(error.code, "bad_request");
  }
});

Deno.test("a connection serves one posting after the other", async () => {
  await using server = await RealServer.start();
  using wire = await TcpConnection.connect(server.port);
  const body = new TextEncoder().encode("a");
  for (let i = 0; i < 3; i++) {
    const headers = { "content-length": "1", "content-type": "text/plain" };
    const { status } = await wire.request("POST", "/api/rooms/ops/messages", headers, body);
    assertEquals(status, 201);
  }
});

Deno.test("GET messages gives pages in both directions, and the newest first of what is found", async (t) => {
  await using folder = await dataFolder();
  const { CHAT_DATA } = folder;
  await using server = await RealServer.start({ CHAT_DATA, CHAT_MESSAGE_BURST: "0" });
  const ids: string[] = [];
  for (let i = 0; i < 7; i++) {
    ids.push((await api(server.port, "/ops/messages", { key: KEY, body: `text ${i}` })).json.id);
  }
  const page = async (query: string) => {
    const { json } = await api(server.port, `/ops/messages?${query}`);
    return [json.messages.map(({ id }: { id: string }) => ids.indexOf(id)).join(""), json.more];
  };
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["", "0123456", false],
    ["limit=3", "456", true],
    [`limit=3&before=${ids[4]}`, "123", true],
    [`limit=3&before=${ids[3]?.toLowerCase()}`, "012", false],
    [`limit=3&after=${ids[2]}`, "345", true],
    [`limit=3&after=${ids[3]}`, "456", false],
    [`after=${ids[6]}`, "", false],
  ];
  for (const [query, ...expected] of cases) {
    await t.step(query, async () => assertEquals(await page(query), expected));
  }
  await t.step("q", async () => {
    let found = await page("q=TEXT&limit=2");
    // Messages are indexed after their commit.
    while (found[0] !== "65") found = await page("q=TEXT&limit=2");
    assertEquals(found, ["65", true]);
    assertEquals(await page(`q=text&limit=2&before=${ids[2]}`), ["10", false]);
    assertEquals(await page("q=text?&limit=2"), found);
    const refused = await api(server.port, `/ops/messages?q=${"x".repeat(201)}`);
    assertEquals([refused.code, refused.json.error.message.slice(0, 3)], ["text_invalid", '"q"']);
  });
  await t.step("a room that nobody has made is empty, and not made", async () => {
    const { rooms } = await health(server.port);
    for (const path of ["messages", "messages?q=a"]) {
      const { json } = await api(server.port, `/nobody/${path}`);
      assertEquals(json, { messages: [], more: false });
    }
    assertEquals((await api(server.port, "/nobody/export")).text, "");
    assertEquals((await health(server.port)).rooms, rooms);
  });
  await t.step("HEAD", async () => {
    for (const path of ["", "/ops/messages", "/ops/export"]) {
      const { status, text, headers } = await api(server.port, path, { method: "HEAD" });
      assertEquals([status, text], [200, ""]);
      assertMatch(headers.get("content-type") ?? "", /^application\/(json|x-ndjson)$/);
      const got = await api(server.port, path);
      assertEquals(headers.get("content-length"), got.headers.get("content-length"), path);
    }
  });
});

Deno.test("GET rooms gives the listed ones, with their topics and counts", async () => {
  await using server = await RealServer.start({ CHAT_ROOMS: "lobby,help" });
  await using ada = await server.user("Ada", KEY);
  await ada.join("help");
  const { json: { id } } = await api(server.port, "/help/messages", { body: "a" });
  await api(server.port, "/hidden/messages", { body: "a" });
  assertEquals((await api(server.port, "")).json, {
    rooms: [
      { room: "help", topic: "", count: 1, last: id },
      { room: "lobby", topic: "", count: 0 },
    ],
  });
});

Deno.test("GET export gives all that is kept, the oldest first, with what was changed", async () => {
  await using folder = await dataFolder();
  const { CHAT_DATA } = folder;
  const bounds = { CHAT_HISTORY_SIZE: "10", CHAT_JOIN_HISTORY: "10" };
  await using server = await RealServer.start({ CHAT_DATA, CHAT_MESSAGE_BURST: "0", ...bounds });
  const texts = Array.from({ length: 130 }, (_, i) => `${i} ${"ü".repeat(i * 10)}`);
  const ids: string[] = [];
  for (const text of texts) {
    ids.push((await api(server.port, "/ops/messages", { key: KEY, body: text })).json.id);
  }
  await api(server.port, `/ops/messages/${ids[0]}`, { key: KEY, method: "PATCH", body: "edited" });
  await api(server.port, `/ops/messages/${ids[1]}`, { key: KEY, method: "DELETE" });
  const { text, headers } = await api(server.port, "/ops/export");
  assertEquals(headers.get("content-type"), "application/x-ndjson");
  const lines = text.split("\n");
  assertEquals(lines.pop(), "");
  const messages = lines.map((line) => JSON.parse(line));
  assertEquals(messages.map(({ id }) => id), ids);
  assertEquals(messages.map(({ text }) => text), ["edited", "", ...texts.slice(2)]);
  assertEquals([messages[0].edited > 0, messages[1].deleted], [true, true]);
});

Deno.test("PATCH and DELETE change the messages of their author, for everybody", async () => {
  await using server = await RealServer.start();
  await using ada = await server.user("Ada");
  await ada.join("ops");
  const { json: { id, time } } = await api(server.port, "/ops/messages", { key: KEY, body: "a" });
  const path = `/ops/messages/${id}`;
  const headers = { "idempotency-key": "1" };
  const edit = { key: KEY, method: "PATCH", body: { text: "b" }, headers };
  const edited = await api(server.port, path, edit);
  await ada.next("message");
  const change = await ada.next("message");
  assertEquals([change.id, change.text, change.user], [id, "b", BOT]);
  const { changed } = change;
  const ack = { type: "ack", ref: "1", room: "ops", id, time, changed };
  assertEquals([edited.status, edited.json], [200, { ...ack, duplicate: false }]);
  assertEquals((await api(server.port, path, edit)).json, { ...ack, duplicate: true });
  const deleted = await api(server.port, path, { key: KEY, method: "DELETE" });
  assertEquals(deleted.status, 200);
  assertEquals((await ada.next("message")).deleted, true);
  const late = await api(server.port, path, { ...edit, headers: {} });
  assertEquals(outcomeOf(late), "404 not_found");
});

Deno.test("POST messages makes the room, which belongs to the first user who posts", async () => {
  await using server = await RealServer.start();
  const refused = await api(server.port, "/mine/messages", { key: KEY, body: "" });
  assertEquals(refused.status, 400);
  await api(server.port, "/mine/messages", { key: KEY, body: "a" });
  await api(server.port, "/mine/messages", { key: "the key of another one", body: "b" });
  await using ada = await server.user("Ada", KEY);
  const { settings, messages } = await ada.join("mine");
  assertEquals(settings?.owner, BOT.id);
  assertEquals(messages.map(({ user }) => user.role), ["bot", "bot"]);
});

Deno.test("a name given by HTTP must not look like another one's in the room, and renames nobody", async () => {
  await using server = await RealServer.start();
  await using ada = await server.user("Ada", KEY);
  await using bot = await server.user("bot");
  for (const each of [ada, bot]) await each.join("ops");
  const post = async (name: string | undefined, key?: string) => {
    const query = name === undefined ? "" : `?name=${encodeURIComponent(name)}`;
    const request = { body: "a", ...key !== undefined && { key } };
    return outcomeOf(await api(server.port, `/ops/messages${query}`, request));
  };
  assertEquals(await post("Ada"), "409 name_taken");
  assertEquals(await post("\u0410\u0501\u0430"), "409 name_taken");
  assertEquals(await post("bot"), "409 name_taken");
  assertEquals(await post(undefined), "201");
  assertEquals(await post("Ada", KEY), "201");
  assertEquals(await post("CI", KEY), "201");
  assertEquals((await ada.ask("joined", { type: "join", room: "ops" })).members[0]?.name, "Ada");
});
