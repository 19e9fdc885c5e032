import { assert, assertEquals, assertRejects } from "@std/assert";
import { Unavailable } from "../../../chat/broker/broker.ts";
import { RedisClient, type RedisClientOptions } from "../../../chat/broker/redis/client.ts";
import type { Reply } from "../../../chat/broker/redis/resp.ts";
import { RedisUrl } from "../../../chat/config/redis_url.ts";
import { settled } from "../../support/fake_hub.ts";
import { RedisServer, testRedis } from "../../support/redis_server.ts";
import { HOST } from "../../support/tcp_connection.ts";
import { TcpProxy } from "../../support/tcp_proxy.ts";
import { ToldClient } from "./told.ts";

/** The promise is 2 s; the rest is for a slow machine. A fault takes as long as TCP: minutes. */
const NOTICED_MS = 4000;

async function keptOf(call: Promise<Reply>): Promise<string> {
  return (await assertRejects(() => call, Unavailable)).kept;
}

/** Waits until a client tells of a silent Redis. */
async function noticesSilence(told: ToldClient): Promise<void> {
  const start = performance.now();
  assertEquals(await told.change(), "Redis is silent");
  const elapsedMs = performance.now() - start;
  assert(elapsedMs < NOTICED_MS, `${elapsedMs} ms`);
}

/** Sends until it is told to stop. Returns the numbers by what became of them. */
async function sendUntil(client: RedisClient, stopped: { readonly value: boolean }) {
  const numbers = { kept: [] as number[], no: [] as number[], unknown: [] as number[] };
  for (let i = 0; !stopped.value; i++) {
    const sent = client.call(["RPUSH", "list", i]).then(
      () => numbers.kept.push(i),
      (error) => numbers[(error as Unavailable).kept].push(i),
    );
    // A window of many calls, and a pause in an outage.
    if (i % 16 === 0 || client.problem !== undefined) {
      await sent;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  return numbers;
}

async function listOf(redis: RedisServer): Promise<number[]> {
  const list = await redis.command("LRANGE", "list", 0, -1) as readonly Reply[];
  return list.map(Number);
}

for (const fault of ["killed", "stopped"] as const) {
  testRedis(`RedisClient says the truth of each call while Redis is ${fault}`, async () => {
    await using redis = await RedisServer.start({ args: ["--appendfsync", "always"] });
    await using told = await ToldClient.connect(redis.url());
    const stopped = { value: false };
    const sending = sendUntil(told.client, stopped);
    await told.client.call(["PING"]);
    if (fault === "killed") {
      await redis.end("SIGKILL");
      assert(await told.change() !== undefined);
      await redis.restart();
    } else {
      redis.pause();
      await noticesSilence(told);
      redis.resume();
    }
    while (await told.change() !== undefined);
    await told.client.call(["PING"]);
    stopped.value = true;
    const { kept, no, unknown } = await sending;
    const list = await listOf(redis);
    assertEquals(list, list.toSorted((a, b) => a - b));
    assertEquals(new Set(list).size, list.length);
    const there = new Set(list);
    assertEquals(kept.filter((each) => !there.has(each)), []);
    assertEquals(no.filter((each) => there.has(each)), []);
    assert(kept.length > 0 && no.length > 0, `${kept.length} kept, ${no.length} not`);
    // One that dies may have answered everything.
    if (fault === "stopped") assert(unknown.length > 0);
  });
}

testRedis("RedisClient notices a half-open connection, idle or not, and comes back", async () => {
  await using redis = await RedisServer.start();
  await using proxy = await TcpProxy.listen(redis.port);
  await using idle = await ToldClient.connect(redis.url(proxy.port));
  await using busy = await ToldClient.connect(redis.url(proxy.port));
  proxy.partition();
  const kept = keptOf(busy.client.call(["INCR", "n"]));
  await Promise.all([noticesSilence(idle), noticesSilence(busy)]);
  assertEquals(await kept, "unknown");
  assertEquals(await keptOf(idle.client.call(["INCR", "n"])), "no");
  proxy.heal();
  assertEquals(await Promise.all([idle.change(), busy.change()]), [undefined, undefined]);
  assertEquals(await busy.client.call(["PING"]), "PONG");
});

testRedis("RedisClient comes back after connections that are cut again and again", async () => {
  await using redis = await RedisServer.start();
  await using proxy = await TcpProxy.listen(redis.port);
  await using told = await ToldClient.connect(redis.url(proxy.port), { random: () => 0.1 });
  for (const how of ["rst", "fin", "rst", "fin"] as const) {
    const kept = keptOf(told.client.call(["BLPOP", "nothing", 1]));
    // Written by then.
    await settled();
    await settled();
    for (const link of proxy.links) link.cut(how);
    assertEquals(await kept, "unknown");
    assert(await told.change() !== undefined);
    assertEquals(await told.change(), undefined);
  }
});

testRedis("RedisClient reads replies that a network splits and delays", async () => {
  await using redis = await RedisServer.start();
  await using proxy = await TcpProxy.listen(redis.port);
  await using told = await ToldClient.connect(redis.url(proxy.port));
  for (const { up, down } of proxy.links) {
    up.maxPieceBytes = 7;
    Object.assign(down, { maxPieceBytes: 3, delayMs: 1 });
  }
  const texts = Array.from({ length: 20 }, (_, i) => `${i}é😀`);
  const replies = await Promise.all(texts.map((text) => told.client.call(["ECHO", text])));
  assertEquals(replies, texts);
  assertEquals(told.told, [undefined]);
});

testRedis("RedisClient does not judge a Redis by its own blocked event loop", async () => {
  await using redis = await RedisServer.start();
  await using told = await ToldClient.connect(redis.url(), { pingMs: 50, silenceMs: 400 });
  for (let i = 0; i < 2; i++) {
    const call = told.client.call(["INCR", "n"], 500);
    const start = performance.now();
    while (performance.now() - start < 1000);
    assertEquals(await call, i + 1);
  }
  assertEquals(told.told, [undefined]);
});

testRedis("RedisClient waits for a Redis that is slow, but not silent", async () => {
  await using redis = await RedisServer.start({ args: ["--enable-debug-command", "yes"] });
  await using told = await ToldClient.connect(redis.url());
  const slow = told.client.call(["DEBUG", "SLEEP", "0.5"]);
  const late = keptOf(told.client.call(["INCR", "n"], 200));
  const patient = told.client.call(["INCR", "n"]);
  assertEquals(await late, "unknown");
  assertEquals([await slow, await patient], ["OK", 2]);
  assertEquals(told.told, [undefined]);
});

/** A server that is no Redis. */
async function serve(
  answer: (conn: Deno.TcpConn) => Promise<void>,
  run: (url: RedisUrl) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: HOST, port: 0 });
  const conns: Deno.TcpConn[] = [];
  const serving = (async () => {
    for await (const conn of listener) {
      conns.push(conn);
      // The client has closed it.
      await answer(conn).catch(() => {});
    }
  })();
  const url = RedisUrl.parse(`redis://${HOST}:${listener.addr.port}`);
  if (url === undefined) throw new TypeError("Not a URL");
  await run(url);
  listener.close();
  for (const conn of conns) conn.close();
  await serving;
}

const encode = (text: string) => new TextEncoder().encode(text);

const STRANGERS: readonly [
  string,
  string,
  (conn: Deno.TcpConn) => Promise<void>,
  Partial<RedisClientOptions>?,
][] = [
  [
    "speaks HTTP",
    'A reply begins with "H"',
    async (conn) => {
      await conn.write(encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
    },
  ],
  ["replies to nothing, without end", "A reply belongs to no command", async (conn) => {
    const flood = encode("+OK\r\n".repeat(10_000));
    for (;;) await conn.write(flood);
  }],
  ["sends one reply without end", "A reply takes more than 1000000 bytes", async (conn) => {
    await conn.write(encode("*10000\r\n"));
    const flood = encode(`$100\r\n${"x".repeat(100)}\r\n`.repeat(100));
    for (;;) await conn.write(flood);
  }, { maxReplyBytes: 1_000_000 }],
  ["sends a reply so slowly that it never ends", "Redis does not answer in time", async (conn) => {
    await conn.write(encode("$1000\r\n"));
    for (;;) {
      await conn.write(encode("x"));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }, { deadlineMs: 300 }],
  ["closes each connection", "Redis has closed the connection", async (conn) => {
    await conn.closeWrite();
  }],
];

for (const [doing, problem, answer, options] of STRANGERS) {
  Deno.test(`RedisClient drops a server that ${doing}`, () =>
    serve(answer, async (url) => {
      await using told = new ToldClient(url, options);
      assertEquals(await told.change(), problem);
    }));
}

Deno.test("RedisClient gives up a TLS handshake that does not come", () =>
  serve(async () => {}, async ({ port }) => {
    const url = RedisUrl.parse(`rediss://${HOST}:${port}`);
    if (url === undefined) throw new TypeError("Not a URL");
    await using told = new ToldClient(url, { connectMs: 200 });
    assertEquals(await told.change(), "Redis can't be reached: no connection in time");
  }));

Deno.test("RedisClient tells once that nothing listens, and close() ends it at any moment", async () => {
  const listener = Deno.listen({ hostname: HOST, port: 0 });
  const url = RedisUrl.parse(`redis://${HOST}:${listener.addr.port}`);
  listener.close();
  if (url === undefined) throw new TypeError("Not a URL");
  await using told = new ToldClient(url, { random: () => 0 });
  assertEquals(await keptOf(told.client.call(["PING"])), "no");
  assert((await told.change())?.includes("refused"));
  // Many attempts later.
  await new Promise((resolve) => setTimeout(resolve, 50));
  assertEquals(told.told.length, 1);
  for (let turns = 0; turns < 5; turns++) {
    const client = new RedisClient({ url, deadlineMs: 1000 });
    for (let i = 0; i < turns; i++) await Promise.resolve();
    await client.close();
  }
});

Deno.test("login() never repeats the password", async () => {
  const echo = "-ERR unknown command 'AUTH', with args beginning with: 'secret'\r\n";
  await serve(async (conn) => {
    await conn.read(new Uint8Array(100));
    await conn.write(encode(echo));
  }, async ({ port }) => {
    const url = RedisUrl.parse(`redis://:secret@${HOST}:${port}`);
    if (url === undefined) throw new TypeError("Not a URL");
    await using told = new ToldClient(url);
    assertEquals(await told.change(), "Redis refuses: ERR unknown command 'AUTH'");
  });
});
