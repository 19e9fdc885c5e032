import { assertEquals } from "@std/assert";
import type { Caller } from "../../chat/commands/caller.ts";
import { follow } from "../../chat/commands/follow.ts";
import { userIdOf } from "../../chat/commands/user_id.ts";
import type { StreamBody } from "../../chat/event_stream.ts";
import { answer } from "../support/charge.ts";
import { type StreamEvent, streamEvents } from "../support/event_stream.ts";
import { FakeHub, keyOf } from "../support/fake_hub.ts";

/** The body of a response whose peer reads when the test says so. */
class FakeBody implements StreamBody {
  sent = "";
  bufferedAmount = 0;
  isReading = true;
  over: "ended" | "cut" | undefined;

  send(events: string): void {
    this.sent += events;
    if (!this.isReading) this.bufferedAmount += events.length;
  }

  end(): void {
    this.over = "ended";
  }

  cut(): void {
    this.over = "cut";
  }

  get events(): StreamEvent[] {
    return streamEvents(this.sent);
  }

  get texts(): unknown[] {
    return this.events.map(({ type, data }) => type === "message" ? data["text"] : type);
  }
}

/** Somebody who asks, by a key that is made of the name. */
function callerOf(fake: FakeHub, name: string, given: Partial<Caller> = {}): Caller {
  return {
    user: { id: userIdOf(keyOf(name)), name: "bot", role: "bot" },
    address: fake.hub.addresses.enter("192.0.2.2", fake.timers.now),
    ...{ isAdmin: false, isNamed: false, isStranger: false, rooms: undefined },
    ...{ expiresAt: Infinity, password: undefined, ...given },
  };
}

/** Reads a room as a stream. Returns the body, or the code of the refusal. */
async function read(
  fake: FakeHub,
  caller: Caller,
  { room = "den", since }: { readonly room?: string; readonly since?: string } = {},
): Promise<FakeBody | string> {
  const { context, streams } = fake.hub;
  const body = new FakeBody();
  const followed = await follow(
    context,
    caller,
    { room, since },
    fake.timers.now,
    (room, start) => void streams.open(body, caller, room, start),
  );
  return followed === undefined ? body : followed.code;
}

/** The body of a stream, which must not be refused. */
async function opened(...args: Parameters<typeof read>): Promise<FakeBody> {
  const body = await read(...args);
  if (typeof body === "string") throw new Error(`The stream was refused: ${body}`);
  return body;
}

Deno.test("EventStreams.tick() sends heartbeats, each stream at its time, and none to one that has not read", async () => {
  const fake = new FakeHub({ heartbeatMs: 1000 });
  const first = await opened(fake, callerOf(fake, "A"));
  await fake.pass(500);
  const second = await opened(fake, callerOf(fake, "B"));
  const heartbeats = () => [first, second].map(({ sent }) => sent.split("\n:\n").length - 1);
  assertEquals(heartbeats(), [0, 0]);
  await fake.pass(500);
  assertEquals(heartbeats(), [1, 0]);
  await fake.pass(500);
  assertEquals(heartbeats(), [1, 1]);
  first.bufferedAmount = 1;
  await fake.pass(1000);
  assertEquals(heartbeats(), [1, 2]);
});

Deno.test("EventStreams holds a stream that reads too slowly, and evicts it when it is stuck", async () => {
  const fake = new FakeHub({ sendBufferBytes: 1000, stuckMs: 10_000, historySize: 3 });
  const ada = await fake.member("Ada", "den");
  const body = await opened(fake, callerOf(fake, "Slow"));
  body.isReading = false;
  for (let i = 0; i < 8; i++) {
    ada.say(`${i} ${"x".repeat(400)}`, "den");
    await fake.pass(1000);
  }
  const { bufferedAmount, texts } = body;
  assertEquals([bufferedAmount > 1000, bufferedAmount < 2000, texts.length], [true, true, 2]);
  assertEquals(fake.hub.gauges().waitingConnections, 1);
  // It reads, is told of the gap and given the rest, and falls behind again.
  body.bufferedAmount = 0;
  await fake.pass(100);
  assertEquals(body.texts.slice(2).map((text) => `${text}`.slice(0, 3)), [
    "gap",
    "5 x",
    "6 x",
    "7 x",
  ]);
  assertEquals(fake.hub.metrics.gaps, 1);
  await fake.pass(9000);
  assertEquals(body.over, undefined);
  await fake.pass(2000);
  assertEquals([body.over, fake.hub.metrics.closes[4000]], ["cut", 1]);
  assertEquals([fake.hub.streams.size, fake.hub.gauges().waitingConnections], [0, 0]);
});

Deno.test("EventStreams.open() keeps a room for its readers, who are neither members nor owners", async () => {
  const fake = new FakeHub();
  const body = await opened(fake, callerOf(fake, "Reader"));
  assertEquals([fake.hub.roomCount, fake.hub.connectionCount], [1, 1]);
  const ada = await fake.client("Ada");
  const joined = await ada.join("den");
  assertEquals([joined.count, joined.settings?.owner], [1, ada.user.id]);
  ada.say("hi", "den");
  await answer(ada, { type: "leave", room: "den" });
  assertEquals(body.texts, ["hi"]);
  assertEquals((await ada.read()).filter(({ type }) => type === "presence"), []);
});

Deno.test("EventStreams.end() frees the room of the last reader, and may be called again", async () => {
  const fake = new FakeHub();
  const caller = callerOf(fake, "Reader");
  const { context, streams } = fake.hub;
  const stream = await follow(
    context,
    caller,
    { room: "den" },
    fake.timers.now,
    (room, start) => streams.open(new FakeBody(), caller, room, start),
  );
  if ("code" in stream) throw new Error(stream.message);
  for (let i = 0; i < 2; i++) streams.end(stream);
  await streams.ended();
  assertEquals([fake.hub.roomCount, fake.hub.connectionCount], [0, 0]);
  assertEquals(fake.hub.metrics.closes.client, 1);
});

Deno.test("EventStreams.review() ends the streams of those whom a kick or a new password concerns", async () => {
  const fake = new FakeHub({ admins: new Set([userIdOf(keyOf("Admin"))]) });
  const owner = await fake.member("Owner", "den");
  const [own, kicked, other, admin] = await Promise.all([
    opened(fake, callerOf(fake, "Owner")),
    opened(fake, callerOf(fake, "Kicked")),
    opened(fake, callerOf(fake, "Other")),
    opened(fake, callerOf(fake, "Admin", { isAdmin: true })),
  ]);
  const elsewhere = await opened(fake, callerOf(fake, "Kicked"), { room: "kitchen" });
  const overs = () => [own, kicked, other, admin, elsewhere].map(({ over }) => over);
  const user = userIdOf(keyOf("Kicked"));
  // For no time: it may come back at once.
  await answer(owner, { type: "kick", room: "den", user, minutes: 0 });
  assertEquals(overs(), [undefined, "cut", undefined, undefined, undefined]);
  assertEquals(typeof await read(fake, callerOf(fake, "Kicked")), "object");
  await answer(owner, { type: "kick", room: "den", user, minutes: 1 });
  assertEquals(await read(fake, callerOf(fake, "Kicked")), "kicked");
  await answer(owner, { type: "configure", room: "den", password: "open sesame" });
  assertEquals(overs(), [undefined, "cut", "cut", undefined, undefined]);
  assertEquals(await read(fake, callerOf(fake, "Other")), "unauthorized");
  const inside = await opened(fake, callerOf(fake, "Other", { password: "open sesame" }));
  await answer(owner, { type: "configure", room: "den", topic: "Secrets" });
  assertEquals(inside.over, undefined);
  await answer(owner, { type: "configure", room: "den", password: "another one" });
  assertEquals(inside.over, "cut");
  await answer(owner, { type: "configure", room: "den", password: "" });
  assertEquals([...overs(), fake.hub.metrics.closes.expelled], [
    ...[undefined, "cut", "cut", undefined, undefined],
    4,
  ]);
});

Deno.test("EventStreams.ban() ends all streams of a user who has no other connection", async () => {
  const fake = new FakeHub({ admins: new Set([userIdOf(keyOf("Admin"))]) });
  const admin = await fake.client("Admin");
  const banned = [
    await opened(fake, callerOf(fake, "Banned")),
    await opened(fake, callerOf(fake, "Banned"), { room: "kitchen" }),
  ];
  const other = await opened(fake, callerOf(fake, "Other"));
  const user = userIdOf(keyOf("Banned"));
  await answer(admin, { type: "ban", user, minutes: 1 });
  assertEquals([...banned, other].map(({ over }) => over), ["cut", "cut", undefined]);
  assertEquals(await read(fake, callerOf(fake, "Banned")), "banned");
});

Deno.test("EventStreams.sweep() ends a stream with a bye when its token expires", async () => {
  const fake = new FakeHub();
  const expiresAt = fake.timers.now + 10_000;
  const body = await opened(fake, callerOf(fake, "Ada", { expiresAt, rooms: new Set(["den"]) }));
  assertEquals(
    await read(fake, callerOf(fake, "Ada", { rooms: new Set(["kitchen"]) })),
    "forbidden",
  );
  await fake.pass(9000);
  assertEquals(body.over, undefined);
  await fake.pass(2000);
  assertEquals([body.over, body.texts, fake.hub.metrics.closes[4503]], ["ended", ["bye"], 1]);
});

Deno.test("Hub.sendAway() gives streams what was said, and a bye with a time of its own each", async () => {
  const times = [0, 1];
  const fake = new FakeHub({}, { random: () => times.shift() ?? 0.5 });
  const bodies = [
    await opened(fake, callerOf(fake, "A")),
    await opened(fake, callerOf(fake, "B")),
  ];
  await fake.broadcast("den", { id: "server", name: "Server" }, "last words", "1");
  fake.hub.sendAway();
  assertEquals(bodies.map(({ texts }) => texts), [["last words", "bye"], ["last words", "bye"]]);
  assertEquals(bodies.map(({ over }) => over), ["ended", "ended"]);
  assertEquals(bodies.map(({ events }) => events[1]?.data), [{ retryMs: 500 }, { retryMs: 504 }]);
});

Deno.test("follow() refuses a resumption while the address was given too much, and counts what it gives", async () => {
  const fake = new FakeHub({ historySize: 1000 });
  const ada = await fake.member("Ada", "den");
  const caller = callerOf(fake, "Reader");
  const { answers } = caller.address.budgets;
  const { sent } = await opened(fake, caller);
  const since = sent.slice("id: ".length).trim();
  ada.say("x".repeat(1000), "den");
  await fake.turn();
  // All but one byte.
  answers.spend(100 * 2 ** 18 - 1);
  assertEquals(answers.wait(fake.timers.now), 0);
  await opened(fake, caller, { since });
  assertEquals(await read(fake, caller, { since }), "rate_limited");
  assertEquals(typeof await read(fake, caller), "object");
});
