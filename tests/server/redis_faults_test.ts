/**
 * Servers whose Redis is broken in every way.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { RedisBroker } from "../../chat/mod.ts";
import { Client, type EventOf } from "../support/clients.ts";
import { RedisServer, testRedis } from "../support/redis_server.ts";
import { RealServer } from "../support/real_server.ts";
import { ANY_PORT, type Exit, ServerProcess, UNLIMITED } from "../support/server_process.ts";
import { health, request } from "../support/tcp_connection.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";

/** The promise is 2 s; the rest is for a slow machine. A fault takes as long as TCP: minutes. */
const NOTICED_MS = 8000;

const KEY = "the key of Ada, who comes back";

/** A server in a process of its own that keeps messages in a Redis. */
class Node implements AsyncDisposable {
  readonly process: ServerProcess;
  readonly port: number;

  private constructor(process: ServerProcess, port: number) {
    this.process = process;
    this.port = port;
  }

  static async start(redisPort: number, login = ""): Promise<Node> {
    const environment = {
      ...ANY_PORT,
      ...UNLIMITED,
      CHAT_REDIS: `redis://${login}127.0.0.1:${redisPort}`,
      CHAT_LOG: "info",
    };
    const process = await ServerProcess.start({ environment });
    return new Node(process, await process.port());
  }

  async user(name: string, key?: string): Promise<Client> {
    const client = await Client.open(this.port);
    await client.hello(name, key);
    return client;
  }

  /** Waits until `/healthz` has a status. */
  async answers(status: number, deadlineMs = 15_000): Promise<void> {
    const start = performance.now();
    for (;;) {
      const answer = await request(this.port, "GET", "/healthz");
      if (answer.status === status) return;
      assert(performance.now() - start < deadlineMs, `/healthz is still ${answer.status}`);
      await delay(10);
    }
  }

  /** Ends the process as operators do. Returns the events that it has logged of its Redis. */
  async end(): Promise<{ exit: Exit; events: string[] }> {
    this.process.kill("SIGTERM");
    const exit = await this.process.exit();
    const events = [...`${exit.stdout}${exit.stderr}`.matchAll(/"event":"(redis_\w+)"/g)];
    return { exit, events: events.map(([, event = ""]) => event) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}

/** Two servers. */
class Nodes implements AsyncDisposable {
  readonly a: Node;
  readonly b: Node;

  private constructor(a: Node, b: Node) {
    this.a = a;
    this.b = b;
  }

  static async start(redisPort: number): Promise<Nodes> {
    return new Nodes(...await Promise.all([Node.start(redisPort), Node.start(redisPort)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.a, this.b].map((node) => node[Symbol.asyncDispose]()));
  }
}

const send = (text: string, ref: string) => ({ type: "send", room: "lobby", text, ref } as const);

/** The acknowledgement of a message that is sent again, with its ref, until it is kept. */
async function sendUntilKept(client: Client, text: string, ref: string): Promise<EventOf<"ack">> {
  for (;;) {
    try {
      return await client.ask("ack", send(text, ref));
    } catch (error) {
      assertMatch(`${error}`, /"code":"unavailable"/);
      await delay(20);
    }
  }
}

const textsOf = ({ messages }: EventOf<"joined">) => messages.map(({ text }) => text);

/** The texts of messages that a client was told, in their order. */
const heardBy = ({ events }: Client) =>
  events.flatMap((event) => event.type === "message" ? [event.text] : []);

testRedis("servers say unavailable, and read on, while Redis is killed or stopped", async () => {
  await using redis = await RedisServer.start();
  await using nodes = await Nodes.start(redis.port);
  const { a, b } = nodes;
  await using ada = await a.user("Ada", KEY);
  await using bob = await b.user("Bob");
  await ada.join("lobby");
  await bob.join("lobby");
  const dan = "the key of Dan, who reloads the page";
  {
    await using page = await b.user("Dan", dan);
    await page.join("lobby");
  }
  const first = await ada.send("lobby", "first");
  let last = first.id;
  await bob.next("message", ({ text }) => text === "first");
  for (const fault of ["killed", "stopped"] as const) {
    if (fault === "killed") await redis.end("SIGKILL");
    else redis.pause();
    await Promise.all([a.answers(503, NOTICED_MS), b.answers(503, NOTICED_MS)]);
    const refused = await ada.ask("error", send(fault, fault));
    assertEquals(refused.code, "unavailable");
    // The rings are in memory.
    await using page = await b.user("Dan", dan);
    const { messages, complete } = await page.join("lobby", last);
    assertEquals([messages, complete], [[], true]);
    const read = await page.ask("history", { type: "history", room: "lobby", limit: 1 });
    assertEquals(read.messages.map(({ id }) => id), [last]);
    const since = await page.ask("history", { type: "history", room: "lobby", since: first.id });
    assertEquals(since.messages.at(-1)?.id, fault === "killed" ? undefined : last);
    const { status, body } = await request(b.port, "GET", "/api/rooms/lobby/messages?limit=1");
    assertEquals([status, JSON.parse(new TextDecoder().decode(body)).messages[0].id], [200, last]);

    if (fault === "killed") await redis.restart();
    else redis.resume();
    await Promise.all([a.answers(200), b.answers(200)]);
    const { id } = await sendUntilKept(ada, fault, fault);
    assert(id > last);
    for (const client of [bob, page]) {
      await client.next("message", ({ text }) => text === fault);
      assertEquals(heardBy(client).filter((text) => text === fault), [fault]);
    }
    // Users of one resume at the other.
    await using again = await b.user("Ada", KEY);
    const joined = await again.join("lobby", last);
    assertEquals([textsOf(joined), joined.complete], [[fault], true]);
    last = id;
  }
  for (const each of [a, b]) {
    const { exit, events } = await each.end();
    const once = ["redis_lost", "redis_back"];
    assertEquals([exit.code, events], [0, [...once, ...once]], exit.stdout);
  }
});

testRedis("servers tell of a gap when Redis comes back empty, or with an older file", async () => {
  await using redis = await RedisServer.start();
  await using a = await serve(redis);
  await using b = await serve(redis);
  await using ada = await a.user("Ada", KEY);
  await using bob = await b.user("Bob");
  await ada.join("lobby");
  await bob.join("lobby");
  await ada.send("lobby", "old");
  const restore = await redis.snapshot();
  let newest = await ada.send("lobby", "lost");
  await bob.next("message", ({ text }) => text === "lost");
  for (const fault of ["older", "empty"] as const) {
    await redis.end();
    for (const { port } of [a, b]) while ((await health(port)).status === "ok");
    if (fault === "older") await restore();
    else await redis.empty();
    await redis.restart();
    const left = fault === "older" ? ["old"] : [];
    for (const each of [a, b]) {
      while ((await health(each.port)).status !== "ok");
      await using first = await each.user(`First ${each.port} ${fault}`);
      assertEquals(textsOf(await first.join("lobby")), left);
    }
    const next = await sendUntilKept(ada, `after ${fault}`, fault);
    assert(next.id > newest.id);
    for (const client of [ada, bob]) {
      const { before } = await client.next("gap", ({ after }) => after === newest.id);
      assert(before <= next.id);
      await client.next("message", ({ id }) => id === next.id);
    }
    for (const each of [a, b]) {
      await using eve = await each.user(`Eve ${each.port} ${fault}`);
      const missed = await eve.join("lobby", newest.id);
      assertEquals([textsOf(missed), missed.complete], [[...left, `after ${fault}`], false]);
      const resumed = await eve.join("lobby", next.id);
      assertEquals([textsOf(resumed), resumed.complete], [[], true]);
    }
    newest = next;
  }
});

testRedis("server that is cut off from Redis claims nothing, and catches up", async () => {
  await using redis = await RedisServer.start();
  await using network = await TcpProxy.listen(redis.port);
  await using a = await serve(redis);
  await using b = await serve(redis, network.port);
  await using ada = await a.user("Ada");
  await using bob = await b.user("Bob");
  await ada.join("lobby");
  await bob.join("lobby");
  const heard = await ada.send("lobby", "heard");
  await bob.next("message", ({ id }) => id === heard.id);
  network.partition();
  const missed = await ada.send("lobby", "missed");
  const answer = await bob.ask("error", send("refused", "1"));
  assertEquals(answer.code, "unavailable");
  assertEquals((await request(b.port, "GET", "/healthz")).status, 503);
  assertEquals((await request(a.port, "GET", "/healthz")).status, 200);
  // Ada's client, which has lost its connection to the other server.
  await using eve = await b.user("Eve");
  const ref = "resume";
  await eve.tell({ type: "join", room: "lobby", since: missed.id, ref });
  const joined = await Promise.race([
    eve.next("joined").then(({ complete }) => complete),
    eve.next("error").then(({ code }) => code),
  ]);
  assert(joined === false || joined === "unavailable", `${joined}`);
  network.heal();
  await bob.next("message", ({ id }) => id === missed.id);
  const { id } = await sendUntilKept(bob, "refused", "1");
  await ada.next("message", (message) => message.id === id);
  await using again = await b.user("Zoe");
  const resumed = await again.join("lobby", heard.id);
  assertEquals([textsOf(resumed), resumed.complete], [["missed", "refused"], true]);
});

/** A server in this process. */
async function serve(redis: RedisServer, port = redis.port): Promise<RealServer> {
  const options = { url: redis.url(port), wait: 0, keepDays: 0, keepBytes: 0, receiptBytes: 1e7 };
  return RealServer.start(UNLIMITED, { broker: await RedisBroker.connect(options) });
}

testRedis("server starts without its Redis, works with it, and ends soon without it", async () => {
  await using redis = await RedisServer.start({ password: "p@#/" });
  await redis.end();
  await using node = await Node.start(redis.port, ":p%40%23%2F@");
  await node.answers(503, NOTICED_MS);
  await redis.restart();
  await node.answers(200);
  await using ada = await node.user("Ada");
  await ada.join("lobby");
  await sendUntilKept(ada, "first", "1");
  redis.pause();
  await ada.tell(send("never", "2"));
  const start = performance.now();
  const { exit, events } = await node.end();
  const elapsedMs = performance.now() - start;
  // A part of it is the closing of connections. Deno Deploy gives a server 5 s.
  assert(elapsedMs < 8000, `${elapsedMs} ms`);
  assertEquals([exit.code, events.slice(0, 2)], [0, ["redis_lost", "redis_back"]]);
  assert(!/p@#|p%40/.test(exit.stdout + exit.stderr));
});

testRedis("server does not start with a wrong password, and says so without it", async () => {
  await using redis = await RedisServer.start({ password: "right" });
  await using process = await ServerProcess.start({
    environment: { ...ANY_PORT, CHAT_REDIS: `redis://:wrong-1@127.0.0.1:${redis.port}` },
  });
  const { code, stdout, stderr } = await process.exit();
  assertEquals(code, 1);
  assertMatch(stderr, /^[^\n]*CHAT_REDIS[^\n]*WRONGPASS[^\n]*\n$/);
  assert(!(stdout + stderr).includes("wrong-1"));
});
