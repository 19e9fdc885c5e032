import { assert, assertEquals, assertLess, assertNotEquals } from "@std/assert";
import { userIdOf } from "../../chat/commands/user_id.ts";
import type { Environment } from "../../chat/mod.ts";
import { within } from "../support/deadline.ts";
import { EventReader, streamEvents } from "../support/event_stream.ts";
import { makeToken, TOKEN_SECRET } from "../support/jwt.ts";
import { CAN_RESET, RawSocket } from "../support/raw_socket.ts";
import { RealServer } from "../support/real_server.ts";
import { scrape } from "../support/scrape.ts";
import { dataFolder, UNLIMITED } from "../support/server_process.ts";
import { HOST, request } from "../support/tcp_connection.ts";

const KEY = "the secret key of Reader";
const PATH = "/api/rooms/lobby/events";

/** A ULID that no server has given. */
const UNKNOWN = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

/** Requests a stream that is refused. Returns the status, the error's code and `Retry-After`. */
async function refusal(
  port: number,
  headers: Readonly<Record<string, string>> = {},
  path = PATH,
): Promise<[status: number, code: unknown, retryAfter: string | null]> {
  const answer = await request(port, "GET", path, headers);
  const { error } = JSON.parse(new TextDecoder().decode(answer.body));
  return [answer.status, error.code, answer.headers.get("retry-after")];
}

Deno.test("events: a stream begins at once with its position, and has messages and their changes", async () => {
  await using server = RealServer.start();
  await using ada = await server.user("Ada");
  const { head, count } = await ada.join("lobby");
  const aborter = new AbortController();
  const { signal } = aborter;
  const response = await within(
    fetch(`http://${HOST}:${server.port}${PATH}`, { signal }),
    "a stream",
  );
  assertEquals(response.status, 200);
  const { headers } = response;
  assertEquals(headers.get("content-type"), "text/event-stream");
  assertEquals(headers.get("cache-control"), "no-store");
  assertEquals(headers.get("x-accel-buffering"), "no");
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (count: number) => {
    while (streamEvents(text).length < count || text === "") {
      text += (await within(reader?.read() ?? Promise.reject(), "bytes")).value ?? "";
    }
    return streamEvents(text);
  };
  await until(0);
  assertEquals(text, `id: ${head}\n\n`);
  const { id } = await ada.send("lobby", "one\ntwo");
  await ada.ask("ack", { type: "edit", room: "lobby", id, text: "three" });
  await ada.ask("ack", { type: "react", room: "lobby", id, emoji: "👍", on: true });
  await ada.ask("ack", { type: "delete", room: "lobby", id });
  const events = await until(4);
  const told = [];
  for (const { type, data } of events) {
    // As everybody else is told it, field for field.
    assertEquals(data, { ...await ada.next("message") });
    told.push([type, data["id"], data["text"], data["deleted"]]);
  }
  assertEquals(told, [
    ["message", id, "one\ntwo", undefined],
    ["message", id, "three", undefined],
    ["message", id, "three", undefined],
    ["message", id, "", true],
  ]);
  assertEquals(events.map(({ lastId }) => lastId), events.map(({ data }) => data["changed"] ?? id));
  // The reader is no member, and nobody is told of it.
  assertEquals(count, 1);
  assertEquals((await ada.join("lobby")).count, 1);
  assertEquals(ada.events.filter(({ type }) => type === "presence"), []);
  aborter.abort();
  await server.connectionsLeft(1);
});

Deno.test("events: a stream goes on after Last-Event-ID, with a gap first where that is unknown", async () => {
  await using server = RealServer.start(UNLIMITED);
  await using ada = await server.user("Ada");
  await ada.join("lobby");
  using first = await EventReader.open(server.port);
  const start = first.lastId;
  await ada.send("lobby", "one");
  const { id } = await ada.send("lobby", "two");
  assertEquals(await first.texts(2), ["one", "two"]);
  await ada.send("lobby", "three");
  // The id that came before any message counts, too.
  for (const [lastId, texts] of [[start, ["one", "two", "three"]], [id, ["three"]]] as const) {
    using again = await EventReader.open(server.port, "lobby", {
      "last-event-id": lastId.toLowerCase(),
    });
    assertEquals(await again.texts(texts.length), texts);
  }
  using lost = await EventReader.open(server.port, "lobby", { "last-event-id": UNKNOWN });
  const { type, data } = await lost.next();
  const before = await lost.next();
  assertEquals([type, data], ["gap", { after: UNKNOWN, before: before.lastId }]);
  assertEquals([before.data["text"], await lost.texts(2)], ["one", ["two", "three"]]);
  // Where nothing follows, too.
  using empty = await EventReader.open(server.port, "empty", { "last-event-id": UNKNOWN });
  const gap = await empty.next();
  assertEquals([gap.type, gap.data], ["gap", { after: UNKNOWN, before: empty.lastId }]);
  for (const lastId of ["1", "", "u".repeat(26), `${id}, ${id}`]) {
    assertEquals((await refusal(server.port, { "last-event-id": lastId }))[1], "bad_request");
  }
});

Deno.test("events: a stream goes on after a restart, without a gap for as much as memory may have", async () => {
  await using folder = await dataFolder();
  const environment: Environment = {
    ...UNLIMITED,
    ...{ CHAT_DATA: folder.CHAT_DATA, CHAT_JOIN_HISTORY: "5", CHAT_HISTORY_SIZE: "20" },
  };
  const ids: string[] = [];
  {
    await using server = RealServer.start(environment);
    await using ada = await server.user("Ada");
    const { head } = await ada.join("lobby");
    ids.push(head);
    for (let i = 1; i <= 30; i++) ids.push((await ada.send("lobby", `${i}`)).id);
    await ada.ask("ack", { type: "delete", room: "lobby", id: ids[2] });
  }
  await using server = RealServer.start(environment);
  const after = (n: number) =>
    EventReader.open(server.port, "lobby", { "last-event-id": ids[n] ?? "" });
  const range = (from: number) => Array.from({ length: 31 - from }, (_, i) => `${from + i}`);
  using near = await after(20);
  assertEquals(await near.texts(11), [...range(21), ""]);
  using far = await after(0);
  assertEquals(await far.texts(21), ["gap", ...range(12), ""]);
});

Deno.test("events: a stream that is silent has comments", async () => {
  await using server = RealServer.start({ CHAT_HEARTBEAT_MS: "1000" });
  using reader = await EventReader.open(server.port);
  await reader.comments(2);
});

Deno.test("events: a client that leaves frees its place at once, however it leaves", async () => {
  await using server = RealServer.start({ CHAT_CONNECTIONS_PER_ADDRESS: "1" });
  const { port } = server;
  const leave: Record<string, () => Promise<void>> = {
    async closes() {
      using _ = await EventReader.open(port);
      assertEquals(await refusal(port), [429, "rate_limited", "5"]);
    },
    async "ends its side"() {
      using reader = await EventReader.open(port);
      await reader.closeWrite();
      assertEquals(await reader.ended(), []);
    },
    async resets() {
      if (!CAN_RESET) return;
      const socket = new RawSocket(port);
      const begun = Promise.withResolvers<void>();
      socket.onRead = () => begun.resolve();
      await socket.send(`GET ${PATH} HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`);
      await within(begun.promise, "a stream");
      socket.reset();
    },
    async "resets before the answer"() {
      if (!CAN_RESET) return;
      const socket = new RawSocket(port);
      await socket.connected;
      await socket.send(`GET ${PATH} HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`);
      socket.reset();
    },
    async "asks for the headers alone"() {
      const { status, headers } = await request(port, "HEAD", PATH);
      assertEquals([status, headers.get("content-type")], [200, "text/event-stream"]);
      assertEquals(headers.get("content-length"), null);
    },
  };
  for (const [name, how] of Object.entries(leave)) {
    await how();
    await within(server.connectionsLeft(0), `the place of one that ${name}`);
    const scraped = await scrape(port);
    assertEquals([scraped.get("parley_sockets"), scraped.get("parley_rooms")], [0, 0], name);
  }
  using again = await EventReader.open(port);
  assertNotEquals(again.lastId, "");
});

Deno.test("events: a stream is a connection of the server", async () => {
  await using server = RealServer.start({ CHAT_MAX_CONNECTIONS: "2" });
  await using ada = await server.user("Ada");
  await ada.join("lobby");
  using reader = await EventReader.open(server.port);
  assertEquals(await refusal(server.port), [503, "unavailable", "5"]);
  const scraped = await scrape(server.port);
  assertEquals(scraped.get("parley_connections"), 2);
  assertEquals(scraped.get("parley_sockets"), 2);
  assertEquals(scraped.get("parley_members"), 1);
  const drained = server.chat.drain();
  const { type, data } = await reader.next();
  assertEquals([type, data], ["bye", { retryMs: reader.retryMs }]);
  assertEquals(await reader.ended(), []);
  const { code } = await ada.closed();
  assertEquals(code, 1001);
  await within(drained, "the end of all connections");
});

/** Large messages fill soon what the operating system buffers. */
const LARGE = "x".repeat(100_000);
const SEND_BUFFER_BYTES = 65_536;
const LARGE_MESSAGES: Environment = {
  ...UNLIMITED,
  CHAT_TEXT_LENGTH: `${LARGE.length}`,
  CHAT_FRAME_BYTES: "400384",
  CHAT_SEND_BUFFER_BYTES: `${SEND_BUFFER_BYTES}`,
};

Deno.test("events: a reader that stops costs no memory, delays nobody, and goes on where it was", async () => {
  await using server = RealServer.start(LARGE_MESSAGES);
  await using ada = await server.user("Ada");
  await ada.join("lobby");
  using slow = await EventReader.open(server.port);
  using swift = await EventReader.open(server.port);
  const figures = async () => {
    const scraped = await scrape(server.port);
    return ["waiting_connections", "queued_bytes", "waiting_cursors"].map((name) =>
      scraped.get(`parley_${name}`)
    );
  };
  const say = async (text: string) => {
    await ada.send("lobby", text);
    assertEquals(await swift.texts(1), [text]);
  };
  let said = 0;
  for (let waiting: number | undefined = 0; waiting === 0; [waiting] = await figures()) {
    for (let i = 0; i < 10; i++) await say(`${said++} ${LARGE.slice(10)}`);
  }
  for (let i = 0; i < 20; i++) await say(`${said++} ${LARGE.slice(10)}`);
  const [waiting, queued = Infinity, cursors] = await figures();
  assertEquals([waiting, cursors], [1, 1]);
  assertLess(queued, SEND_BUFFER_BYTES + 2 * LARGE.length);
  const texts = await slow.texts(said);
  assertEquals(texts.map((text) => parseInt(`${text}`)), Array.from({ length: said }, (_, i) => i));
  await say("the end");
  assertEquals(await slow.texts(1), ["the end"]);
});

Deno.test("events: a reader that is stuck is evicted, and misses nothing when it comes back", async () => {
  await using server = RealServer.start({ ...LARGE_MESSAGES, CHAT_STUCK_MS: "1000" });
  await using ada = await server.user("Ada");
  await ada.join("lobby");
  using slow = await EventReader.open(server.port);
  let said = 0;
  const connections = async () => (await scrape(server.port)).get("parley_connections");
  while (await connections() === 2) await ada.send("lobby", `${said++} ${LARGE.slice(10)}`);
  const scraped = await scrape(server.port);
  assertEquals(scraped.get("parley_evictions_total"), 1);
  // Its place is not free before its socket is gone.
  assertEquals(scraped.get("parley_sockets"), 2);
  const read: unknown[] = [];
  const readAll = async (reader: EventReader, end: number) => {
    while (read.length < end) read.push(...await reader.texts(1));
  };
  await readAll(slow, Infinity).catch(() => {});
  assert(read.length > 0 && read.length < said, `${read.length} of ${said} were read`);
  using back = await EventReader.open(server.port, "lobby", { "last-event-id": slow.lastId });
  await readAll(back, said);
  assertEquals(read.map((text) => parseInt(`${text}`)), Array.from({ length: said }, (_, i) => i));
});

Deno.test("events: kicks, bans and passwords end the streams that they concern, at once", async () => {
  await using server = RealServer.start();
  const { port } = server;
  const den = "/api/rooms/den/events";
  await using owner = await server.user("Owner");
  await owner.join("den");
  const headers = { authorization: `Bearer ${KEY}` };
  using stream = await EventReader.open(port, "den", headers);
  using other = await EventReader.open(port, "den");
  await owner.ask("done", { type: "kick", room: "den", user: userIdOf(KEY), minutes: 1 });
  assertEquals(await stream.ended(), []);
  assertEquals((await refusal(port, headers, den)).slice(0, 2), [403, "kicked"]);
  await owner.send("den", "still here");
  assertEquals(await other.texts(1), ["still here"]);
  await owner.ask("settings", { type: "configure", room: "den", password: "open sesame" });
  await owner.send("den", "secret");
  assertEquals(await other.ended(), []);
  assertEquals((await refusal(port, {}, den)).slice(0, 2), [401, "unauthorized"]);
  using inside = await EventReader.open(port, "den", { "room-password": "open sesame" });
  await owner.ask("settings", { type: "configure", room: "den", topic: "Secrets" });
  await owner.send("den", "another secret");
  assertEquals(await inside.texts(1), ["another secret"]);
});

Deno.test("events: a stream ends with its token", async () => {
  await using server = RealServer.start({ CHAT_TOKEN_SECRET: TOKEN_SECRET });
  const exp = Math.floor(Date.now() / 1000) + 2;
  const token = makeToken({ sub: "ada", name: "Ada", exp, rooms: ["lobby"] });
  const headers = { authorization: `Bearer ${token}` };
  using reader = await EventReader.open(server.port, "lobby", headers);
  assertEquals(await reader.ended(), ["bye"]);
  assertEquals((await refusal(server.port))[0], 401);
  assertEquals((await refusal(server.port, headers, "/api/rooms/other/events"))[0], 401);
});
