import { assertEquals } from "@std/assert";
import {
  type BrokerStatus,
  type LogPart,
  type Message,
  type OpenedRoom,
  ORIGIN,
  type Subscriber,
  Unavailable,
} from "../../chat/broker/broker.ts";
import { Feed } from "../../chat/broker/feed.ts";
import { MemoryBroker } from "../../chat/broker/memory.ts";
import type { Room } from "../../chat/room/room.ts";
import { Rooms } from "../../chat/room/rooms.ts";
import { settled } from "../support/fake_hub.ts";

/** A broker whose events may be lost on their way, and whose reads may fail or take long. */
class LossyBroker extends MemoryBroker {
  isDeaf = false;
  isDown = false;
  /** Reads wait for it after they were done. */
  gate = Promise.resolve();
  /** The position up to which something is lost. */
  lostUntil = "";
  /** The rooms that were read by `after()`. */
  readonly reads: string[] = [];
  told: Subscriber | undefined;

  constructor(roomSize: number) {
    super({ roomSize, maxBytes: 1e8, receiptBytes: 1e6, now: () => 1_900_000_000_000 });
  }

  override subscribe(subscriber: Subscriber): void {
    this.told = subscriber;
    super.subscribe({
      published: (room, message) => this.isDeaf || subscriber.published(room, message),
      documented: () => {},
      signalled: () => {},
      lost: () => subscriber.lost(),
      dropped: (room, floor) => this.isDeaf || subscriber.dropped(room, floor),
    });
  }

  override status(): BrokerStatus {
    const problem = this.isDown ? "The broker is down" : undefined;
    return { ...super.status(), problem };
  }

  override async open(room: string, limit: number): Promise<OpenedRoom> {
    const opened = await super.open(room, limit);
    await this.gate;
    return { ...opened, lostUntil: this.lostUntil };
  }

  override async after(room: string, position: string, limit: number): Promise<LogPart> {
    if (this.isDown) throw new Unavailable("The broker is down", "no");
    this.reads.push(room);
    const part = await super.after(room, position, limit);
    await this.gate;
    return { ...part, lostUntil: this.lostUntil };
  }

  async say(text: string, room = "lobby"): Promise<void> {
    const body = JSON.stringify({ user: { id: "ada", name: "Ada" }, text });
    await this.publish([{ op: "send", room, user: "ada", ref: "", body }]);
  }
}

/** A feed, and what it reads from. */
function feedOf({ historySize = 5, openSize = 1000, roomSize = 1000, maxRooms = 10 } = {}) {
  const broker = new LossyBroker(roomSize);
  const rooms = new Rooms({
    historySize,
    joinHistory: 200,
    leaveGraceMs: 0,
    maxRooms,
    historyBytes: 1e8,
    isKeptElsewhere: true,
  });
  const failures: unknown[] = [];
  const feed = new Feed({
    broker,
    rooms,
    historySize,
    openSize: Math.min(openSize, historySize),
    mark() {},
    published() {},
    failed: (cause) => failures.push(cause),
  });
  return { broker, rooms, feed, failures };
}

function textsOf(room: Room | undefined): string[] {
  return room?.log.open().entries.map(({ body }) => JSON.parse(body).text) ?? [];
}

Deno.test("Feed.use() reads a room that is not in memory, as many messages as it holds", async () => {
  const { broker, feed, rooms } = feedOf();
  for (let i = 0; i < 8; i++) await broker.say(`${i}`);
  const [first, second] = [feed.use("lobby"), feed.use("lobby")];
  assertEquals([first instanceof Promise, first === second, feed.has("lobby")], [true, true, true]);
  const room = await first;
  assertEquals(textsOf(room), ["3", "4", "5", "6", "7"]);
  assertEquals([feed.use("lobby") === room, rooms.size], [true, 1]);
  const { floor, more } = room?.log.open() ?? {};
  assertEquals([floor === room?.log.memoryFloor, more], [false, true]);
});

Deno.test("Feed appends what is published while a room is read, once", async () => {
  const { broker, feed } = feedOf();
  await broker.say("1");
  const { promise, resolve } = Promise.withResolvers<void>();
  broker.gate = promise;
  const opening = feed.use("lobby");
  await settled();
  await broker.say("2");
  resolve();
  const room = await opening;
  await broker.say("3");
  assertEquals(textsOf(room), ["1", "2", "3"]);
});

Deno.test("Feed reads what was lost, in order with what comes meanwhile", async () => {
  const { broker, feed } = feedOf({ historySize: 1000 });
  const room = await feed.use("lobby");
  await broker.say("0");
  broker.isDeaf = true;
  for (let i = 1; i <= 450; i++) await broker.say(`${i}`);
  broker.isDeaf = false;
  broker.told?.lost();
  await broker.say("451");
  await settled();
  assertEquals(room?.log.size, 452);
  assertEquals(textsOf(room).slice(-2), ["450", "451"]);
});

Deno.test("Feed reads some rooms at a time of all that have lost something, those with members first", async () => {
  const { broker, feed, rooms } = feedOf({ maxRooms: 100 });
  for (let i = 0; i < 100; i++) await feed.use(`room${i}`);
  const { promise, resolve } = Promise.withResolvers<void>();
  broker.gate = promise;
  broker.isDeaf = true;
  for (let i = 0; i < 100; i++) await broker.say("1", `room${i}`);
  rooms.get("room99")?.presence.enter({ id: "ada", name: "Ada" }, []);
  broker.told?.lost();
  await settled();
  assertEquals([broker.reads.length, broker.reads[0]], [16, "room99"]);
  resolve();
  await settled();
  assertEquals(broker.reads.length, 100);
  for (const room of rooms) assertEquals(textsOf(room), ["1"]);
});

Deno.test("Feed reads again what was lost while it was read", async () => {
  const { broker, feed } = feedOf();
  const room = await feed.use("lobby");
  const { promise, resolve } = Promise.withResolvers<void>();
  broker.gate = promise;
  broker.isDeaf = true;
  await broker.say("1");
  broker.told?.lost();
  await settled();
  await broker.say("2");
  broker.isDeaf = false;
  broker.told?.lost();
  await broker.say("3");
  resolve();
  await settled();
  assertEquals(textsOf(room), ["1", "2", "3"]);
});

Deno.test("Feed reads again a room that is lost while it is opened", async () => {
  const { broker, feed } = feedOf();
  const { promise, resolve } = Promise.withResolvers<void>();
  broker.gate = promise;
  const opening = feed.use("lobby");
  await settled();
  broker.isDeaf = true;
  await broker.say("1");
  broker.isDeaf = false;
  broker.told?.lost();
  resolve();
  const room = await opening;
  await settled();
  assertEquals(textsOf(room), ["1"]);
});

Deno.test("Feed.retry() reads what could not be read, and nothing is appended before that", async () => {
  const { broker, feed, failures } = feedOf();
  const room = await feed.use("lobby");
  broker.isDeaf = broker.isDown = true;
  await broker.say("1");
  broker.isDeaf = false;
  broker.told?.lost();
  await broker.say("2");
  await settled();
  feed.retry();
  await settled();
  assertEquals([textsOf(room), failures.length], [[], 2]);
  broker.isDown = false;
  feed.retry();
  await settled();
  assertEquals(textsOf(room), ["1", "2"]);
  feed.retry();
  await broker.say("3");
  assertEquals(textsOf(room), ["1", "2", "3"]);
});

Deno.test("Feed holds a bounded number of messages for a room that can't be read", async () => {
  const { broker, feed } = feedOf({ historySize: 3 });
  const room = await feed.use("lobby");
  broker.isDown = true;
  broker.told?.lost();
  for (let i = 0; i < 100; i++) await broker.say(`${i}`);
  broker.isDown = false;
  feed.retry();
  await settled();
  assertEquals(textsOf(room), ["97", "98", "99"]);
});

Deno.test("Feed makes a gap of what was lost and is kept no more", async () => {
  const { broker, feed, rooms } = feedOf({ roomSize: 3 });
  const room = await feed.use("lobby");
  if (room !== undefined) rooms.pin(room);
  await broker.say("0");
  const head = room?.log.head ?? "";
  broker.isDeaf = true;
  for (let i = 1; i <= 9; i++) await broker.say(`${i}`);
  broker.isDeaf = false;
  broker.told?.lost();
  await settled();
  assertEquals(textsOf(room), ["7", "8", "9"]);
  assertEquals(room?.log.open({ since: head, isVouched: true }).complete, false);
});

Deno.test("Feed adds nothing to a room that is dropped while it is read again", async () => {
  const { broker, feed, rooms } = feedOf({ roomSize: 3 });
  await feed.use("lobby");
  await broker.say("0");
  broker.isDeaf = true;
  for (let i = 1; i <= 9; i++) await broker.say(`${i}`);
  broker.isDeaf = false;
  // All that it has is kept no more, and nobody is there.
  broker.told?.lost();
  await settled();
  assertEquals([rooms.size, rooms.bytes], [0, 0]);
  assertEquals(textsOf(await feed.use("lobby")), ["7", "8", "9"]);
});

Deno.test("Feed.extend() adds nothing where memory has dropped what came meanwhile", async () => {
  const { broker, feed } = feedOf({ historySize: 1000, openSize: 2 });
  for (let i = 0; i < 10; i++) await broker.say(`${i}`);
  const room = await feed.use("lobby");
  const [first] = (await broker.page("lobby", { after: ORIGIN }, 1)).messages;
  const { promise, resolve } = Promise.withResolvers<void>();
  broker.gate = promise;
  const extending = room && feed.extend(room);
  await settled();
  await broker.say("10");
  room?.shrink(0);
  await broker.say("11");
  resolve();
  await extending;
  const { complete } = room?.log.open({ since: first?.id ?? "", isVouched: true }) ?? {};
  assertEquals([complete, textsOf(room)], [false, ["11"]]);
});

Deno.test("Feed drops what the broker has dropped, also of a room that is being opened", async () => {
  const { broker, feed } = feedOf();
  const told: Message[] = [];
  for (let i = 0; i < 3; i++) await broker.say(`${i}`);
  told.push(...(await broker.page("lobby", {}, 10)).messages);
  const { promise, resolve } = Promise.withResolvers<void>();
  broker.gate = promise;
  const opening = feed.use("lobby");
  await settled();
  broker.told?.dropped("lobby", told[0]?.position ?? "");
  resolve();
  const room = await opening;
  assertEquals(textsOf(room), ["1", "2"]);
  broker.told?.dropped("lobby", told[1]?.position ?? "");
  assertEquals([textsOf(room), room?.log.floor], [["2"], told[1]?.position]);
});

Deno.test("Feed.lost() forgets what the broker has lost, and keeps what it has", async () => {
  const { broker, feed } = feedOf();
  for (const text of ["1", "2"]) await broker.say(text);
  const room = await feed.use("lobby");
  const since = room?.log.head ?? "";
  const [kept] = (await broker.open("lobby", 1)).messages;
  // Before the next position of the broker.
  const position = `${since}0`;
  if (kept !== undefined) feed.published("lobby", { ...kept, id: position, position });
  assertEquals(textsOf(room), ["1", "2", "2"]);
  broker.lostUntil = `${since}1`;
  broker.told?.lost();
  await settled();
  assertEquals([textsOf(room), room?.lastId], [["1", "2"], since]);
  await broker.say("3");
  assertEquals(textsOf(room), ["1", "2", "3"]);
  assertEquals(room?.log.open({ since, isVouched: true }).complete, false);
});

Deno.test("Feed.reading() waits for a room that is to be read again, while the broker can be read", async () => {
  const { broker, feed } = feedOf();
  const room = await feed.use("lobby");
  assertEquals(feed.reading("lobby"), undefined);
  broker.isDeaf = true;
  await broker.say("1");
  broker.isDown = true;
  broker.told?.lost();
  assertEquals(feed.reading("lobby"), undefined);
  await settled();
  broker.isDown = false;
  // Sooner than by the next retry().
  await feed.reading("lobby");
  assertEquals([textsOf(room), feed.reading("lobby")], [["1"], undefined]);
});
