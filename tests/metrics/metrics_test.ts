import { assert, assertEquals, assertMatch } from "@std/assert";
import { collectMetrics } from "../../chat/metrics/metrics.ts";
import { formatMetrics } from "../../chat/metrics/exposition.ts";
import { RawClient } from "../support/clients.ts";
import { FakeHub, UNLIMITED } from "../support/fake_hub.ts";
import { RealServer } from "../support/real_server.ts";
import { Scrape, scrape } from "../support/scrape.ts";
import { frame, Opcode } from "../support/frames.ts";
import { handshake, health, request } from "../support/tcp_connection.ts";

const RUNTIME = {
  versions: { version: "1.2.3", deno: "2.9.6", protocol: "chat.v1" },
  residentBytes: 1,
  startedAt: 1_900_000_000_000,
};

/** What a hub would tell at a scrape. */
function scrapeOf({ hub }: FakeHub): Scrape {
  return new Scrape(formatMetrics(collectMetrics(hub.metrics, hub.gauges(), RUNTIME)));
}

/** The figures of these names, without their prefix. */
function figures(scrape: Scrape, ...names: string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, scrape.get(`parley_${name}`)]));
}

const LEVELS = [
  "connections",
  "sockets",
  "ghost_sockets",
  "instances",
  "users",
  "rooms",
  "members",
  "messages_kept",
  "history_bytes",
  "queued_bytes",
  "waiting_connections",
  "waiting_cursors",
  "receipts",
  "receipt_bytes",
  "message_budgets",
  "addresses",
  "draining",
];

Deno.test("collectMetrics() keeps the names that dashboards rely on", () => {
  const names = scrapeOf(new FakeHub()).metrics.map(({ name, type }) => `${type} ${name}`);
  assertEquals(
    names.toSorted(),
    [
      ...[
        "changes",
        "closes",
        "commands",
        "connections_opened",
        "deliveries",
        "duplicates",
        "errors",
        "evictions",
        "frames_received",
        "frames_sent",
        "gaps",
        "messages",
        "moderation",
        "received_bytes",
        "refusals",
        "sent_bytes",
        "wrong_passwords",
      ].map((each) => `counter parley_${each}_total`),
      ...["build_info", ...LEVELS].map((each) => `gauge parley_${each}`),
      "gauge process_resident_memory_bytes",
      "gauge process_start_time_seconds",
      ...["event_loop_delay", "flush_duration"].map((each) => `histogram parley_${each}_seconds`),
    ].toSorted(),
  );
});

Deno.test("collectMetrics() ends the names of counters in _total, and no others", () => {
  for (const { name, type, help } of scrapeOf(new FakeHub()).metrics) {
    assertMatch(name, /^(parley|process)_[a-z_]+$/);
    assertEquals(name.endsWith("_total"), type === "counter", name);
    assertMatch(help, /^[A-Z].*[^.]$/);
  }
});

Deno.test("collectMetrics() has the versions and the start of the process", () => {
  const scrape = scrapeOf(new FakeHub());
  const labels = 'version="1.2.3",deno="2.9.6",protocol="chat.v1"';
  assertEquals(scrape.get(`parley_build_info{${labels}}`), 1);
  assertEquals(scrape.get("process_start_time_seconds"), 1_900_000_000);
});

Deno.test("collectMetrics() has the same labels from the first scrape on", async () => {
  const fake = new FakeHub();
  const before = scrapeOf(fake).series;
  const ada = await fake.member("Ada");
  await ada.ask({ type: "constructor", room: "__proto__" });
  await ada.ask({ type: "join", room: "__proto__" });
  ada.say("__proto__");
  await ada.ask({ type: "send", ref: "toString", room: "elsewhere", text: "" });
  ada.drop();
  assertEquals(scrapeOf(fake).series, before);
});

Deno.test("Hub.gauges() has the present numbers", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  fake.connect("192.0.2.2");
  await ada.join("kitchen");
  await fake.member("Bob");
  for (const text of ["1", "2"]) ada.say(text);
  ada.say("3", "kitchen");
  await fake.turn();
  // An entry takes 136 bytes besides its JSON, which has about 117 characters; a receipt 150, and 250
  // more of each user's first.
  const { history_bytes: history = 0, receipt_bytes: receipts = 0, ...others } = figures(
    scrapeOf(fake),
    ...LEVELS,
  );
  assert(history > 3 * 240 && history < 3 * 270, `${history} bytes of history`);
  assert(receipts > 250 + 3 * 150 && receipts < 250 + 3 * 170, `${receipts} bytes of receipts`);
  assertEquals(others, {
    connections: 3,
    sockets: 3,
    ghost_sockets: 0,
    users: 2,
    rooms: 2,
    members: 3,
    messages_kept: 3,
    queued_bytes: 0,
    waiting_connections: 0,
    waiting_cursors: 0,
    receipts: 3,
    message_budgets: 1,
    instances: 1,
    addresses: 2,
    draining: 0,
  });
});

Deno.test("Hub.gauges() is 0 except for rooms and receipts when all connections have ended", async () => {
  const fake = new FakeHub();
  const clients = await Array.fromAsync(["Ada", "Bob"], async (name) => await fake.member(name));
  for (const client of clients) client.say("hi");
  (await fake.member("Carol", "silent")).drop();
  await fake.turn();
  for (const client of clients) client.drop();
  await fake.pass(60_000);
  const left = figures(scrapeOf(fake), ...LEVELS.filter((name) => !name.endsWith("_bytes")));
  const expected = Object.fromEntries(Object.keys(left).map((name) => [name, 0]));
  assertEquals(left, { ...expected, instances: 1, rooms: 1, messages_kept: 2, receipts: 2 });
});

Deno.test("Hub.gauges() counts slow clients until they have read", async () => {
  const fake = new FakeHub({ messageRate: UNLIMITED, sendBufferBytes: 1000 });
  const ada = await fake.member("Ada");
  const slow = await fake.member("Slow");
  slow.transport.stall();
  for (let i = 0; i < 10; i++) {
    ada.say("x".repeat(1000));
    await fake.turn();
  }
  const names = ["waiting_connections", "waiting_cursors", "queued_bytes"];
  const queued = slow.transport.bufferedAmount;
  assert(queued > 1000);
  assertEquals(figures(scrapeOf(fake), ...names), {
    waiting_connections: 1,
    waiting_cursors: 1,
    queued_bytes: queued,
  });
  slow.transport.take();
  await fake.pass(100);
  assertEquals(Object.values(figures(scrapeOf(fake), ...names)), [0, 0, 0]);
});

Deno.test("Metrics.deliveries is messages times recipients, each once, live or caught up", async () => {
  const fake = new FakeHub({ messageRate: UNLIMITED, sendBufferBytes: 1000, joinHistory: 2 });
  const ada = await fake.member("Ada");
  const { head } = await (await fake.member("Bob")).join("lobby");
  const slow = await fake.member("Slow");
  slow.transport.stall();
  for (let i = 0; i < 10; i++) {
    ada.say("x".repeat(1000));
    await fake.turn();
  }
  const reached = (await slow.readOf("message")).length;
  assert(reached < 10);
  assertEquals(scrapeOf(fake).get("parley_deliveries_total"), 20 + reached);
  slow.transport.take();
  await fake.pass(100);
  assertEquals(scrapeOf(fake).get("parley_deliveries_total"), 30);
  // What stands in `joined` is no delivery; what follows it is.
  const { follow } = await (await fake.client("Carol")).join("lobby", head);
  await fake.pass(100);
  assertEquals(follow, 8);
  assertEquals(scrapeOf(fake).get("parley_deliveries_total"), 38);
  assertEquals(scrapeOf(fake).get("parley_messages_total"), 10);
});

Deno.test("Metrics.deliveries leaves out connections that fail at it", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  (await fake.member("Bob")).transport.broken = true;
  ada.say("hi");
  await fake.turn();
  const scrape = scrapeOf(fake);
  assertEquals(scrape.get("parley_deliveries_total"), 1);
  assertEquals(scrape.get('parley_closes_total{code="4002"}'), 1);
});

Deno.test("Metrics.gaps counts the gaps that clients were told of", async () => {
  const fake = new FakeHub({ messageRate: UNLIMITED, sendBufferBytes: 1000, historySize: 3 });
  const ada = await fake.member("Ada");
  const readers = await Array.fromAsync(["Bob", "Carol"], async (name) => await fake.member(name));
  for (const { transport } of readers) transport.stall();
  for (let i = 0; i < 20; i++) {
    ada.say("x".repeat(1000));
    await fake.turn();
  }
  assertEquals(scrapeOf(fake).get("parley_gaps_total"), 0);
  for (const { transport } of readers) transport.take();
  await fake.pass(100);
  assertEquals(await Array.fromAsync(readers, async (each) => (await each.readOf("gap")).length), [
    1,
    1,
  ]);
  assertEquals(scrapeOf(fake).get("parley_gaps_total"), 2);
});

Deno.test("Metrics counts each command in either commands or errors", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  await ada.ask({ type: "ping" });
  await ada.ask({ type: "send", ref: "1", room: "lobby", text: "hi" });
  await ada.ask({ type: "send", ref: "1", room: "lobby", text: "hi" });
  await ada.ask({ type: "send", ref: "2", room: "elsewhere", text: "hi" });
  await ada.ask({ type: "send", ref: "3", room: "lobby", text: "" });
  await ada.ask({ type: "leave", room: "elsewhere" });
  await ada.ask({ type: "nothing" });
  const scrape = scrapeOf(fake);
  const count = (name: string, label: string) => scrape.get(`parley_${name}_total{${label}}`);
  assertEquals(
    ["hello", "join", "ping", "send", "leave"].map((type) => count("commands", `type="${type}"`)),
    [1, 1, 1, 2, 0],
  );
  assertEquals(
    ["not_joined", "text_invalid", "bad_request"].map((code) => count("errors", `code="${code}"`)),
    [2, 1, 1],
  );
  assertEquals(scrape.get("parley_commands_total") + scrape.get("parley_errors_total"), 9);
  assertEquals(figures(scrape, "messages_total", "duplicates_total"), {
    messages_total: 1,
    duplicates_total: 1,
  });
});

Deno.test("Metrics.closes counts each connection that ended once, by code or as client", async () => {
  const fake = new FakeHub();
  const [ada, bob, carol] = [
    await fake.member("Ada"),
    await fake.member("Bob"),
    await fake.member("Carol"),
  ];
  ada.drop();
  ada.drop();
  bob.sendFrame(new ArrayBuffer(1));
  bob.drop();
  carol.sendFrame("x".repeat(16_385));
  fake.connect();
  await fake.pass(10_000);
  await fake.client("Dave");
  const scrape = scrapeOf(fake);
  const codes = ["client", "1003", "1009", "4001"];
  assertEquals(codes.map((code) => scrape.get(`parley_closes_total{code="${code}"}`)), [
    1,
    1,
    1,
    1,
  ]);
  assertEquals(figures(scrape, "connections_opened_total", "closes_total", "connections"), {
    connections_opened_total: 5,
    closes_total: 4,
    connections: 1,
  });
});

Deno.test("Metrics.closes has the evictions under 4000", async () => {
  const fake = new FakeHub({ stuckMs: 1000, sendBufferBytes: 1000 });
  const ada = await fake.member("Ada");
  (await fake.member("Slow")).transport.stall();
  for (let i = 0; i < 5; i++) ada.say("x".repeat(1000));
  await fake.turn();
  await fake.pass(5000);
  const scrape = scrapeOf(fake);
  assertEquals(scrape.get("parley_evictions_total"), 1);
  assertEquals(scrape.get('parley_closes_total{code="4000"}'), 1);
});

Deno.test("Metrics.eventLoopDelaySeconds has the delay of each tick", async () => {
  const fake = new FakeHub();
  await fake.pass(1000);
  assertEquals(scrapeOf(fake).get('parley_event_loop_delay_seconds_bucket{le="0.001"}'), 10);
  fake.timers.now += 350;
  fake.hub.tick();
  const scrape = scrapeOf(fake);
  assertEquals(scrape.get("parley_event_loop_delay_seconds_sum"), 0.25);
  assertEquals(scrape.get('parley_event_loop_delay_seconds_bucket{le="0.1"}'), 10);
  assertEquals(scrape.get('parley_event_loop_delay_seconds_bucket{le="0.25"}'), 11);
});

Deno.test("Metrics.flushSeconds has each flush", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  const before = scrapeOf(fake).get("parley_flush_duration_seconds_count");
  for (const text of ["1", "2"]) ada.say(text);
  await fake.turn();
  assertEquals(scrapeOf(fake).get("parley_flush_duration_seconds_count"), before + 1);
});

Deno.test("/metrics counts the commands, messages and closes of a chat", async () => {
  await using server = await RealServer.start({ CHAT_CONNECTIONS_PER_ADDRESS: "3" });
  using ada = await server.rawUser("Ada");
  using bob = await server.rawUser("Bob");
  using carol = await server.rawUser("Carol");
  for (const client of [ada, bob, carol]) await client.join("lobby");
  const texts = ["one", "two", "three"];
  for (const text of texts) await ada.send("lobby", text, text);
  for (const client of [ada, bob, carol]) {
    await client.next("message", ({ text }) => text === "three");
  }
  await ada.send("lobby", "one again", "one");
  await bob.ask("error", { type: "typing", room: "elsewhere" });
  await bob.write(frame(Opcode.TEXT, "no JSON"));
  await bob.next("error", ({ ref }) => ref === undefined);
  for (const headers of [handshake(), handshake({ origin: "https://evil.example" }), {}]) {
    await request(server.port, "GET", "/ws", headers);
  }
  await carol.write(frame(Opcode.BINARY, "no text"));
  await carol.closed();
  carol.destroy();
  const scraped = await scrape(server.port);
  assertEquals(figures(scraped, "connections", "rooms", "users", "members", "messages_kept"), {
    connections: 2,
    rooms: 1,
    users: 3,
    members: 3,
    messages_kept: 3,
  });
  const counted = [
    "connections_opened_total",
    "messages_total",
    "duplicates_total",
    "deliveries_total",
    'commands_total{type="send"}',
    'errors_total{code="not_joined"}',
    'errors_total{code="bad_request"}',
    'refusals_total{reason="too_many_from_address"}',
    'refusals_total{reason="origin"}',
    'refusals_total{reason="not_websocket"}',
    "refusals_total",
    'closes_total{code="1003"}',
    "closes_total",
  ];
  assertEquals(Object.values(figures(scraped, ...counted)), [
    3,
    3,
    1,
    9,
    4,
    1,
    1,
    1,
    1,
    1,
    3,
    1,
    1,
  ]);
  // The binary frame is neither a command nor an error.
  assertEquals(
    scraped.get("parley_frames_received_total"),
    scraped.get("parley_commands_total") + scraped.get("parley_errors_total") + 1,
  );
  assert(scraped.get("process_resident_memory_bytes") > 10_000_000);
  assert(Math.abs(scraped.get("process_start_time_seconds") - Date.now() / 1000) < 86_400);
});

Deno.test("/metrics agrees with /healthz", async () => {
  await using server = await RealServer.start();
  using ada = await server.rawUser("Ada");
  await ada.join("lobby");
  await ada.join("kitchen");
  using _silent = await RawClient.open(server.port);
  const told = async () => {
    const { status, history: _isSet, ...levels } = await health(server.port);
    const scraped = await scrape(server.port);
    assertEquals(figures(scraped, ...Object.keys(levels)), levels);
    assertEquals(scraped.get("parley_draining"), Number(status === "draining"));
    return status;
  };
  assertEquals(await told(), "ok");
  const drained = server.chat.drain();
  await ada.next("bye");
  assertEquals(await told(), "draining");
  ada.destroy();
  _silent.destroy();
  await drained;
});

Deno.test("/metrics counts frames and their bytes as UTF-8", async () => {
  await using server = await RealServer.start();
  using ada = await server.rawUser("Ada");
  using bob = await server.rawUser("Bob");
  for (const client of [ada, bob]) await client.join("lobby");
  await ada.next("presence");
  const traffic = async () => {
    const scraped = await scrape(server.port);
    const names = ["frames_received", "received_bytes", "frames_sent", "sent_bytes"];
    return names.map((name) => scraped.get(`parley_${name}_total`));
  };
  const bytesOf = (text: string) => new TextEncoder().encode(text).length;
  const before = await traffic();
  const [ping, pong] = ['{"type":"ping","ref":"a€😀"}', '[{"type":"pong","ref":"a€😀"}]'];
  await ada.write(frame(Opcode.TEXT, ping));
  await ada.next("pong");
  const { id, time } = await ada.send("lobby", "héllo 🙂", "r");
  const { user } = await bob.next("message");
  const send = JSON.stringify({ type: "send", room: "lobby", text: "héllo 🙂", ref: "r" });
  const ack = JSON.stringify({ type: "ack", ref: "r", room: "lobby", id, time, duplicate: false });
  const message = JSON.stringify({
    type: "message",
    room: "lobby",
    id,
    time,
    user,
    text: "héllo 🙂",
  });
  const after = await traffic();
  assertEquals(after.map((value, i) => value - (before[i] ?? 0)), [
    2,
    bytesOf(ping) + bytesOf(send),
    3,
    bytesOf(pong) + bytesOf(`[${ack},${message}]`) + bytesOf(`[${message}]`),
  ]);
});
