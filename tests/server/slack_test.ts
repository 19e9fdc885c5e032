import { assertEquals, assertStringIncludes } from "@std/assert";
import { userIdOf } from "../../chat/commands/user_id.ts";
import { readSlackMessage } from "../../chat/http/slack/message.ts";
import { BODIES, type Body } from "../http/slack/bodies.ts";
import { ManualClock, RealServer } from "../support/real_server.ts";
import { scrape } from "../support/scrape.ts";

const KEY = "a key of a program that posts";
const MAX_BYTES = 262_144;

/** The status, the body, and the fields of the header that matter. */
interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

async function post(
  { port }: RealServer,
  body: BodyInit,
  { room = "ops", type = "application/json", key = KEY, headers = {} }: {
    room?: string;
    type?: string;
    key?: string;
    headers?: Record<string, string>;
  } = {},
): Promise<Answer> {
  const query = key === "" ? "" : `?key=${encodeURIComponent(key)}`;
  const response = await fetch(`http://127.0.0.1:${port}/api/rooms/${room}/slack${query}`, {
    method: "POST",
    headers: { ...type !== "" && { "content-type": type }, ...headers },
    body,
  });
  return { status: response.status, body: await response.text(), headers: response.headers };
}

/** The status and the code of a refusal. */
function refusalOf({ status, body }: Answer): [number, string] {
  return [status, JSON.parse(body).error.code];
}

const json = (payload: unknown): string => JSON.stringify(payload);

Deno.test("the webhook of a room shows what senders of Slack's format send, and answers ok", async (t) => {
  await using server = RealServer.start({ CHAT_MESSAGE_BURST: "100" });
  await using reader = await server.user("Ada");
  await reader.join("ops");
  for (const [sender, { body, contentType }] of Object.entries<Body>(BODIES)) {
    await t.step(sender, async () => {
      const { status, body: answer, headers } = await post(server, body, { type: contentType });
      assertEquals([status, answer], [200, "ok"]);
      assertStringIncludes(headers.get("content-type") ?? "", "text/plain");
      assertEquals(headers.get("cache-control"), "no-store");
      const shown = readSlackMessage(body, 4000);
      const { user, text } = await reader.next("message");
      assertEquals({ ok: true, name: user.name, text }, shown);
      assertEquals([user.id, user.role], [userIdOf(KEY), "bot"]);
    });
  }
  // As `curl -d` does; and as a program without a type does.
  for (const type of ["application/x-www-form-urlencoded", "text/plain;charset=UTF-8", ""]) {
    const body = new TextEncoder().encode(json({ text: `*a* ${type}` }));
    assertEquals((await post(server, body, { type })).body, "ok");
    const { user, text } = await reader.next("message");
    assertEquals([user.name, text], ["bot", `**a** ${type}`.trim()]);
  }
});

Deno.test("the webhook of a room takes any name, and cuts what is too long", async () => {
  await using server = RealServer.start({ CHAT_TEXT_LENGTH: "10", CHAT_MESSAGE_BURST: "100" });
  await using reader = await server.user("Grafana");
  await reader.join("ops");
  const names = { "Grafana": "Grafana", "Gr\u0430fana": "bot", ["x".repeat(100)]: "x".repeat(32) };
  for (const [username, name] of Object.entries(names)) {
    assertEquals((await post(server, json({ text: "a".repeat(11), username }))).body, "ok");
    const { user, text } = await reader.next("message");
    assertEquals([user.name, text], [name, "a".repeat(9) + "…"]);
  }
});

Deno.test("the webhook of a room says what is wrong, and then shows nothing", async () => {
  await using server = RealServer.start();
  await using reader = await server.user("Ada");
  await reader.join("ops");
  const bad: [number, string] = [400, "bad_request"];
  assertEquals(refusalOf(await post(server, "")), bad);
  assertEquals(refusalOf(await post(server, "{")), bad);
  assertEquals(refusalOf(await post(server, "text", { type: "text/plain" })), bad);
  assertEquals(refusalOf(await post(server, `{"text":${"[".repeat(1000)}`)), bad);
  assertEquals(refusalOf(await post(server, json({ attachments: [{}] }))), [400, "text_invalid"]);
  assertEquals(refusalOf(await post(server, json({ text: "x" }), { room: "a.b" })), [
    400,
    "room_invalid",
  ]);
  assertEquals(refusalOf(await post(server, json({ text: "x" }), { key: "short" })), bad);
  assertEquals(
    refusalOf(await post(server, json({ text: "x" }), { type: "multipart/form-data" })),
    [415, "bad_request"],
  );
  const get = await fetch(`http://127.0.0.1:${server.port}/api/rooms/ops/slack`);
  assertEquals([get.status, get.headers.get("allow")], [405, "POST, OPTIONS"]);
  await get.body?.cancel();
  await reader.send("ops", "end");
  assertEquals((await reader.next("message")).text, "end");
});

Deno.test("the webhook of a room reads 256 KiB and no more", async () => {
  await using server = RealServer.start();
  const body = (bytes: number) => `{"text":"${"x".repeat(bytes - 11)}"}`;
  assertEquals(new TextEncoder().encode(body(MAX_BYTES)).length, MAX_BYTES);
  assertEquals((await post(server, body(MAX_BYTES))).body, "ok");
  assertEquals(refusalOf(await post(server, body(MAX_BYTES + 1))), [413, "bad_request"]);
  // Without a length.
  assertEquals((await post(server, new Blob([body(MAX_BYTES)]).stream())).body, "ok");
  const { status } = await post(server, new Blob([body(MAX_BYTES + 1)]).stream());
  assertEquals(status, 413);
});

Deno.test("the webhook of a room has the limits of messages", async () => {
  const environment = { CHAT_MESSAGE_BURST: "2", CHAT_MESSAGES_PER_SECOND: "1" };
  await using server = RealServer.start(environment, { timers: new ManualClock() });
  const send = () => post(server, json({ text: "x" }));
  assertEquals([(await send()).body, (await send()).body], ["ok", "ok"]);
  const refused = await send();
  assertEquals(refusalOf(refused), [429, "rate_limited"]);
  assertEquals(refused.headers.get("retry-after"), "1");
});

Deno.test("the webhook of a room heeds roles, passwords and repeated keys", async () => {
  await using server = RealServer.start();
  await using owner = await server.user("Ada");
  await owner.join("ops");
  const ask = (fields: Record<string, unknown>) =>
    owner.ask("settings", { type: "configure", room: "ops", ...fields });

  const headers = { "idempotency-key": "alert-1" };
  const twice = [1, 2].map((i) => post(server, json({ text: `once ${i}` }), { headers }));
  assertEquals((await Promise.all(twice)).map(({ body }) => body), ["ok", "ok"]);
  // Whatever it says.
  assertEquals((await post(server, "{", { headers })).body, "ok");
  const { text } = await owner.next("message");
  assertStringIncludes(text, "once");
  assertEquals((await scrape(server.port)).get("parley_duplicates_total"), 2);

  await ask({ readOnly: true });
  assertEquals(refusalOf(await post(server, json({ text: "a" }))), [403, "read_only"]);
  await ask({ moderators: [userIdOf(KEY)] });
  assertEquals((await post(server, json({ text: "b" }))).body, "ok");
  assertEquals((await owner.next("message")).text, "b");

  await ask({ moderators: [], readOnly: false, password: "sesame" });
  assertEquals(refusalOf(await post(server, json({ text: "c" }))), [401, "unauthorized"]);
  const password = { "room-password": "sesame" };
  assertEquals((await post(server, json({ text: "d" }), { headers: password })).body, "ok");
  assertEquals((await owner.next("message")).text, "d");
});
