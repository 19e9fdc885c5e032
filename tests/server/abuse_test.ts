import { assertEquals, assertRejects } from "@std/assert";
import type { WireCommand } from "../support/clients.ts";
import { RawClient } from "../support/clients.ts";
import { ManualClock, RealServer } from "../support/real_server.ts";
import { scrape } from "../support/scrape.ts";
import { within } from "../support/deadline.ts";
import { frame, Opcode } from "../support/frames.ts";
import { type Answer, handshake, request } from "../support/tcp_connection.ts";

/** Requests an upgrade without becoming a WebSocket. */
function knock(server: RealServer, headers: Record<string, string> = {}): Promise<Answer> {
  return request(server.port, "GET", "/ws", handshake(headers));
}

/** Connects, and floods until it is closed with 4501. */
async function flood(server: RealServer, headers: Record<string, string> = {}): Promise<void> {
  using client = await RawClient.open(server.port, headers);
  await client.tell(
    { type: "hello", name: "Eve" },
    ...Array.from({ length: 100 }, (): WireCommand => ({ type: "ping" })),
  );
  assertEquals((await client.closed()).code, 4501);
}

/** Tries to connect until a connection is free. */
async function openWhenFree(server: RealServer): Promise<RawClient> {
  while (true) {
    try {
      return await RawClient.open(server.port);
    } catch {
      // Refused.
    }
  }
}

Deno.test("server blocks the address of a client that keeps flooding, and unblocks it later", async () => {
  const timers = new ManualClock();
  await using server = await RealServer.start({}, { timers });
  await using neighbour = await server.user("Ada");
  await neighbour.join("lobby");
  for (let i = 0; i < 6; i++) await flood(server);
  const { status, headers } = await knock(server);
  assertEquals([status, headers.get("retry-after")], [429, "10"]);
  // Other connections of the address stay.
  await neighbour.send("lobby", "I am still here");
  timers.now += 10_000;
  await flood(server);
  assertEquals((await knock(server)).headers.get("retry-after"), "20");
  timers.now += 20_000;
  await using eve = await server.user("Eve");
  await eve.join("lobby");
});

Deno.test("server limits the rate of new connections, and says when to retry", async () => {
  const timers = new ManualClock();
  await using server = await RealServer.start({}, { timers });
  for (let opened = 0; opened < 1000; opened += 50) {
    const clients = await Promise.all(
      Array.from({ length: 50 }, () => RawClient.open(server.port)),
    );
    for (const client of clients) client.destroy();
    await server.connectionsLeft(0);
  }
  const { status, headers } = await knock(server);
  assertEquals([status, headers.get("retry-after")], [429, "1"]);
  timers.now += 10;
  await using ada = await server.user("Ada");
  await ada.join("lobby");
});

Deno.test("server uses only the part of X-Forwarded-For that its proxy added", async () => {
  await using server = await RealServer.start({ CHAT_TRUST_PROXY: "1" }, {
    timers: new ManualClock(),
  });
  const via = (address: string, claim: string): Record<string, string> => ({
    "x-forwarded-for": `${claim}, ${address}`,
  });
  for (let i = 0; i < 6; i++) await flood(server, via("198.51.100.7", `203.0.113.${i}`));
  assertEquals((await knock(server, via("198.51.100.7", "192.0.2.99"))).status, 429);
  using stranger = await RawClient.open(server.port, via("198.51.100.8", "198.51.100.7"));
  await stranger.hello("Ada");
});

Deno.test("server ignores X-Forwarded-For without a proxy", async () => {
  await using server = await RealServer.start({}, { timers: new ManualClock() });
  for (let i = 0; i < 6; i++) await flood(server, { "x-forwarded-for": `198.51.100.${i}` });
  assertEquals((await knock(server, { "x-forwarded-for": "198.51.100.99" })).status, 429);
});

Deno.test("server counts clients whose proxy forwards no address as one address", async () => {
  const environment = { CHAT_TRUST_PROXY: "1", CHAT_CONNECTIONS_PER_ADDRESS: "1" };
  await using server = await RealServer.start(environment);
  using _first = await RawClient.open(server.port, { "x-forwarded-for": "unknown" });
  for (const hop of ["garbage", "x".repeat(15_000), "999.1.1.1", ""]) {
    assertEquals((await knock(server, { "x-forwarded-for": hop })).status, 429);
  }
});

Deno.test("server blocks no address with CHAT_CONNECTIONS_PER_ADDRESS=0", async () => {
  await using server = await RealServer.start({ CHAT_CONNECTIONS_PER_ADDRESS: "0" }, {
    timers: new ManualClock(),
  });
  for (let i = 0; i < 20; i++) await flood(server);
  await using eve = await server.user("Eve");
  await eve.join("lobby");
});

Deno.test("server counts a closed connection until its socket is gone", async () => {
  await using server = await RealServer.start({ CHAT_CONNECTIONS_PER_ADDRESS: "1" });
  {
    using rude = await RawClient.open(server.port);
    await rude.write(frame(Opcode.BINARY, ""));
    // The client is told to close, and does not.
    assertEquals((await rude.closed()).code, 1003);
    const metrics = await scrape(server.port);
    const told = ["connections", "sockets"].map((name) => metrics.get(`parley_${name}`));
    assertEquals(told, [0, 1]);
    await assertRejects(() => RawClient.open(server.port), Error, "429");
  }
  using next = await within(openWhenFree(server), "a place");
  await next.hello("Ada");
});
