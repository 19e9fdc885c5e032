import { assertEquals, assertRejects } from "@std/assert";
import type { MessageEvent } from "../../chat/protocol/types.ts";
import {
  Client,
  ClientError,
  type ClientEventMap,
  type ClientOptions,
} from "../../static/client.js";
import type { Clock } from "../../static/client/clock.js";
import { within } from "../support/deadline.ts";
import { makeToken, TOKEN_SECRET } from "../support/jwt.ts";
import { Line } from "../support/line.ts";
import { RealServer } from "../support/real_server.ts";
import { dataFolder, UNLIMITED } from "../support/server_process.ts";

const HOST = "http://127.0.0.1";
const ROOM = "lobby";

/** A clock whose backoff takes no time. */
const QUICK: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  random: () => 0,
  schedule(run, ms) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** A client of a test, with all the messages that it was given. */
class Listener implements Disposable {
  readonly client: Client;
  readonly texts: string[] = [];

  constructor(url: string, options: Partial<ClientOptions> = {}) {
    this.client = new Client(url, { name: "Ada", clock: QUICK, ...options });
    this.client.addEventListener("message", ({ detail }) => this.texts.push(detail.text));
  }

  /** Connects and joins the room. */
  async enter(): Promise<this> {
    this.client.connect();
    await within(this.client.join(ROOM), "the room");
    return this;
  }

  /** Waits for an event of a type. */
  next<Type extends keyof ClientEventMap>(
    type: Type,
    accept: (detail: ClientEventMap[Type]["detail"]) => boolean = () => true,
  ): Promise<ClientEventMap[Type]["detail"]> {
    const { promise, resolve } = Promise.withResolvers<ClientEventMap[Type]["detail"]>();
    const stop = new AbortController();
    this.client.addEventListener(type, ({ detail }: { detail: ClientEventMap[Type]["detail"] }) => {
      if (!accept(detail)) return;
      stop.abort();
      resolve(detail);
    }, { signal: stop.signal });
    return within(promise, `an event "${type}"`);
  }

  said(text: string): Promise<MessageEvent> {
    return this.next("message", (message) => message.text === text);
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}

Deno.test("Client connects, joins, sends, changes, reacts, asks and leaves", async () => {
  await using server = RealServer.start({ CHAT_MESSAGE_BURST: "0" });
  using ada = await new Listener(`${HOST}:${server.port}`).enter();
  using bob = await new Listener(`${HOST}:${server.port}/`, { name: "Bob" }).enter();
  const { client } = ada;
  assertEquals([client.you?.name, client.status], ["Ada", "online"]);
  assertEquals((await client.connect()).you, client.you);

  const heard = bob.said("hi");
  const { id } = await client.send("LOBBY", "hi", { ref: "one" });
  assertEquals((await heard).user.name, "Ada");
  assertEquals((await client.send(ROOM, "hi", { ref: "one" })).duplicate, true);
  const edited = bob.said("hello");
  await client.edit(ROOM, id, "hello");
  assertEquals((await edited).id, id);
  await client.react(ROOM, id, "👍");
  const { messages } = await bob.client.history(ROOM);
  assertEquals(messages.map(({ text, reactions }) => [text, reactions?.[0]?.emoji]), [[
    "hello",
    "👍",
  ]]);
  await client.delete(ROOM, id);

  const renamed = await client.request("renamed", { type: "rename", name: "Ada L" });
  assertEquals([renamed.you.name, client.you?.name], ["Ada L", "Ada L"]);
  const typing = bob.next("typing");
  client.typing(ROOM);
  assertEquals((await typing).user.name, "Ada L");
  const left = bob.next("presence", (presence) => presence.left !== undefined);
  await client.leave(ROOM);
  assertEquals((await left).left, [client.you?.id]);
  assertEquals(client.unacknowledged, 0);
});

Deno.test("Client rejects with the server's errors, and its own", async () => {
  await using server = RealServer.start({ CHAT_PASSWORD: "secret" });
  using outsider = new Listener(`${HOST}:${server.port}`);
  const refused = await assertRejects(() => outsider.client.connect(), ClientError);
  assertEquals([refused.code, refused.needs], ["unauthorized", "password"]);
  assertEquals(outsider.client.status, "stopped");
  await outsider.client.connect({ password: "secret" });
  const { client } = await outsider.enter();
  const codeOf = async (promise: Promise<unknown>): Promise<string> =>
    (await assertRejects(() => promise, ClientError)).code;
  assertEquals(await codeOf(client.send("elsewhere", "hi")), "not_joined");
  assertEquals(await codeOf(client.send(ROOM, " ")), "text_invalid");
  assertEquals(await codeOf(client.send(ROOM, "é".repeat(9000))), "too_long");
  assertEquals(await codeOf(client.edit(ROOM, "01J00000000000000000000000", "x")), "not_found");
  assertEquals(await codeOf(client.join("no room")), "room_invalid");
  const waiting = client.request("rooms", { type: "rooms" });
  client.close();
  assertEquals(await codeOf(waiting), "stopped");
  assertEquals(await codeOf(client.request("rooms", { type: "rooms" })), "not_connected");
});

Deno.test("Client resumes and sends what waited after the server was restarted", async () => {
  await using data = await dataFolder();
  const environment = { CHAT_DATA: data.CHAT_DATA, ...UNLIMITED };
  let server = RealServer.start(environment);
  await using line = new Line(server.port);
  using ada = await new Listener(line.url).enter();
  using bob = await new Listener(`${HOST}:${server.port}`, { name: "Bob" }).enter();
  await ada.client.send(ROOM, "before");
  await bob.client.send(ROOM, "unheard, perhaps");
  line.cut();
  // The server stores it while Ada is away.
  await bob.client.send(ROOM, "missed");
  const waiting = ada.client.send(ROOM, "waited");
  bob.client.close();
  await server[Symbol.asyncDispose]();

  server = RealServer.start(environment);
  await using _ = server;
  line.lead(server.port);
  assertEquals((await within(waiting, "the ack")).duplicate, false);
  if (!ada.texts.includes("waited")) await ada.said("waited");
  assertEquals(ada.texts, ["before", "unheard, perhaps", "missed", "waited"]);
});

Deno.test("Client sends and receives everything once over a line that is cut", async () => {
  await using server = RealServer.start(UNLIMITED);
  await using near = new Line(server.port);
  await using far = new Line(server.port);
  using ada = await new Listener(near.url).enter();
  using bob = await new Listener(far.url, { name: "Bob" }).enter();
  const texts = Array.from({ length: 60 }, (_, n) => `message ${n}`);
  const acks = texts.map((text) => ada.client.send(ROOM, text));
  for (const [n, ack] of acks.entries()) {
    await within(ack, `the ack of message ${n}`);
    if (n % 7 !== 0) continue;
    const line = n % 2 === 0 ? near : far;
    line.cut();
    line.mend();
  }
  if (!bob.texts.includes("message 59")) await bob.said("message 59");
  assertEquals(bob.texts, texts);
  assertEquals(new Set(ada.texts).size, ada.texts.length);
  const { messages } = await bob.client.history(ROOM, { limit: 200 });
  assertEquals(messages.map(({ text }) => text), texts);
});

Deno.test("Client announces a gap where the server has not kept all", async () => {
  await using server = RealServer.start({ CHAT_HISTORY_SIZE: "5", ...UNLIMITED });
  await using line = new Line(server.port);
  using ada = await new Listener(line.url).enter();
  using bob = await new Listener(`${HOST}:${server.port}`, { name: "Bob" }).enter();
  line.cut();
  for (let n = 0; n < 9; n++) await bob.client.send(ROOM, `message ${n}`);
  const gap = ada.next("gap");
  line.mend();
  const { isKept, room } = await gap;
  assertEquals([room, isKept], [ROOM, false]);
  assertEquals(ada.texts, [4, 5, 6, 7, 8].map((n) => `message ${n}`));
});

Deno.test("Client stops when the server says so", async () => {
  await using server = RealServer.start();
  using ada = await new Listener(`${HOST}:${server.port}`).enter();
  const stopped = ada.next("status", ({ status }) => status === "stopped");
  const bad = Array.from(
    { length: 20 },
    () => ada.client.request("pong", { type: "nonsense" } as unknown as { type: "ping" }),
  );
  assertEquals((await stopped).closeCode, 4500);
  await Promise.allSettled(bad);
  assertEquals((await stopped).retryAt, Infinity);
});

Deno.test("Client needs no name with a token, which has one", async () => {
  await using server = RealServer.start({ CHAT_TOKEN_SECRET: TOKEN_SECRET });
  const exp = Math.floor(Date.now() / 1000) + 60;
  const token = makeToken({ sub: "17", name: "Ada", exp });
  const client = new Client(`${HOST}:${server.port}`, { token, clock: QUICK });
  try {
    assertEquals((await client.connect()).you.name, "Ada");
  } finally {
    client.close();
  }
});

Deno.test("Client without a name is refused for it", async () => {
  await using server = RealServer.start();
  const client = new Client(`${HOST}:${server.port}`, { clock: QUICK });
  const { code } = await assertRejects(() => client.connect(), ClientError);
  assertEquals(code, "name_invalid");
});

Deno.test("Client goes on where the one before it stopped, with the same storage", async () => {
  await using server = RealServer.start();
  const values = new Map<string, string>();
  const storage = {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
  };
  const url = `${HOST}:${server.port}`;
  using first = await new Listener(url, { storage }).enter();
  await first.client.send(ROOM, "before");
  const { you } = first.client;
  first.client.close();
  // A message that is sent now is kept.
  first.client.send(ROOM, "kept").catch(() => {});
  using bob = await new Listener(url, { name: "Bob" }).enter();
  await bob.client.send(ROOM, "missed");

  using second = new Listener(url, { storage });
  const kept = second.said("kept");
  await second.enter();
  await kept;
  assertEquals(second.client.you, you);
  assertEquals(second.texts, ["missed", "kept"]);
  assertEquals(second.client.unacknowledged, 0);
});

Deno.test("Client ignores a storage that fails or holds nonsense", () => {
  const texts = [
    "",
    "null",
    "[]",
    "{",
    '{"key":1,"rooms":5,"outbox":{}}',
    '{"outbox":[null,{"ref":"a"}]}',
  ];
  for (const text of texts) {
    const client = new Client(HOST, {
      name: "Ada",
      storage: {
        getItem: () => text,
        setItem: () => {
          throw new Error("full");
        },
      },
    });
    assertEquals(client.unacknowledged, 0);
  }
});

Deno.test("Client finds the WebSocket of a server below a path", () => {
  const urls: string[] = [];
  class FakeSocket extends EventTarget {
    constructor(url: string) {
      super();
      urls.push(url);
    }
    close(): void {}
  }
  const given = [
    "https://chat.example",
    "http://chat.example/team",
    "wss://chat.example/team/?a#b",
  ];
  for (const url of given) {
    const options = { name: "Ada", WebSocket: FakeSocket as unknown as typeof WebSocket };
    const client = new Client(url, options);
    client.connect().catch(() => {});
    client.close();
  }
  assertEquals(urls, [
    "wss://chat.example/ws",
    "ws://chat.example/team/ws",
    "wss://chat.example/team/ws",
  ]);
});

Deno.test("Client connects again where the time for it comes while listeners run", () => {
  let now = 0;
  let due: (() => void) | undefined;
  const clock: Clock = {
    now: () => now,
    // Half a millisecond until the first try.
    random: () => 0.001,
    schedule(run) {
      due = run;
      return () => due = undefined;
    },
  };
  const sockets: EventTarget[] = [];
  class FakeSocket extends EventTarget {
    constructor() {
      super();
      sockets.push(this);
    }
    close(): void {}
  }
  const options = { name: "Ada", clock, WebSocket: FakeSocket as unknown as typeof WebSocket };
  const client = new Client(HOST, options);
  client.addEventListener("status", () => now += 1);
  client.connect().catch(() => {});
  sockets[0]?.dispatchEvent(new CloseEvent("close", { code: 1006 }));
  assertEquals([client.status, sockets.length], ["offline", 1]);
  due?.();
  assertEquals([client.status, sockets.length], ["connecting", 2]);
  client.close();
});
