import { assert, assertEquals } from "@std/assert";
import type { WireCommand } from "../support/clients.ts";
import { RawClient } from "../support/clients.ts";
import { ManualClock, RealServer } from "../support/real_server.ts";
import { type Scrape, scrape } from "../support/scrape.ts";
import { UNLIMITED } from "../support/server_process.ts";
import { within } from "../support/deadline.ts";
import { frame, Opcode } from "../support/frames.ts";
import { TcpConnection } from "../support/tcp_connection.ts";

/** No limits for clients, and no grace period for users who left. */
const UNLIMITED_AND_GONE = { ...UNLIMITED, CHAT_LEAVE_GRACE_MS: "0" } as const;

/** Gauges that grow with clients, and must be 0 without them. */
const GROWS = [
  "connections",
  "sockets",
  "users",
  "members",
  "queued_bytes",
  "waiting_connections",
  "waiting_cursors",
  "message_budgets",
  "addresses",
];

/** The gauges of {@linkcode GROWS} that are not 0, with their values. */
function rest(scraped: Scrape): string[] {
  return GROWS.map((name) => `${name} ${scraped.get(`parley_${name}`)}`)
    .filter((each) => !each.endsWith(" 0"));
}

/** Waits for a state of the server. Returns the scrape that showed it. */
async function until(
  server: RealServer,
  what: string,
  isReached: (scraped: Scrape) => boolean,
): Promise<Scrape> {
  let given = false;
  const poll = async () => {
    while (true) {
      const scraped = await scrape(server.port);
      if (given || isReached(scraped)) return scraped;
    }
  };
  return await within(poll(), what).finally(() => given = true);
}

function untilEmpty(server: RealServer): Promise<Scrape> {
  return until(server, "everything to be gone", (scraped) => rest(scraped).length === 0);
}

/**
 * Lets time pass. To the server a leap looks as if it had stood still, for which it holds no client
 * responsible; so more than a second of ticks follows.
 */
async function pass(server: RealServer, timers: ManualClock, ms: number): Promise<void> {
  const ticks = (scraped: Scrape) => scraped.get("parley_event_loop_delay_seconds_count");
  timers.now += ms;
  const before = ticks(await scrape(server.port));
  // The tick after the next one began after the leap, whatever was under way.
  await until(server, "a tick", (scraped) => ticks(scraped) >= before + 2);
  timers.now += 1500;
}

function repeat<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

function openAll(server: RealServer, count: number): Promise<RawClient[]> {
  return Promise.all(repeat(count, () => RawClient.open(server.port)));
}

function cutAll(clients: readonly RawClient[]): void {
  for (const client of clients) client.destroy();
}

Deno.test("server frees everything of clients that sent messages and left", async () => {
  await using server = await RealServer.start({
    CHAT_LEAVE_GRACE_MS: "0",
    CHAT_MESSAGES_PER_SECOND: "1000",
  });
  for (let round = 0; round < 3; round++) {
    const clients = await openAll(server, 90);
    await Promise.all(clients.map(async (client, i) => {
      await client.hello(`visitor ${round}-${i}`);
      await client.join("lobby");
      await client.send("lobby", "hi");
    }));
    cutAll(clients);
    await server.connectionsLeft(0);
  }
  const scraped = await untilEmpty(server);
  assertEquals(scraped.get("parley_messages_total"), 270);
  assertEquals(scraped.get("parley_rooms"), 1);
});

Deno.test("server counts no connection for requests that never end, and serves others", async () => {
  await using server = await RealServer.start();
  const half = new TextEncoder().encode("GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Endless: ");
  const wires = await Promise.all(repeat(100, () => TcpConnection.connect(server.port)));
  try {
    await Promise.all(wires.map((wire) => wire.write(half)));
    assertEquals(rest(await scrape(server.port)), []);
    using ada = await server.rawUser("Ada");
    await ada.join("lobby");
  } finally {
    for (const wire of wires) wire[Symbol.dispose]();
  }
});

Deno.test("server closes connections without hello, and counts their sockets until they are gone", async () => {
  // Longer than 90 handshakes take on a busy machine: a socket that opens later is abandoned.
  await using server = await RealServer.start({ CHAT_HELLO_MS: "1000" });
  const clients = await openAll(server, 90);
  await Promise.all(clients.map((client) => client.closed()));
  const scraped = await scrape(server.port);
  assertEquals(scraped.get('parley_closes_total{code="4001"}'), 90);
  assertEquals(rest(scraped), ["sockets 90", "addresses 1"]);
  cutAll(clients);
  await untilEmpty(server);
});

Deno.test("server forgets rooms without messages, however many are joined", async () => {
  await using server = await RealServer.start(UNLIMITED_AND_GONE);
  using ada = await server.rawUser("Ada");
  const visits = repeat(2000, (i): WireCommand[] => {
    const room = `room-${i}`;
    return [{ type: "join", room }, { type: "leave", room }];
  });
  for (const commands of visits) await ada.tell(...commands);
  await ada.ask("pong", { type: "ping" });
  const scraped = await scrape(server.port);
  assertEquals(scraped.get('parley_commands_total{type="leave"}'), 2000);
  assertEquals(scraped.get("parley_rooms"), 0);
});

Deno.test("server keeps CHAT_MAX_ROOMS rooms, however many have messages", async () => {
  await using server = await RealServer.start({ ...UNLIMITED_AND_GONE, CHAT_MAX_ROOMS: "10" });
  using ada = await server.rawUser("Ada");
  for (let i = 0; i < 200; i++) {
    const room = `room-${i}`;
    await ada.tell(
      { type: "join", room },
      { type: "send", room, ref: room, text: "hi" },
      { type: "leave", room },
    );
  }
  await ada.ask("pong", { type: "ping" });
  const scraped = await scrape(server.port);
  assertEquals(scraped.get("parley_messages_total"), 200);
  assertEquals([scraped.get("parley_rooms"), scraped.get("parley_messages_kept")], [10, 10]);
});

Deno.test("server keeps CHAT_HISTORY_MB of messages, and announces those that it drops", async () => {
  await using server = await RealServer.start({ ...UNLIMITED_AND_GONE, CHAT_HISTORY_MB: "1" });
  using ada = await server.rawUser("Ada");
  const text = "\u{1F600}".repeat(4000);
  const heads = new Map<string, string>();
  for (let i = 0; i < 20; i++) heads.set(`room-${i}`, (await ada.join(`room-${i}`)).head);
  for (let i = 0; i < 10; i++) {
    for (const room of heads.keys()) {
      await ada.tell({ type: "send", room, ref: `${room} ${i}`, text });
    }
    await ada.ask("pong", { type: "ping" });
  }
  const scraped = await scrape(server.port);
  assertEquals(scraped.get("parley_messages_total"), 200);
  const bytes = scraped.get("parley_history_bytes");
  assert(bytes <= 2 ** 20 && bytes > 2 ** 19, `${bytes} bytes are kept`);
  using bob = await server.rawUser("Bob");
  for (const [room, since] of heads) {
    const { complete, messages } = await bob.ask("joined", { type: "join", room, since });
    assertEquals([complete, messages.length >= 2 && messages.length < 10], [false, true], room);
  }
});

Deno.test("server refuses new rooms while all have members, and lets others join those", async () => {
  await using server = await RealServer.start({ ...UNLIMITED_AND_GONE, CHAT_MAX_ROOMS: "10" });
  using holder = await server.rawUser("Ada");
  for (let i = 0; i < 20; i++) await holder.tell({ type: "join", room: `room-${i}` });
  await holder.ask("pong", { type: "ping" });
  const scraped = await scrape(server.port);
  assertEquals(scraped.get('parley_errors_total{code="unavailable"}'), 10);
  assertEquals(scraped.get("parley_rooms"), 10);
  using bob = await server.rawUser("Bob");
  await bob.join("room-0");
  holder.destroy();
  await until(server, "nine rooms to be free", (each) => each.get("parley_rooms") === 1);
  await bob.join("another");
});

Deno.test("server keeps one receipt of a message that is sent a thousand times", async () => {
  await using server = await RealServer.start(UNLIMITED_AND_GONE);
  using ada = await server.rawUser("Ada");
  await ada.join("lobby");
  const send: WireCommand = { type: "send", room: "lobby", ref: "again", text: "hi" };
  await ada.tell(...repeat(1000, () => send));
  await ada.ask("pong", { type: "ping" });
  const scraped = await scrape(server.port);
  const names = ["messages_total", "duplicates_total", "receipts"];
  assertEquals(names.map((name) => scraped.get(`parley_${name}`)), [1, 999, 1]);
});

Deno.test("server allows each user a burst, and forgets the budgets that are full again", async () => {
  const timers = new ManualClock();
  await using server = await RealServer.start({}, { timers });
  const clients = await openAll(server, 20);
  await Promise.all(clients.map(async (client, i) => {
    await client.hello(`sender ${i}`);
    await client.join("lobby");
    await client.tell(...repeat(50, (n): WireCommand => {
      return { type: "send", room: "lobby", ref: `${n}`, text: "hi" };
    }));
    await client.ask("pong", { type: "ping" });
  }));
  const flooded = await scrape(server.port);
  assertEquals(flooded.get("parley_messages_total"), 200);
  assertEquals(flooded.get('parley_errors_total{code="rate_limited"}'), 800);
  assertEquals(flooded.get("parley_message_budgets"), 20);
  cutAll(clients);
  await server.connectionsLeft(0);
  await pass(server, timers, 10_000);
  await untilEmpty(server);
});

Deno.test("server handles no frame over the limit and no fragments that never end", async () => {
  await using server = await RealServer.start();
  const megabytes = new Uint8Array(4_194_304).fill(0x20);
  using giant = await RawClient.open(server.port);
  await giant.write(frame(Opcode.TEXT, megabytes));
  assertEquals((await giant.closed()).code, 1009);
  using endless = await RawClient.open(server.port);
  await endless.write(
    frame(Opcode.TEXT, megabytes, { final: false }),
    frame(Opcode.CONTINUATION, megabytes, { final: false }),
    frame(Opcode.PING, ""),
  );
  using ada = await server.rawUser("Ada");
  await ada.join("lobby");
  const scraped = await scrape(server.port);
  assertEquals(scraped.get('parley_closes_total{code="1009"}'), 1);
  // The giant one, a hello and a join.
  assertEquals(scraped.get("parley_frames_received_total"), 3);
  cutAll([giant, endless, ada]);
  await server.connectionsLeft(0);
});

Deno.test("server queues at most CHAT_SEND_BUFFER_BYTES for each of many clients that never read", async () => {
  const mark = 65_536;
  const text = "x".repeat(100_000);
  const timers = new ManualClock();
  await using server = await RealServer.start({
    ...UNLIMITED_AND_GONE,
    CHAT_TEXT_LENGTH: `${text.length}`,
    CHAT_FRAME_BYTES: "400384",
    CHAT_SEND_BUFFER_BYTES: `${mark}`,
  }, { timers });
  const silent = await openAll(server, 20);
  for (const [i, client] of silent.entries()) {
    await client.hello(`silent ${i}`);
    await client.join("lobby");
  }
  using writer = await server.rawUser("Ada");
  await writer.join("lobby");
  let scraped = await scrape(server.port);
  // As many as fill what the operating system takes, and some more that the server has to hold.
  for (let sent = 0, more = 20; sent < 300 && more > 0; sent++) {
    await writer.send("lobby", text);
    scraped = await scrape(server.port);
    if (scraped.get("parley_waiting_cursors") === silent.length) more--;
  }
  const queued = scraped.get("parley_queued_bytes");
  const bound = silent.length * (mark + text.length + 1000);
  assert(queued > silent.length * mark && queued <= bound, `${queued} bytes are queued`);
  await pass(server, timers, 30_000);
  const isEvicted = (each: Scrape): boolean => each.get("parley_evictions_total") === silent.length;
  await until(server, "all to be sent away", isEvicted);
  cutAll([...silent, writer]);
  await server.connectionsLeft(0);
  await pass(server, timers, 1000);
  await untilEmpty(server);
});
