import { assert, assertEquals } from "@std/assert";
import type { Environment } from "../../chat/mod.ts";
import type { ServerEvent } from "../../chat/protocol/types.ts";
import { RawClient } from "../support/clients.ts";
import { RealServer } from "../support/real_server.ts";
import { scrape } from "../support/scrape.ts";

const SEND_BUFFER_BYTES = 65_536;

/** Large messages fill what the operating system buffers soon. */
const TEXT = "x".repeat(100_000);

const SLOW_KEY = "the secret key of Slow";

const LARGE_MESSAGES: Environment = {
  CHAT_TEXT_LENGTH: `${TEXT.length}`,
  CHAT_FRAME_BYTES: "400384",
  CHAT_MESSAGE_BURST: "0",
  CHAT_COMMANDS_PER_SECOND: "0",
  CHAT_SEND_BUFFER_BYTES: `${SEND_BUFFER_BYTES}`,
};

/** The server's end of a socket. */
interface ServerEnd {
  /** The most bytes that waited on it after a send. */
  readonly peakBytes: number;
  readonly bufferedAmount: number;
}

/** Shows the server's ends of the sockets that are made from now on, in their order. */
class ServerEnds implements Disposable {
  readonly #upgradeWebSocket = Deno.upgradeWebSocket;
  readonly #ends: ServerEnd[] = [];

  constructor() {
    Object.assign(Deno, {
      upgradeWebSocket: (...args: Parameters<typeof Deno.upgradeWebSocket>) => {
        const upgrade = this.#upgradeWebSocket(...args);
        this.#ends.push(watch(upgrade.socket));
        return upgrade;
      },
    });
  }

  /** The one that was made last. */
  get last(): ServerEnd {
    const end = this.#ends.at(-1);
    if (end === undefined) throw new RangeError("No socket was made");
    return end;
  }

  [Symbol.dispose](): void {
    Object.assign(Deno, { upgradeWebSocket: this.#upgradeWebSocket });
  }
}

function watch(socket: WebSocket): ServerEnd {
  const send = socket.send.bind(socket);
  let peakBytes = 0;
  socket.send = (data) => {
    send(data);
    peakBytes = Math.max(peakBytes, socket.bufferedAmount);
  };
  return {
    get peakBytes(): number {
      return peakBytes;
    },
    get bufferedAmount(): number {
      return socket.bufferedAmount;
    },
  };
}

/** A writer, a witness who reads everything, and someone slow, who has joined and reads nothing. */
class Scene implements AsyncDisposable {
  readonly server: RealServer;
  readonly writer: RawClient;
  readonly slow: RawClient;
  readonly slowEnd: ServerEnd;
  /** The ids of what the writer has said, all of which the witness got at once. */
  readonly said: string[] = [];
  readonly #witness: RawClient;

  private constructor(
    server: RealServer,
    clients: [RawClient, RawClient, RawClient],
    end: ServerEnd,
  ) {
    this.server = server;
    [this.writer, this.#witness, this.slow] = clients;
    this.slowEnd = end;
  }

  static async set(environment: Environment): Promise<Scene> {
    const server = await RealServer.start({ ...LARGE_MESSAGES, ...environment });
    using ends = new ServerEnds();
    const writer = await server.rawUser("Writer");
    const witness = await server.rawUser("Witness");
    const slow = await server.rawUser("Slow", SLOW_KEY);
    for (const client of [writer, witness, slow]) await client.join("lobby");
    return new Scene(server, [writer, witness, slow], ends.last);
  }

  /** Says something, which must reach the witness, however slow another is. */
  async say(text: string): Promise<void> {
    const { id } = await this.writer.send("lobby", text);
    for (const each of [this.writer, this.#witness]) {
      await each.next("message", (message) => message.id === id);
    }
    this.said.push(id);
  }

  /** Says so much that the slow one must wait, and some more. */
  async leaveBehind(more = 10): Promise<void> {
    while (this.slowEnd.bufferedAmount <= SEND_BUFFER_BYTES) await this.say(TEXT);
    for (let i = 0; i < more; i++) await this.say(TEXT);
  }

  /** What the slow one gets when it reads again, up to the last message. */
  async catchUp(): Promise<ServerEvent[]> {
    await this.slow.next("message", ({ id }) => id === this.said.at(-1));
    return this.slow.events.filter(({ type }) => type === "message" || type === "gap");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of [this.writer, this.#witness, this.slow]) client.destroy();
    await this.server[Symbol.asyncDispose]();
  }
}

function idsOf(events: readonly ServerEvent[]): string[] {
  return events.filter((event) => event.type === "message").map(({ id }) => id);
}

Deno.test("slow client gets everything in order when it reads again", async () => {
  await using scene = await Scene.set({});
  await scene.leaveBehind();
  const events = await scene.catchUp();
  assertEquals(idsOf(events), scene.said);
  assertEquals(events.length, scene.said.length);
  await scene.say("and the next");
  await scene.slow.next("message", ({ text }) => text === "and the next");
});

Deno.test("slow client is told of the gap when the log has moved past it", async () => {
  await using scene = await Scene.set({ CHAT_HISTORY_SIZE: "5" });
  await scene.leaveBehind(30);
  const events = await scene.catchUp();
  const gaps = events.filter((event) => event.type === "gap");
  assertEquals(gaps.length, 1);
  const [gap] = gaps;
  const index = events.findIndex(({ type }) => type === "gap");
  const [before, after] = [idsOf(events.slice(0, index)), idsOf(events.slice(index))];
  assertEquals(gap, {
    type: "gap",
    room: "lobby",
    after: before.at(-1) ?? "",
    before: after[0] ?? "",
  });
  assertEquals(before, scene.said.slice(0, before.length));
  assertEquals(after, scene.said.slice(-5));
  assert(before.length + after.length < scene.said.length, "Nothing is missing");
});

Deno.test("slow client costs no more memory than its mark and a frame", async () => {
  await using scene = await Scene.set({});
  await scene.leaveBehind(50);
  const { peakBytes } = scene.slowEnd;
  const bound = SEND_BUFFER_BYTES + TEXT.length + 1000;
  assert(peakBytes > SEND_BUFFER_BYTES && peakBytes <= bound, `${peakBytes} bytes were queued`);
});

Deno.test("slow client that never reads is evicted, and reads 4000 after all that was sent", async () => {
  await using scene = await Scene.set({ CHAT_STUCK_MS: "500" });
  await scene.leaveBehind();
  await scene.server.connectionsLeft(2);
  assertEquals((await scene.slow.closed()).code, 4000);
  const ids = idsOf(scene.slow.events);
  assertEquals(ids, scene.said.slice(0, ids.length));
});

Deno.test("slow client that was evicted goes on where it was", async () => {
  await using scene = await Scene.set({ CHAT_STUCK_MS: "500" });
  await scene.leaveBehind();
  await scene.server.connectionsLeft(2);
  await scene.slow.closed();
  const ids = idsOf(scene.slow.events);
  using again = await scene.server.rawUser("Slow", SLOW_KEY);
  const { complete, messages, follow } = await again.join("lobby", ids.at(-1));
  ids.push(...messages.map(({ id }) => id));
  for (let i = 0; i < follow; i++) ids.push((await again.next("message")).id);
  assertEquals(complete, true);
  assertEquals(ids, scene.said);
});

Deno.test("slow client that never reads is evicted though its queue stays below the mark", async () => {
  await using scene = await Scene.set({
    CHAT_STUCK_MS: "500",
    CHAT_SEND_BUFFER_BYTES: "1000000000",
  });
  while (scene.slowEnd.bufferedAmount === 0) await scene.say(TEXT);
  await scene.server.connectionsLeft(2);
  assertEquals((await scene.slow.closed()).code, 4000);
  assertEquals(idsOf(scene.slow.events), scene.said);
});

Deno.test("slow client that asks and never reads is evicted, and its answers are bounded", async () => {
  await using scene = await Scene.set({});
  for (let i = 0; i < 20; i++) await scene.say(TEXT);
  const { slow, slowEnd, server } = scene;
  const ask = { type: "history", room: "lobby", limit: 200 } as const;
  await slow.tell(...Array.from({ length: 5000 }, () => ask));
  await server.connectionsLeft(2);
  // While commands of the client lie unread, the runtime may drop it without its close frame.
  const { code } = await slow.closed();
  assert(code === 4000 || code === 1006, `Closed with ${code}`);
  const bound = SEND_BUFFER_BYTES + 1_048_576 + 10_000;
  assert(slowEnd.peakBytes <= bound, `${slowEnd.peakBytes} bytes were queued`);
});

Deno.test("slow client gets all answers, in order, when it reads again", async () => {
  await using scene = await Scene.set({});
  for (let i = 0; i < 20; i++) await scene.say(TEXT);
  const refs = Array.from({ length: 100 }, (_, i) => `${i}`);
  const asks = refs.map((ref) => ({ type: "history", ref, room: "lobby", limit: 200 }) as const);
  await scene.slow.tell(...asks, { type: "ping", ref: "end" });
  await scene.say("seen while it waits");
  await scene.slow.next("pong");
  const pages = scene.slow.events.filter((event) => event.type === "history");
  assertEquals(pages.map(({ ref }) => ref), refs);
});

Deno.test("slow client is seen in the metrics, first as waiting and then as evicted", async () => {
  await using scene = await Scene.set({});
  const { slow, server } = scene;
  const figures = async () => {
    const scraped = await scrape(server.port);
    const names = ["waiting_connections", "waiting_cursors", "evictions_total", "queued_bytes"];
    const [waiting, cursors, evictions, queued = 0] = names.map((name) =>
      scraped.get(`parley_${name}`)
    );
    return { waiting, cursors, evictions, overTheMark: queued > SEND_BUFFER_BYTES };
  };
  await scene.leaveBehind();
  assertEquals(await figures(), { waiting: 1, cursors: 1, evictions: 0, overTheMark: true });
  // More than what may wait to be answered.
  await slow.tell(
    ...Array.from({ length: 5000 }, () => ({ type: "ping", room: "lobby" }) as const),
  );
  await server.connectionsLeft(2);
  assertEquals(await figures(), { waiting: 0, cursors: 0, evictions: 1, overTheMark: false });
});
