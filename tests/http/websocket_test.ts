// The server has no npm dependency, so its import map names none.
// deno-lint-ignore-file no-import-prefix

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Client, RawClient } from "../support/clients.ts";
import { RealServer } from "../support/real_server.ts";
import { scrape } from "../support/scrape.ts";
import { within } from "../support/deadline.ts";
import { frame, Opcode } from "../support/frames.ts";
import { handshake, HOST, request, TcpConnection } from "../support/tcp_connection.ts";

Deno.test("/ws is 426 for a request that is no upgrade", async () => {
  await using server = await RealServer.start();
  const { status, headers } = await request(server.port, "GET", "/ws");
  assertEquals(status, 426);
  assertEquals(headers.get("upgrade"), "websocket");
  assertMatch(headers.get("connection") ?? "", /upgrade/i);
  assertEquals(headers.get("sec-websocket-version"), "13");
});

Deno.test("/ws answers a probe with the refusal that an upgrade would get", async () => {
  await using server = await RealServer.start({ CHAT_CONNECTIONS_PER_ADDRESS: "1" });
  const ask = (origin = `http://${HOST}:${server.port}`) =>
    request(server.port, "GET", "/ws", { "x-probe": origin });
  assertEquals((await ask()).status, 426);
  for (const origin of ["http://evil.example", "null", "x".repeat(4000)]) {
    assertEquals((await ask(origin)).status, 403);
  }
  await server.user("Ada");
  const crowded = await ask();
  assertEquals([crowded.status, crowded.headers.has("retry-after")], [429, true]);
  server.chat.drain();
  assertEquals((await ask()).status, 503);
  assertEquals((await request(server.port, "GET", "/ws")).status, 426);
});

Deno.test("/ws is 426 for another version of the protocol, and names version 13", async (t) => {
  await using server = await RealServer.start();
  for (const version of [undefined, "", "7", "8", "12", "14", "13.0", "13, 8"]) {
    await t.step(`Sec-WebSocket-Version: ${version}`, async () => {
      const headers = handshake({ "sec-websocket-version": version });
      const answer = await request(server.port, "GET", "/ws", headers);
      assertEquals(answer.status, 426);
      assertEquals(answer.headers.get("sec-websocket-version"), "13");
    });
  }
});

Deno.test("/ws is 426 for an upgrade to something besides a WebSocket", async (t) => {
  await using server = await RealServer.start();
  // In lines of their own: the runtime takes the first one, and a header's list is all of them.
  const offers = [["h2c", "websocket"], ["H2C", "x, websocket"], ["websocket", "h2c"], [
    "x, websocket",
  ]];
  for (const offer of offers) {
    await t.step(`Upgrade: ${offer.join(" and Upgrade: ")}`, async () => {
      const headers = handshake({ "upgrade": offer.join("\r\nupgrade: ") });
      assertEquals((await request(server.port, "GET", "/ws", headers)).status, 426);
      await (await server.user("Ada"))[Symbol.asyncDispose]();
    });
  }
});

Deno.test("/ws reads the spaces in a handshake as the runtime does", async (t) => {
  await using server = await RealServer.start();
  const answers: [changes: Record<string, string>, status: number][] = [
    [{ "connection": "\u00a0Upgrade" }, 426],
    [{ "upgrade": "\u00a0websocket" }, 426],
    [{ "sec-websocket-protocol": "\u00a0chat.v1" }, 101],
    [{ "sec-websocket-protocol": "x,chat.v1" }, 101],
    [{ "sec-websocket-protocol": "x ,\tchat.v1" }, 101],
    [{ "connection": "x ,\tUpgrade" }, 101],
    [{ "connection": "keep-alive,Upgrade" }, 101],
    [{ "connection": "keep-alive, \t UPGRADE\t ,x" }, 101],
    [{ "connection": ",,upgrade,," }, 101],
    [{ "connection": "keep-alive\r\nConnection: upgrade" }, 101],
    [{ "connection": "upgrade,\u00a0x" }, 101],
    [{ "connection": "x\u00a0,upgrade" }, 101],
    [{ "connection": "upgrade x" }, 426],
    [{ "connection": "upgradeupgrade" }, 426],
    [{ "connection": "keep-alive;upgrade" }, 426],
    [{ "connection": `x${" ".repeat(16_000)}x` }, 426],
    [{ "connection": `x${" ".repeat(900)},${" ".repeat(100)}upgrade` }, 101],
    [{ "connection": `${",".repeat(1000)}upgrade` }, 101],
    [{ "sec-websocket-protocol": `x${" ,".repeat(7900)}` }, 101],
  ];
  for (const [changes, status] of answers) {
    await t.step(JSON.stringify(changes), async () => {
      using wire = await TcpConnection.connect(server.port);
      const fields = Object.entries({ host: HOST, ...handshake(changes) });
      const lines = ["GET /ws HTTP/1.1", ...fields.map((field) => field.join(": "))];
      const request = `${lines.join("\r\n")}\r\n\r\n`;
      // A byte for each character, which is no UTF-8.
      await wire.write(Uint8Array.from(request, (character) => character.charCodeAt(0)));
      const answer = new TextDecoder().decode(await within(wire.some(), "an answer"));
      assertStringIncludes(answer, `HTTP/1.1 ${status} `);
    });
  }
});

Deno.test("/ws is 400 for a handshake without a key", async () => {
  await using server = await RealServer.start();
  const headers = handshake({ "sec-websocket-key": undefined });
  assertEquals((await request(server.port, "GET", "/ws", headers)).status, 400);
  await server.connectionsLeft(0);
});

Deno.test("/ws is 400 for a key that is not 16 bytes in base64", async (t) => {
  await using server = await RealServer.start();
  for (const key of ["", "?", "c2hvcnQ=", "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAA"]) {
    await t.step(`Sec-WebSocket-Key: ${key}`, async () => {
      // RFC 6455, 4.2.1 and 4.2.2.
      const headers = handshake({ "sec-websocket-key": key });
      assertEquals((await request(server.port, "GET", "/ws", headers)).status, 400);
    });
  }
});

Deno.test("/ws is 403 for pages of other origins", async (t) => {
  await using server = await RealServer.start({
    CHAT_ALLOWED_ORIGINS: "https://chat.example, http://other.example:81",
  });
  const own = `127.0.0.1:${server.port}`;
  const origins = [
    "null",
    "https://evil.example",
    "http://chat.example",
    "https://chat.example:444",
    "https://sub.chat.example",
    "https://chat.example.evil.example",
    "http://other.example",
    "http://127.0.0.1",
    `http://localhost:${server.port}`,
    `http://127.0.0.1:${server.port + 1}`,
    `http://${own}.evil.example`,
    `http://evil.example#${own}`,
    `file://${own}`,
    "no origin at all",
    "",
  ];
  for (const origin of origins) {
    await t.step(`Origin: ${origin}`, async () => {
      assertEquals((await request(server.port, "GET", "/ws", handshake({ origin }))).status, 403);
    });
  }
  await server.connectionsLeft(0);
});

Deno.test("/ws upgrades requests without an origin, of the server's own and of allowed origins", async (t) => {
  await using server = await RealServer.start({
    CHAT_ALLOWED_ORIGINS: "https://chat.example, http://other.example:81",
  });
  const origins = [
    undefined,
    `http://127.0.0.1:${server.port}`,
    `https://127.0.0.1:${server.port}`,
    "https://chat.example",
    "http://other.example:81",
  ];
  for (const origin of origins) {
    await t.step(`Origin: ${origin}`, async () => {
      using client = await RawClient.open(server.port, origin === undefined ? {} : { origin });
      await client.hello("Ada");
    });
  }
});

Deno.test("/ws upgrades pages of any origin with CHAT_ALLOWED_ORIGINS=*", async () => {
  await using server = await RealServer.start({ CHAT_ALLOWED_ORIGINS: "*" });
  for (const origin of ["https://any.example", "null"]) {
    using client = await RawClient.open(server.port, { origin });
    await client.hello("Ada");
  }
});

Deno.test("/ws is 429 for the 101st connection of an address until one is closed", async () => {
  await using server = await RealServer.start();
  await using crowd = new AsyncDisposableStack();
  const [first] = await Promise.all(
    Array.from({ length: 100 }, async () => crowd.use(await RawClient.open(server.port))),
  );
  assertEquals((await request(server.port, "GET", "/ws", handshake())).status, 429);
  first?.destroy();
  await server.connectionsLeft(99);
  using next = await RawClient.open(server.port);
  await next.hello("Ada");
  assertEquals((await request(server.port, "GET", "/ws", handshake())).status, 429);
});

Deno.test("/ws is 400 for a peer that has gone", async () => {
  await using server = await RealServer.start();
  // The runtime names this address for a connection that was reset before it was accepted.
  const remoteAddr = { transport: "tcp", hostname: "0.0.0.0", port: 0 } as const;
  const host = `${HOST}:${server.port}`;
  const asked = new Request(`http://${host}/ws`, { headers: { host, ...handshake() } });
  const info = { remoteAddr, completed: Promise.resolve() };
  assertEquals((await server.chat.handle(asked, info)).status, 400);
  const figures = await scrape(server.port);
  assertEquals(figures.get('parley_refusals_total{reason="gone"}'), 1);
  assertEquals(figures.get("parley_sockets"), 0);
});

Deno.test("/ws is 503 while the server is full", async () => {
  await using server = await RealServer.start({ CHAT_MAX_CONNECTIONS: "1" });
  {
    await using only = await server.user("Ada");
    assertEquals((await request(server.port, "GET", "/ws", handshake())).status, 503);
    await only.join("lobby");
  }
  await server.connectionsLeft(0);
  await using next = await server.user("Bob");
  await next.join("lobby");
});

Deno.test("/ws is 503 while the server drains", async () => {
  await using server = await RealServer.start();
  using client = await server.rawUser("Ada");
  const drained = server.chat.drain();
  await client.next("bye");
  assertEquals((await request(server.port, "GET", "/ws", handshake())).status, 503);
  client.destroy();
  await drained;
});

Deno.test("/ws selects the subprotocol if it is offered, and does not need it", async (t) => {
  await using server = await RealServer.start();
  const answers: [string | undefined, string | null][] = [
    [undefined, null],
    ["chat.v1", "chat.v1"],
    ["chat.v2, chat.v1", "chat.v1"],
    ["chat.v2,chat.v1", "chat.v1"],
    ["chat.v1,chat.v2", "chat.v1"],
    ["chat.v2 ,\t chat.v1 , other", "chat.v1"],
    [",,chat.v1,", "chat.v1"],
    ["chat.v1, chat.v1", "chat.v1"],
    ["chat.v2\r\nSec-WebSocket-Protocol: chat.v1", "chat.v1"],
    ["chat.v1\r\nSec-WebSocket-Protocol: chat.v2,other", "chat.v1"],
    ["", null],
    ["other", null],
    ["CHAT.V1", null],
    ["chat.v1 chat.v2", null],
    ["chat.v1;q=1", null],
    ["xchat.v1,chat.v11", null],
    ["\u00a0chat.v1", null],
  ];
  for (const [offer, expected] of answers) {
    await t.step(`Sec-WebSocket-Protocol: ${offer}`, async () => {
      const headers = offer === undefined ? {} : { "sec-websocket-protocol": offer };
      using client = await RawClient.open(server.port, headers);
      assertEquals(client.headers.get("sec-websocket-protocol"), expected);
      await client.hello("Ada");
    });
  }
});

Deno.test("/ws selects the subprotocol for a WebSocket of the runtime", async () => {
  await using server = await RealServer.start();
  for (const offer of [["chat.v1"], ["chat.v2", "chat.v1"], ["chat.v1", "chat.v2"]]) {
    await using client = await Client.open(server.port, offer);
    assertEquals(client.protocol, "chat.v1");
    await client.hello("Ada");
  }
});

/** The parts of npm's most used client that are used here, where it can be had. */
interface NpmSocket {
  readonly protocol: string;
  on(event: "open" | "close", listener: () => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  close(): void;
}
const ws: { WebSocket: new (url: string, protocols: string[]) => NpmSocket } | undefined =
  await import("npm:ws@8.23.0").catch(() => undefined);

Deno.test({
  name: "/ws selects the subprotocol for npm's ws, which offers it without a space",
  ignore: ws === undefined,
  async fn() {
    if (ws === undefined) return;
    await using server = await RealServer.start();
    for (const offer of [["chat.v1"], ["chat.v2", "chat.v1"], ["chat.v1", "chat.v2"]]) {
      const socket = new ws.WebSocket(`ws://${HOST}:${server.port}/ws`, offer);
      const { promise: opened, resolve, reject } = Promise.withResolvers<void>();
      const closed = new Promise<void>((done) => socket.on("close", done));
      socket.on("open", resolve);
      socket.on("error", reject);
      await within(opened, "npm's ws to be let in");
      assertEquals(socket.protocol, "chat.v1");
      socket.close();
      await within(closed, "npm's ws to be closed");
    }
  },
});

Deno.test("/ws upgrades GET requests only", async (t) => {
  await using server = await RealServer.start();
  for (const [method, status] of [["HEAD", 426], ["POST", 405], ["OPTIONS", 405]] as const) {
    await t.step(method, async () => {
      const answer = await request(server.port, method, "/ws", handshake());
      assertEquals(answer.status, status);
    });
  }
  await server.connectionsLeft(0);
});

Deno.test("/ws closes with 1003 after a binary frame", async () => {
  await using server = await RealServer.start();
  using client = await server.rawUser("Ada");
  await client.write(frame(Opcode.BINARY, '{"type":"ping"}'));
  assertEquals((await client.closed()).code, 1003);
});

Deno.test("/ws accepts a frame of 16,384 bytes and closes with 1009 after a longer one", async (t) => {
  await using server = await RealServer.start();
  for (const character of ["a", "é", "あ", "🙂"]) {
    await t.step(`of ${character}`, async () => {
      using client = await server.rawUser("Ada");
      await client.write(frame(Opcode.TEXT, pingOf(16_384, character)));
      await client.next("pong");
      await client.write(frame(Opcode.TEXT, pingOf(16_385, character)));
      assertEquals((await client.closed()).code, 1009);
    });
  }
});

Deno.test("/ws accepts a command in fragments and counts their bytes together", async () => {
  await using server = await RealServer.start();
  using client = await server.rawUser("Ada");
  const fragments = (text: string): Uint8Array<ArrayBuffer>[] => [
    frame(Opcode.TEXT, text.slice(0, 8000), { final: false }),
    frame(Opcode.CONTINUATION, text.slice(8000, 16_000), { final: false }),
    frame(Opcode.CONTINUATION, text.slice(16_000)),
  ];
  await client.write(...fragments(pingOf(16_384, "a")));
  await client.next("pong");
  await client.write(...fragments(pingOf(16_385, "a")));
  assertEquals((await client.closed()).code, 1009);
});

Deno.test("/ws closes with 4500 at the 20th bad command, after its answer", async () => {
  await using server = await RealServer.start();
  using client = await server.rawUser("Ada");
  const bad = frame(Opcode.TEXT, '{"type":"no such command"}');
  await client.write(...Array.from({ length: 19 }, () => bad));
  await client.ask("pong", { type: "ping" });
  await client.write(bad);
  assertEquals((await client.closed()).code, 4500);
  const errors = client.events.filter((event) => event.type === "error");
  assertEquals(errors.map(({ code }) => code), Array.from({ length: 20 }, () => "bad_request"));
});

Deno.test("/ws closes with 4500 at the 20th over-long name", async () => {
  await using server = await RealServer.start();
  using client = await server.rawUser("Ada");
  const name = `a${"\u0344".repeat(3900)}${"\u0334".repeat(3900)}`;
  await client.tell(...Array.from({ length: 20 }, () => ({ type: "rename", name }) as const));
  assertEquals((await client.closed()).code, 4500);
  const errors = client.events.filter((event) => event.type === "error");
  assertEquals(errors.map(({ code }) => code), Array.from({ length: 20 }, () => "name_invalid"));
});

Deno.test("/ws closes with 4500 after 20 commands without hello", async () => {
  await using server = await RealServer.start();
  using client = await RawClient.open(server.port);
  await client.tell(...Array.from({ length: 20 }, () => ({ type: "ping" }) as const));
  assertEquals((await client.closed()).code, 4500);
  const errors = client.events.filter((event) => event.type === "error");
  assertEquals(errors.map(({ code }) => code), Array.from({ length: 20 }, () => "not_welcome"));
});

Deno.test("/ws closes with 4501 after a flood, once the burst is answered", async () => {
  await using server = await RealServer.start();
  using client = await server.rawUser("Ada");
  await client.tell(...Array.from({ length: 2000 }, () => ({ type: "ping" }) as const));
  assertEquals((await client.closed()).code, 4501);
  const pongs = client.events.filter((event) => event.type === "pong").length;
  assert(pongs >= 99 && pongs < 2000, `${pongs} pongs`);
});

Deno.test("/ws closes with 4001 only connections without hello in time", async () => {
  await using server = await RealServer.start({ CHAT_HELLO_MS: "300" });
  await using polite = await server.user("Ada");
  using silent = await RawClient.open(server.port);
  assertEquals((await silent.closed()).code, 4001);
  await polite.ask("pong", { type: "ping" });
});

Deno.test("/ws forgets a connection that it closes, even if the client never answers the close", async () => {
  await using server = await RealServer.start({
    CHAT_LEAVE_GRACE_MS: "0",
  });
  await using witness = await server.user("Ada");
  await witness.join("lobby");
  using closed = await RawClient.open(server.port);
  const { you } = await closed.hello("Bob");
  await closed.join("lobby");
  await witness.next("presence", ({ joined }) => joined?.[0]?.id === you.id);
  await closed.write(frame(Opcode.BINARY, ""));
  assertEquals((await closed.closed()).code, 1003);
  await witness.next("presence", ({ left }) => left?.[0] === you.id);
  await using next = await server.user("Bob");
  assertEquals((await next.join("lobby")).count, 2);
});

Deno.test("/ws answers a client's close", async () => {
  await using server = await RealServer.start();
  using client = await server.rawUser("Ada");
  await client.write(frame(Opcode.CLOSE, Uint8Array.of(1000 >> 8, 1000 & 0xff)));
  assertEquals((await client.closed()).code, 1000);
  await server.connectionsLeft(0);
});

Deno.test("/ws ends only the connection that violates the WebSocket protocol", async (t) => {
  await using server = await RealServer.start();
  await using witness = await server.user("Ada");
  const breaches: [string, Uint8Array<ArrayBuffer>][] = [
    ["reserved opcode", frame(3, "?")],
    ["reserved bit", frame(0x40 | Opcode.TEXT, "{}")],
    ["continuation of nothing", frame(Opcode.CONTINUATION, "{}")],
    ["ping in fragments", frame(Opcode.PING, "?", { final: false })],
    ["ping of 126 bytes", frame(Opcode.PING, "?".repeat(126))],
    ["text that is not UTF-8", frame(Opcode.TEXT, Uint8Array.of(0x22, 0xff, 0x22))],
    ["length of 2 ** 63", Uint8Array.of(0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    ["no frame at all", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")],
  ];
  for (const [name, bytes] of breaches) {
    await t.step(name, async () => {
      using client = await server.rawUser("Bob");
      await client.write(bytes);
      const { code } = await client.closed();
      assert([1002, 1003, 1006, 1007, 1009].includes(code), `Closed with ${code}`);
      await server.connectionsLeft(1);
      await witness.ask("pong", { type: "ping" });
    });
  }
});

Deno.test("/ws forgets clients that go before the handshake is over", async () => {
  await using server = await RealServer.start({ CHAT_DRAIN_MS: "600000" });
  const fields = Object.entries({ host: "127.0.0.1", ...handshake() });
  const lines = ["GET /ws HTTP/1.1", ...fields.map((field) => field.join(": "))];
  const upgrade = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
  for (let i = 0; i < 50; i++) {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await connection.write(upgrade);
  }
  await server.connectionsLeft(0);
  await within(server.chat.drain(), "the server to drain");
});

/** A "ping" of so many bytes, as many as possible in this character. */
function pingOf(bytes: number, character: string): string {
  const { length: size } = new TextEncoder().encode(character);
  const padding = character.repeat(Math.floor((bytes - 64) / size));
  const ping = JSON.stringify({ type: "ping", padding });
  return ping + " ".repeat(bytes - new TextEncoder().encode(ping).length);
}

Deno.test("/ws lets a client that is still sending read why it is closed, and refuses what it sends", async () => {
  await using server = await RealServer.start();
  using client = await server.rawUser("Ada");
  const drained = server.chat.drain();
  // Before it reads anything.
  const refs = Array.from({ length: 100 }, (_, i) => `${i}`);
  for (const ref of refs) await client.tell({ type: "send", ref, room: "lobby", text: "hi" });
  assertEquals((await client.closed()).code, 1001);
  assert(client.events.some(({ type }) => type === "bye"));
  const refused = client.events.filter((event) => event.type === "error");
  assertEquals(
    refused.map(({ code, ref }) => [code, ref]),
    refs.map((ref) => ["unavailable", ref]),
  );
  client.destroy();
  await drained;
});
