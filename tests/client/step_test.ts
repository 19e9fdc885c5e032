import { assert, assertEquals } from "@std/assert";
import type { Command, ErrorCode, Message, ServerEvent } from "../../chat/protocol/types.ts";
import { outgoing } from "../../static/client/outbox.js";
import {
  type ClientEvent,
  createSession,
  type Effect,
  type Input,
  joinKey,
  type Session,
} from "../../static/client/session.js";
import { nextDeadline, step } from "../../static/client/step.js";

const YOU = { id: "youyouyouyouyouy", name: "Ada" };
const BOB = { id: "bobbobbobbobbobb", name: "Bob" };
const KEY = "0123456789abcdef";
const id = (n: number): string => `01J${String(n).padStart(23, "0")}`;
const message = (n: number): Message => ({ id: id(n), time: n, user: BOB, text: `text ${n}` });

/** A session whose time the test sets, and whose effects it takes. */
class Driver {
  session: Session;
  now = 1_000_000;
  #effects: Effect[] = [];

  constructor(saved?: Parameters<typeof createSession>[1]) {
    this.session = createSession({ name: "Ada", key: KEY }, saved);
  }

  does(input: Input): this {
    const { session, effects } = step(this.session, { ...input, now: this.now, random: 1 });
    this.session = session;
    this.#effects.push(...effects);
    return this;
  }

  hears(...events: ServerEvent[]): this {
    for (const event of events) this.does({ type: "received", event });
    return this;
  }

  /** Lets the time pass up to the next deadline. */
  waits(): this {
    this.now = nextDeadline(this.session, this.now);
    return this.does({ type: "ticked" });
  }

  connects(): this {
    if (this.session.connection.status === "idle") {
      this.does({ type: "connect_wanted", credentials: {} });
    }
    return this.does({ type: "opened" }).hears({
      type: "welcome",
      ref: ".hello",
      version: 1,
      you: YOU,
      heartbeatMs: 25_000,
      limits: { text: 4000, name: 32, frame: 16_384, history: 200 },
      title: "Parley",
      features: [],
      keepDays: 0,
    });
  }

  joins(room = "lobby"): this {
    return this.does({ type: "join_wanted", room, password: "" }).isJoined(room);
  }

  isJoined(room = "lobby", more: Partial<Extract<ServerEvent, { type: "joined" }>> = {}): this {
    const { ref = "" } =
      this.session.pending.find((each) => each.type === "join" && each.room === room) ?? {};
    return this.hears({
      type: "joined",
      ref,
      room,
      complete: true,
      more: false,
      follow: 0,
      head: id(10),
      floor: id(0),
      messages: [],
      members: [],
      count: 1,
      ...more,
    });
  }

  queues(ref: string, room = "lobby", text = ref): this {
    const item = outgoing({ type: "send" as const, ref, room, text, queuedAt: this.now });
    return this.does({ type: "item_queued", item });
  }

  refuses(ref: string, code: ErrorCode, retryMs?: number): this {
    const error = { type: "error", ref, code, message: "no" } as const;
    return this.hears({ ...error, ...(retryMs !== undefined && { retryMs }) });
  }

  /** Takes the effects so far of one type. */
  took<Type extends Effect["type"]>(type: Type): Extract<Effect, { type: Type }>[] {
    const matches = (effect: Effect): effect is Extract<Effect, { type: Type }> =>
      effect.type === type;
    const taken = this.#effects.filter(matches);
    this.#effects = this.#effects.filter((effect) => !matches(effect));
    return taken;
  }

  sent(): Command[] {
    return this.took("send").map(({ command }) => command);
  }

  emitted(type: ClientEvent["type"]): ClientEvent[] {
    return this.took("emit").map(({ event }) => event).filter((event) => event.type === type);
  }
}

const online = (): Driver => new Driver().connects().joins();

Deno.test("step() says hello, then joins, then sends what waits", () => {
  const client = new Driver().does({ type: "join_wanted", room: "lobby", password: "pw" });
  client.queues("a").connects().isJoined();
  assertEquals(client.sent(), [
    { type: "hello", ref: ".hello", name: "Ada", key: KEY },
    { type: "join", ref: ".1", room: "lobby", password: "pw" },
    { type: "send", ref: "a", room: "lobby", text: "a" },
  ]);
  assertEquals(client.took("settle").map(({ key }) => key), [".connect", joinKey("lobby")]);
});

Deno.test("step() resumes each room after its position, and sends again with the same ref", () => {
  const client = online().queues("a").hears({ ...message(11), type: "message", room: "lobby" });
  client.sent();
  client.does({ type: "closed", code: 1006 }).waits().connects().isJoined();
  assertEquals(client.sent().slice(1), [
    { type: "join", ref: ".2", room: "lobby", since: id(11) },
    { type: "send", ref: "a", room: "lobby", text: "a" },
  ]);
  client.hears({ type: "ack", ref: "a", room: "lobby", id: id(9), time: 9, duplicate: true });
  assertEquals(client.took("settle").at(-1)?.key, "a");
  assertEquals(client.session.outbox, []);
});

Deno.test("step() emits the messages that were missed, and none twice", () => {
  const client = online().does({ type: "closed", code: 4000 }).waits().connects();
  client.took("emit");
  client.isJoined("lobby", { messages: [message(9), message(11), message(12)], head: id(12) });
  const event = { type: "message", room: "lobby" } as const;
  client.hears({ ...message(12), ...event }, { ...message(13), ...event });
  const expected = [11, 12, 13].map((n) => ({ ...message(n), ...event }));
  assertEquals(client.emitted("message"), expected);
});

Deno.test("step() resumes after the last message that came while others follow", () => {
  const client = online().does({ type: "closed", code: 1006 }).waits().connects();
  client.isJoined("lobby", { messages: [message(11)], follow: 2, head: id(13) });
  client.hears({ ...message(12), type: "message", room: "lobby" });
  client.does({ type: "closed", code: 1006 }).waits().connects();
  const joins = client.sent().filter((command) => command.type === "join");
  assertEquals(joins.map(({ since }) => since), [undefined, id(10), id(12)]);
});

Deno.test("step() gives the history of a first join only with joined", () => {
  const client = new Driver().connects().does({ type: "join_wanted", room: "dev", password: "" });
  client.isJoined("dev", { messages: [message(1)], head: id(1) });
  assertEquals(client.emitted("message"), []);
});

Deno.test("step() announces a gap, and says whether the server keeps what is missing", () => {
  for (const [floor, isKept] of [[id(0), true], [id(11), false]] as const) {
    const client = online().does({ type: "closed", code: 1006 }).waits().connects();
    client.took("emit");
    client.isJoined("lobby", { complete: false, messages: [message(30)], head: id(30), floor });
    const events = client.took("emit").map(({ event }) => event);
    assertEquals(events.map(({ type }) => type), ["joined", "gap", "message"]);
    assertEquals(events[1], { type: "gap", room: "lobby", after: id(10), before: id(30), isKept });
  }
  const slow = online().hears({ type: "gap", room: "lobby", after: id(12), before: id(20) });
  const gap = { type: "gap", room: "lobby", after: id(12), before: id(20), isKept: true } as const;
  assertEquals(slow.emitted("gap"), [gap]);
});

Deno.test("step() comes back with full jitter, and as late as a bye asks", () => {
  const client = online().does({ type: "closed", code: 1006 });
  assertEquals(client.session.connection.retryAt - client.now, 500);
  client.waits();
  assertEquals(client.took("open").length, 2);
  client.connects().hears({ type: "bye", retryMs: 4210 }).does({ type: "closed", code: 1001 });
  assertEquals(nextDeadline(client.session, client.now), client.now + 4210);
});

Deno.test("step() stops at the codes that say so, and fails everything that waits", () => {
  for (const code of [1003, 1009, 4500, 4501, 4503]) {
    const client = online().queues("a").does({ type: "closed", code });
    assertEquals(nextDeadline(client.session, client.now), Infinity);
    assertEquals(client.took("fail_all").length, 1);
    const [, , status] = client.emitted("status");
    assertEquals(status, { type: "status", status: "stopped", closeCode: code, retryAt: Infinity });
    assertEquals(client.session.outbox.map(({ ref }) => ref), ["a"]);
  }
});

Deno.test("step() tells of a ban, and comes back when it is over", () => {
  const client = online().refuses(".x", "banned", 60_000).does({ type: "closed", code: 4502 });
  assertEquals(client.took("fail_all").map(({ failure }) => failure.code), ["banned"]);
  assertEquals(nextDeadline(client.session, client.now), client.now + 60_000);
});

Deno.test("step() stops when hello is refused for good, and tries again otherwise", () => {
  const opened = () =>
    new Driver().does({ type: "connect_wanted", credentials: {} }).does({ type: "opened" });
  for (const code of ["unauthorized", "name_invalid", "forbidden", "bad_request"] as const) {
    const client = opened().refuses(".hello", code);
    assertEquals(client.session.connection.status, "stopped");
    assertEquals(client.took("fail_all").map(({ failure }) => failure.code), [code]);
    assertEquals(client.took("close").length, 1);
  }
  const later = opened().refuses(".hello", "rate_limited", 3000);
  assertEquals(nextDeadline(later.session, later.now), later.now + 3000);
});

Deno.test("step() connects again with another token", () => {
  const client = online().does({ type: "closed", code: 4503 });
  client.sent();
  client.does({ type: "connect_wanted", credentials: { token: "t" } }).does({ type: "opened" });
  const [hello] = client.sent();
  assertEquals(hello, { type: "hello", ref: ".hello", name: "Ada", key: KEY, token: "t" });
});

Deno.test("step() sends a refused message again when it may", () => {
  const client = online().queues("a").queues("b");
  client.sent();
  client.refuses("a", "rate_limited", 800);
  assertEquals(client.sent(), []);
  client.waits();
  assertEquals(client.now, 1_000_800);
  assertEquals(client.sent().map(({ ref }) => ref), ["a"]);
  client.refuses("a", "muted");
  assertEquals(client.took("fail").map(({ key, failure }) => [key, failure.code]), [[
    "a",
    "muted",
  ]]);
  assertEquals(client.sent().map(({ ref }) => ref), ["b"]);
});

Deno.test("step() joins again before it sends to a room that it was not in", () => {
  const client = online().queues("a");
  client.sent();
  client.refuses("a", "not_joined");
  assertEquals(client.sent().map(({ type }) => type), ["join"]);
  client.isJoined();
  assertEquals(client.sent().map(({ type }) => type), ["send"]);
});

Deno.test("step() never sends what is longer than a frame", () => {
  const client = online();
  client.sent();
  client.queues("a", "lobby", "é".repeat(8192));
  client.does({
    type: "requested",
    command: { type: "rename", ref: "r", name: "x".repeat(16_384) },
  });
  assertEquals(client.sent(), []);
  const failed = client.took("fail").map(({ key, failure }) => [key, failure.code]);
  assertEquals(failed.toSorted(), [["a", "too_long"], ["r", "too_long"]]);
});

Deno.test("step() fails a request whose connection is lost, and does not repeat it", () => {
  const command = { type: "rooms", ref: "r" } as const;
  const client = online().does({ type: "requested", command }).does({ type: "closed", code: 1006 });
  client.does({ type: "requested", command: { ...command, ref: "s" } });
  const failed = client.took("fail").map(({ key, failure }) => [key, failure.code]);
  assertEquals(failed, [["r", "disconnected"], ["s", "not_connected"]]);
  client.sent();
  client.waits().connects();
  assertEquals(client.sent().map(({ type }) => type), ["hello", "join"]);
});

Deno.test("step() forgets a room that is refused for good, and what waits for it", () => {
  const client = new Driver().connects().does({ type: "join_wanted", room: "dev", password: "" });
  client.queues("a", "dev").refuses(".1", "room_full");
  assertEquals(client.took("fail").map(({ key }) => key), [joinKey("dev"), "a"]);
  assertEquals([client.session.rooms, client.session.outbox], [[], []]);
  assertEquals(client.emitted("error").length, 1);
});

Deno.test("step() joins again when the server says, also after a kick", () => {
  const client = new Driver().connects().does({ type: "join_wanted", room: "dev", password: "" });
  client.refuses(".1", "unavailable", 1000).waits().isJoined("dev");
  client.hears({ type: "kicked", room: "dev", until: 0 });
  client.sent();
  client.refuses(".3", "kicked", 20_000).waits();
  assertEquals(client.sent().map(({ type }) => type), ["join"]);
  assertEquals(client.now, 1_021_000);
});

Deno.test("step() pings after silence, and gives up a dead connection", () => {
  const client = online();
  client.sent();
  client.waits();
  assertEquals([client.now, client.sent()], [1_025_000, [{ type: "ping" }]]);
  client.waits();
  assertEquals([client.now, client.took("close").length], [1_050_000, 1]);
  assertEquals(client.session.connection.status, "offline");
});

Deno.test("step() gives up sooner while an ack is due", () => {
  const client = online().queues("a").waits().waits();
  assertEquals(client.now, 1_010_000);
  assertEquals(client.session.connection.status, "offline");
});

Deno.test("step() keeps what is saved until its room is joined", () => {
  const item = outgoing({ type: "send" as const, ref: "a", room: "lobby", text: "a", queuedAt: 0 });
  const client = new Driver({ rooms: { lobby: id(7) }, outbox: [item] }).connects();
  assertEquals(client.sent().map(({ type }) => type), ["hello"]);
  client.joins();
  assertEquals(client.sent(), [
    { type: "join", ref: ".1", room: "lobby", since: id(7) },
    { type: "send", ref: "a", room: "lobby", text: "a" },
  ]);
});

Deno.test("step() ends with close, and keeps what was not acknowledged", () => {
  const client = online().queues("a").does({ type: "close_wanted" });
  assertEquals(nextDeadline(client.session, client.now), Infinity);
  assertEquals(client.session.outbox.map(({ status }) => status), ["queued"]);
  assert(client.took("close").length === 1 && client.took("fail_all").length === 1);
});
