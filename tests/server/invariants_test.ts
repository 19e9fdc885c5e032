import { assert, assertEquals } from "@std/assert";
import type { Broker } from "../../chat/broker/broker.ts";
import { MemoryBroker, type MemoryOptions } from "../../chat/broker/memory.ts";
import { SqliteBroker } from "../../chat/broker/sqlite.ts";
import type { Config } from "../../chat/config/config.ts";
import type { PresenceEvent, ServerEvent, User } from "../../chat/protocol/types.ts";
import { committed, OPTIONS } from "../broker/sqlite_folder.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import {
  decode,
  type FakeClient,
  FakeHub,
  ofType,
  only,
  textsOf,
  UNLIMITED,
} from "../support/fake_hub.ts";

/** A small server that much is asked of: rings overflow, clients are held, joins don't fit. */
const SMALL: Partial<Config> = {
  messageRate: UNLIMITED,
  commandRate: UNLIMITED,
  historySize: 40,
  joinHistory: 8,
  sendBufferBytes: 1024,
};

/** More than a client may ever have queued: the mark, and what was sent when it was reached. */
const MOST_QUEUED = 1024 + 20_000;

const ROOMS = ["lobby", "attic"];
const SEEDS = [1, 2, 3];
const STEPS = 800;

/** A message that was published. */
interface Published {
  readonly room: string;
  readonly id: string;
  readonly userId: string;
  readonly ref: string;
}

/** Where each seed's messages are kept. */
type Store = "memory" | "a data folder";
const STORES: readonly Store[] = ["memory", "a data folder", "memory"];

/** All that was ever said: what the server forgets, the model knows. */
class Records {
  readonly log: Published[] = [];
  readonly #ids = new Map<string, string[]>();

  /** Writes down what a broker keeps. */
  follow(broker: Broker): Broker {
    const publish = broker.publish.bind(broker);
    broker.publish = async (ops) => {
      const outcomes = await publish(ops);
      for (const [i, { op, room, user: userId, ref }] of ops.entries()) {
        const outcome = outcomes[i];
        if (outcome?.as !== "kept" || op === "document") continue;
        this.log.push({ room, id: outcome.id, userId, ref });
        this.#ids.set(room, [...this.idsOf(room), outcome.id]);
      }
      return outcomes;
    };
    return broker;
  }

  /** The ids of a room's messages, in order. */
  idsOf(room: string): readonly string[] {
    return this.#ids.get(room) ?? [];
  }
}

/** A hub all of whose messages are written down. */
interface World extends AsyncDisposable {
  readonly fake: FakeHub;
  readonly records: Records;
}

function record(
  settings: Partial<Config>,
  store: Store = "memory",
): World {
  const records = new Records();
  if (store === "memory") {
    const createBroker = (options: MemoryOptions) => records.follow(new MemoryBroker(options));
    return {
      fake: new FakeHub(settings, { createBroker }),
      records,
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const folder = Deno.makeTempDirSync();
  const fake = new FakeHub(settings, {
    createBroker: ({ now }) =>
      records.follow(
        new SqliteBroker({ ...OPTIONS, receiptBytes: 1e8, durability: "normal", folder, now }),
      ),
    settle: committed,
  });
  const end = async () => {
    await fake.hub.stop();
    Deno.removeSync(folder, { recursive: true });
  };
  return { fake, records, [Symbol.asyncDispose]: end };
}

/**
 * A reader of one room on one connection, who checks that what comes is all that was said, in
 * order and once, except for what the server says that it leaves out.
 */
class Reader {
  /** Everything up to here was given, or announced to be missing. */
  position: string;
  /** The names of those in the room, by their ids. */
  readonly members: Map<string, string>;
  /** The message that must come next, after a gap. */
  #mustBe: string | undefined;
  readonly #log: () => readonly string[];

  constructor(event: ServerEvent, since: string | undefined, log: () => readonly string[]) {
    if (event.type !== "joined") throw new TypeError(`The room begins with "${event.type}"`);
    this.#log = log;
    this.members = new Map(event.members.map(({ id, name }) => [id, name]));
    const ids = event.messages.map(({ id }) => id);
    const isWhole = since !== undefined && event.complete;
    // Without a claim to be complete, it may begin anywhere, and must go on to the head.
    this.position = isWhole ? since : before(ids[0] ?? event.head, log());
    for (const id of ids) this.#take(id);
    if (event.follow > 0) return;
    assertEquals(this.#next(), log().find((id) => id > event.head), "joined stops before the head");
    if (event.head > this.position) this.position = event.head;
  }

  hear(event: ServerEvent): void {
    assert(event.type !== "joined", "A joined was not expected");
    if (event.type === "message") this.#take(event.id);
    if (event.type === "presence") this.#change(event);
    if (event.type !== "gap") return;
    assertEquals(event.after, this.position, "A gap begins elsewhere than the reader stands");
    assert(event.before > event.after, "A gap ends before it begins");
    this.position = before(event.before, this.#log());
    this.#mustBe = event.before;
  }

  #change({ joined = [], left = [], renamed = [], count }: PresenceEvent): void {
    const known = [...left, ...renamed.map(({ id }) => id)];
    assert(known.every((id) => this.members.has(id)), "One who was not there left or was renamed");
    assert(joined.every(({ id }) => !this.members.has(id)), "One who was there joined");
    for (const id of left) this.members.delete(id);
    for (const { id, name } of [...joined, ...renamed]) this.members.set(id, name);
    assertEquals(this.members.size, count);
  }

  /** The id that must come next. */
  #next(): string | undefined {
    const log = this.#log();
    return log[log.findLastIndex((id) => id <= this.position) + 1];
  }

  #take(id: string): void {
    assertEquals(id, this.#mustBe ?? this.#next(), "A message is lost, doubled or out of order");
    this.#mustBe = undefined;
    this.position = id;
  }
}

/** The position just before an id. */
function before(id: string, log: readonly string[]): string {
  return log.findLast((each) => each < id) ?? "";
}

/** A user who connects again and again, and goes on where the last connection ended. */
class Person {
  readonly name: string;
  client: FakeClient;
  readonly #fake: FakeHub;
  readonly #records: Records;
  readonly #readers = new Map<string, Reader>();
  /** The room of each join that was not answered, and the since that it asked for. */
  readonly #asked = new Map<string, (string | undefined)[]>();
  /** Where the person stands in each room, from connection to connection. */
  readonly #positions = new Map<string, string>();
  readonly acked = new Map<string, string>();
  mostQueued = 0;
  #framesRead = 0;
  #refs = 0;

  constructor(client: FakeClient, name: string, fake: FakeHub, records: Records) {
    this.client = client;
    this.name = name;
    this.#fake = fake;
    this.#records = records;
  }

  get rooms(): string[] {
    return [...this.#asked.keys()];
  }

  join(room: string): void {
    const since = this.#positions.get(room);
    this.#asked.set(room, [...this.#asked.get(room) ?? [], since]);
    this.client.send({ type: "join", room, since });
  }

  say(room: string, ref = `${this.name} ${++this.#refs}`): void {
    this.client.send({ type: "send", ref, room, text: ref.padEnd(1 + this.#refs * 37 % 400, ".") });
  }

  /** A ref that was used already. */
  oldRef(chance: SeededRandom): string {
    return `${this.name} ${1 + chance.below(Math.max(1, this.#refs))}`;
  }

  /** Reads what has come, unless the socket is stalled. */
  read(): void {
    const { transport } = this.client;
    this.mostQueued = Math.max(this.mostQueued, transport.bufferedAmount);
    if (transport.reading) this.#readAll();
  }

  #readAll(): void {
    const { frames } = this.client.transport;
    for (const event of frames.slice(this.#framesRead).flatMap(decode)) this.#hear(event);
    this.#framesRead = frames.length;
  }

  #hear(event: ServerEvent): void {
    if (event.type === "ack") this.acked.set(event.ref, event.id);
    if (event.type === "renamed") this.#rename(event.you);
    if (!("room" in event)) return;
    const { room } = event;
    if (event.type === "joined") {
      const [since, ...others] = this.#asked.get(room) ?? [];
      this.#asked.set(room, others);
      this.#readers.set(room, new Reader(event, since, () => this.#records.idsOf(room)));
    } else if (event.type === "left") {
      this.#readers.delete(room);
    } else {
      const reader = this.#readers.get(room);
      if (event.type === "message") assert(reader, "A message came before joined");
      reader?.hear(event);
    }
    const position = this.#readers.get(room)?.position;
    if (position !== undefined) this.#positions.set(room, position);
  }

  #rename({ id, name }: User): void {
    for (const { members } of this.#readers.values()) members.set(id, name);
  }

  /** Who the person thinks is in a room. */
  membersOf(room: string): Map<string, string> | undefined {
    return this.#readers.get(room)?.members;
  }

  /** The socket is lost with what was not read, and another one made. */
  async reconnect(): Promise<void> {
    this.client.drop();
    this.client = await this.#fake.client(this.name);
    this.#framesRead = this.client.transport.frames.length;
    this.#readers.clear();
    const { rooms } = this;
    this.#asked.clear();
    for (const room of rooms) this.join(room);
  }

  /** Reads all there is, and stands at the end of every room. */
  async finish(): Promise<void> {
    if (this.client.closeCode !== undefined) await this.reconnect();
    this.client.transport.take();
    await this.#fake.pass(1000);
    this.read();
    for (const [room, reader] of this.#readers) {
      const newest = this.#records.idsOf(room).at(-1);
      if (newest === undefined) continue;
      assert(reader.position >= newest, `${this.name} misses the end of ${room}`);
    }
  }
}

/** Six people who do at random what people and networks do. */
async function live(seed: number, settings = SMALL) {
  const chance = new SeededRandom(seed);
  const world = record(settings, STORES[seed - 1]);
  const { fake, records } = world;
  const people = await Array.fromAsync(
    ["Ada", "Bob", "Carol", "Dan", "Eve", "Fay"],
    async (name) => new Person(await fake.client(name), name, fake, records),
  );
  for (const person of people) person.join("lobby");
  for (let i = 0; i < STEPS; i++) {
    const person = chance.pick(people);
    await step(person, chance);
    if (chance.next() < 0.4) await fake.turn();
    if (chance.next() < 0.2) await fake.pass(chance.pick([1, 20, 100, 1000, 6000]));
    for (const each of people) {
      each.read();
      if (each.client.closeCode !== undefined) await each.reconnect();
    }
  }
  await fake.turn();
  for (const person of people) await person.finish();
  return { ...world, people };
}

async function step(person: Person, chance: SeededRandom): Promise<void> {
  const { transport } = person.client;
  const room = chance.pick(ROOMS);
  const die = chance.next();
  if (die < 0.5) { for (let n = chance.below(8); n >= 0; n--) person.say(room); }
  else if (die < 0.55) person.say(room, person.oldRef(chance));
  else if (die < 0.65) person.join(room);
  else if (die < 0.7) await person.reconnect();
  else if (die < 0.8) transport.stall();
  else if (die < 0.9) transport.take({ goesOn: chance.next() < 0.7 });
  else if (die < 0.93) person.client.send({ type: "typing", room });
  else if (die < 0.96) {
    person.client.send({ type: "rename", name: `${person.name} ${chance.below(3)}` });
  } else person.client.send({ type: "history", room, limit: 5 });
}

for (const seed of SEEDS) {
  Deno.test(`A message is never lost, doubled or reordered unannounced (seed ${seed})`, async () => {
    await using world = await live(seed);
    assert(world.records.log.length > 300);
  });

  Deno.test(`What was acked is in the log once, and in a later complete joined (seed ${seed})`, async () => {
    await using world = await live(seed, { ...SMALL, historySize: 10_000 });
    const { records, people } = world;
    for (const person of people) {
      const said = records.log.filter(({ userId }) => userId === person.client.user.id);
      assertEquals(new Set(said.map(({ ref }) => ref)).size, said.length);
      const idOf = new Map(said.map(({ ref, id }) => [ref, id]));
      for (const [ref, id] of person.acked) assertEquals(idOf.get(ref), id);
    }
  });

  Deno.test(`Everyone knows in the end who is there, and by which name (seed ${seed})`, async () => {
    await using world = await live(seed);
    const { fake, people } = world;
    await fake.pass(10_000);
    for (const person of people) person.read();
    for (const room of ROOMS) {
      const { members } = await (await fake.client("Observer")).join(room);
      const expected = new Map(members.map(({ id, name }) => [id, name]));
      for (const person of people) {
        const known = person.membersOf(room);
        if (known === undefined) continue;
        await fake.pass(1000);
        person.read();
        assertEquals(known, expected);
      }
    }
  });

  Deno.test(`Memory held for a client is bounded (seed ${seed})`, async () => {
    await using world = await live(seed);
    const most = Math.max(...world.people.map(({ mostQueued }) => mostQueued));
    assert(most > 1024 && most < MOST_QUEUED, `${most} bytes were queued`);
  });

  Deno.test(`Every map that grows with input is empty again at the end (seed ${seed})`, async () => {
    await using world = await live(seed);
    const { fake, people } = world;
    for (const { client } of people) client.drop();
    await fake.pass(10_000);
    const { connectionCount, userCount, roomCount } = fake.hub;
    assertEquals([connectionCount, userCount], [0, 0]);
    assert(roomCount <= ROOMS.length);
    // All that goes on is the hub's own tick.
    assertEquals(fake.timers.intervalCount, 1);
  });
}

Deno.test("Nothing acked is missing from a later joined with complete: true", async () => {
  const fake = new FakeHub({ ...SMALL, joinHistory: 200, connectionsPerAddress: Infinity });
  const ada = await fake.member("Ada");
  const acked: string[] = [];
  for (let i = 0; i < 100; i++) {
    ada.say("hi");
    acked.push(only(await ada.read(), "ack").id);
    for (const [at, since] of acked.entries()) {
      const { complete, messages } = await (await fake.client(`reader ${i}`)).join("lobby", since);
      if (complete) assertEquals(messages.map(({ id }) => id), acked.slice(at + 1));
      else assert(at < i - 40);
    }
  }
});

Deno.test("The same ref from the same user never makes two messages", async () => {
  const { fake, records } = record(SMALL);
  const connections = [
    await fake.member("Ada"),
    await fake.member("Ada"),
    await fake.member("Ada"),
  ];
  for (let round = 0; round < 3; round++) {
    for (const client of connections) {
      client.send({ type: "send", ref: "r", room: "lobby", text: `${round}` });
    }
    await fake.pass(60_000);
  }
  assertEquals(records.log.length, 1);
});

Deno.test("Nothing comes between reading the log for a newcomer and adding its cursor", async () => {
  // Wherever the join stands in a turn, what was said is in joined or follows, once.
  for (let joinsAt = 0; joinsAt <= 5; joinsAt++) {
    const fake = new FakeHub();
    const [ada, bob] = [await fake.member("Ada"), await fake.client("Bob")];
    for (let i = 0; i <= 5; i++) {
      if (i === joinsAt) bob.send({ type: "join", room: "lobby" });
      ada.say(`${i}`);
    }
    const events = await bob.read();
    const texts = textsOf([...only(events, "joined").messages, ...ofType(events, "message")]);
    assertEquals(texts, ["0", "1", "2", "3", "4", "5"]);
  }
});

Deno.test("Memory held for a client that never reads is bounded, whatever the traffic", async () => {
  const fake = new FakeHub({ ...SMALL, stuckMs: 1e9 });
  const [ada, slow] = [await fake.member("Ada"), await fake.member("Slow")];
  slow.transport.stall();
  for (let i = 0; i < 2000; i++) {
    ada.say("x".repeat(1000));
    slow.send({ type: "typing", room: "lobby" });
    (await fake.member(`visitor ${i % 10}`)).drop();
    await fake.pass(10);
  }
  const { bufferedAmount } = slow.transport;
  const waiting = slow.connection.queue.join("").length;
  assert(bufferedAmount < 1024 + 2000, `${bufferedAmount} bytes are queued`);
  assert(waiting <= 1024, `${waiting} bytes of commands wait`);
});

Deno.test("One bad connection never delays or breaks a broadcast", async () => {
  const fake = new FakeHub({ messageRate: UNLIMITED });
  const ada = await fake.member("Ada");
  const [broken, stalled, breaking] = [
    await fake.member("Bad"),
    await fake.member("Worse"),
    await fake.member("Worst"),
  ];
  const bob = await fake.member("Bob");
  broken.transport.broken = true;
  stalled.transport.bufferedAmount = 1e9;
  for (let i = 0; i < 10; i++) {
    if (i === 5) breaking.transport.broken = true;
    ada.say(`${i}`);
    assertEquals(textsOf(await bob.read()), [`${i}`]);
  }
});

Deno.test("A gap is always announced: by gap on a connection, by complete when it is new", async () => {
  const fake = new FakeHub({ ...SMALL, historySize: 2 });
  const [ada, slow] = [await fake.member("Ada"), await fake.member("Slow")];
  const { head } = await slow.join("lobby");
  slow.transport.bufferedAmount = 1e6;
  for (let i = 0; i < 3; i++) {
    ada.say(`${i}`);
    await fake.turn();
  }
  assertEquals((await (await fake.client("Bob")).join("lobby", head)).complete, false);
  slow.transport.take();
  await fake.pass(100);
  assertEquals((await slow.readOf("gap")).length, 1);
});

Deno.test("Every map that grows with input has a bound: rooms", async () => {
  const fake = new FakeHub({ ...SMALL, maxRooms: 10 });
  const ada = await fake.client("Ada");
  for (let i = 0; i < 100; i++) {
    await ada.join(`room-${i}`);
    ada.say("hi", `room-${i}`);
    await ada.ask({ type: "leave", room: `room-${i}` });
  }
  assertEquals(fake.hub.roomCount, 10);
});

Deno.test("Every map that grows with input has a bound: rooms in which nothing was said", async () => {
  const fake = new FakeHub(SMALL);
  const ada = await fake.client("Ada");
  for (let i = 0; i < 50; i++) {
    await ada.join(`room-${i}`);
    await ada.ask({ type: "leave", room: `room-${i}` });
  }
  assertEquals(fake.hub.roomCount, 0);
});

Deno.test("Every map that grows with input has a bound: users", async () => {
  const fake = new FakeHub();
  for (let i = 0; i < 100; i++) (await fake.member(`user ${i}`)).drop();
  await fake.pass(5100);
  assertEquals([fake.hub.userCount, fake.hub.roomCount], [0, 0]);
});
