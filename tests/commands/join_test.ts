import { assert, assertEquals } from "@std/assert";
import {
  type FakeClient,
  FakeHub,
  FakeTimers,
  ofType,
  only,
  settled,
  textsOf,
  UNLIMITED,
} from "../support/fake_hub.ts";

const SINCE_EVER = "0".repeat(26);
const NEVER_YET = "7" + "Z".repeat(25);

/** Letters of the Cyrillic alphabet that look like "Ada". */
const ADA_LOOK_ALIKE = "А\u0501а";

/** Says the numbers from 0, each as long as a text may be, and longer when it is encoded. */
function sayLongThings(client: FakeClient, count: number): void {
  for (const i of upTo(count)) client.say(`${i} `.padEnd(4000, '"'));
}

function numbersOf(messages: readonly { readonly text: string }[]): number[] {
  return messages.map(({ text }) => parseInt(text));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Nothing is limited but addresses. */
const BUSY = { messageRate: UNLIMITED, commandRate: UNLIMITED };

Deno.test("join() is answered with the state of the room", async () => {
  const fake = new FakeHub();
  const ada = await fake.client("Ada");
  const { floor } = await ada.join("lobby");
  ada.say("hi");
  const { id, time } = only(await ada.read(), "ack");
  const bob = await fake.client("Bob");
  assertEquals(await bob.ask({ type: "join", ref: "2", room: "LOBBY" }), [{
    type: "joined",
    ref: "2",
    room: "lobby",
    complete: true,
    more: false,
    follow: 0,
    head: id,
    floor,
    messages: [{ id, time, user: ada.user, text: "hi" }],
    members: [ada.user, bob.user],
    count: 2,
    settings: {
      topic: "",
      owner: null,
      moderators: [],
      locked: false,
      readOnly: false,
      slowMs: 0,
      listed: true,
    },
  }]);
});

Deno.test("join() sends presence to the others, and none to the newcomer", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  const bob = await fake.member("Bob");
  await fake.pass(2000);
  assertEquals(await ada.read(), [{
    type: "presence",
    room: "lobby",
    joined: [bob.user],
    count: 2,
  }]);
  assertEquals(await bob.read(), []);
});

Deno.test("join() gives a newcomer the newest messages, and says that there are more", async () => {
  const fake = new FakeHub({ joinHistory: 2 });
  const ada = await fake.member("Ada");
  for (const text of ["one", "two", "three"]) ada.say(text);
  const { complete, more, follow, messages } = await (await fake.client("Bob")).join("lobby");
  assertEquals([complete, more, follow, textsOf(messages)], [true, true, 0, ["two", "three"]]);
});

Deno.test("join() after everything was given says that there is no more", async () => {
  const fake = new FakeHub({ joinHistory: 2 });
  const ada = await fake.member("Ada");
  for (const text of ["one", "two"]) ada.say(text);
  assertEquals((await (await fake.client("Bob")).join("lobby")).more, false);
});

Deno.test("join() counts a user with two connections once", async () => {
  const fake = new FakeHub();
  const [bob, ada] = [await fake.member("Bob"), await fake.member("Ada")];
  await fake.pass(2000);
  await bob.read();
  const { count, members } = await (await fake.client("Ada")).join("lobby");
  assertEquals([count, members], [2, [bob.user, ada.user]]);
  await fake.pass(2000);
  assertEquals([...await ada.read(), ...await bob.read()], []);
});

Deno.test("join() names at most 200 members, and counts all", async () => {
  const fake = new FakeHub();
  for (let i = 0; i < 200; i++) {
    (await fake.client(`user ${i}`)).send({ type: "join", room: "lobby" });
  }
  const { members, count } = await (await fake.client("Ada")).join("lobby");
  assertEquals([members.length, count], [200, 201]);
});

Deno.test("join() of a joined room is answered again, and counts the member once", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  assertEquals((await ada.join("lobby")).count, 1);
  ada.send({ type: "leave", room: "lobby" });
  await fake.turn();
  assertEquals((await (await fake.client("Bob")).join("lobby")).count, 1);
});

Deno.test("join() of a joined room gives the messages since a position", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  ada.say("one");
  const { id } = only(await ada.read(), "ack");
  ada.say("two");
  await ada.read();
  assertEquals(textsOf((await ada.join("lobby", id)).messages), ["two"]);
});

Deno.test("join() of a joined room leaves one cursor there", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  await ada.join("lobby");
  ada.say("hi");
  assertEquals(textsOf(await ada.read()), ["hi"]);
});

Deno.test("join() of a joined room first delivers the messages before it", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  await ada.read();
  const { head } = await bob.join("lobby");
  bob.say("early");
  await settled();
  const [message, joined] = (await ada.ask({ type: "join", room: "lobby", since: head }))
    .filter(({ type }) => type !== "presence");
  assertEquals([message?.type, joined?.type], ["message", "joined"]);
});

Deno.test("join() refuses a name that looks like another's in the room", async () => {
  const fake = new FakeHub();
  await fake.member("Ada");
  const other = await fake.client(ADA_LOOK_ALIKE);
  const events = await other.ask({ type: "join", ref: "1", room: "lobby" });
  assertEquals(events.map(({ type }) => type), ["error"]);
  const { code, ref } = only(events, "error");
  assertEquals([code, ref], ["name_taken", "1"]);
});

Deno.test("join() that was refused changes nothing", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  await (await fake.client("ada")).ask({ type: "join", room: "lobby" });
  await fake.pass(2000);
  assertEquals(await ada.read(), []);
});

Deno.test("join() lets a name be taken in another room", async () => {
  const fake = new FakeHub();
  await fake.member("Ada");
  assertEquals((await (await fake.client("ada")).join("other")).count, 1);
});

Deno.test("join() refuses a name whose owner is within the grace period", async () => {
  const fake = new FakeHub();
  (await fake.member("Ada")).drop();
  await fake.pass(4900);
  const error = only(
    await (await fake.client("ada")).ask({ type: "join", room: "lobby" }),
    "error",
  );
  assertEquals(error.code, "name_taken");
});

Deno.test("join() accepts a name whose owner's grace period is over", async () => {
  const fake = new FakeHub();
  (await fake.member("Ada")).drop();
  await fake.pass(5100);
  assertEquals((await (await fake.client("ada")).join("lobby")).count, 1);
});

Deno.test("join() accepts a name whose owner has another name now", async () => {
  const fake = new FakeHub();
  await (await fake.member("Ada")).ask({ type: "rename", name: "Grace" });
  assertEquals((await (await fake.client("ada")).join("lobby")).count, 2);
});

Deno.test("join() refuses one user too many as room_full", async () => {
  const fake = new FakeHub({ membersPerRoom: 1 });
  await fake.member("Ada");
  const error = only(
    await (await fake.client("Bob")).ask({ type: "join", room: "lobby" }),
    "error",
  );
  assertEquals(error.code, "room_full");
});

Deno.test("join() lets another connection of a member into a full room", async () => {
  const fake = new FakeHub({ membersPerRoom: 1 });
  await fake.member("Ada");
  assertEquals((await (await fake.client("Ada")).join("lobby")).count, 1);
});

Deno.test("join() refuses one room too many of a connection", async () => {
  const fake = new FakeHub({ roomsPerConnection: 2 });
  const client = await fake.member("Ada", "one");
  await client.join("two");
  assertEquals(
    only(await client.ask({ type: "join", room: "three" }), "error").code,
    "too_many_rooms",
  );
});

Deno.test("join() counts a room that is joined again, and one that was left, not twice", async () => {
  const fake = new FakeHub({ roomsPerConnection: 2 });
  const client = await fake.member("Ada", "one");
  await client.join("two");
  await client.join("two");
  await client.ask({ type: "leave", room: "one" });
  assertEquals((await client.join("three")).room, "three");
});

Deno.test("join() is unavailable when the server holds its most rooms with members", async () => {
  const fake = new FakeHub({ maxRooms: 2 });
  await fake.member("Ada", "one");
  await fake.member("Ada", "two");
  const error = only(
    await (await fake.client("Bob")).ask({ type: "join", ref: "1", room: "three" }),
    "error",
  );
  assertEquals([error.code, error.ref], ["unavailable", "1"]);
  assertEquals(fake.hub.roomCount, 2);
});

Deno.test("join() takes the place of the least recently used room without members", async () => {
  const fake = new FakeHub({ maxRooms: 3 });
  const client = await fake.client("Ada");
  for (const room of ["one", "two", "three"]) {
    await client.join(room);
    client.say(`in ${room}`, room);
  }
  await client.join("one");
  for (const room of ["two", "one"]) await client.ask({ type: "leave", room });
  await client.join("four");
  assertEquals(textsOf((await client.join("one")).messages), ["in one"]);
  await client.ask({ type: "leave", room: "one" });
  assertEquals(textsOf((await client.join("two")).messages), []);
});

Deno.test("join() does not vouch for a room that was dropped since", async () => {
  const fake = new FakeHub({ maxRooms: 1 });
  const client = await fake.client("Ada");
  const { head } = await client.join("one");
  client.say("lost", "one");
  await client.ask({ type: "leave", room: "one" });
  await client.join("two");
  await client.ask({ type: "leave", room: "two" });
  assertEquals((await client.join("one", head)).complete, false);
});

Deno.test("join() with since gives exactly the missed messages", async () => {
  const fake = new FakeHub({ messageRate: UNLIMITED });
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  ada.say("seen");
  const since = only(await bob.read(), "message").id;
  bob.drop();
  for (const text of ["one", "two"]) ada.say(text);
  const { complete, more, follow, messages } = await (await fake.client("Bob")).join(
    "lobby",
    since,
  );
  assertEquals([complete, more, follow, textsOf(messages)], [true, true, 0, ["one", "two"]]);
});

Deno.test("join() with the head of an empty room as since is complete", async () => {
  const fake = new FakeHub();
  const bob = await fake.client("Bob");
  const { head } = await bob.join("lobby");
  bob.drop();
  (await fake.member("Ada")).say("one");
  const { complete, messages } = await (await fake.client("Bob")).join("lobby", head);
  assertEquals([complete, textsOf(messages)], [true, ["one"]]);
});

Deno.test("join() with since in lower case is the same position", async () => {
  const fake = new FakeHub();
  const { head } = await (await fake.member("Ada")).join("lobby");
  assertEquals((await (await fake.client("Bob")).join("lobby", head.toLowerCase())).complete, true);
});

Deno.test("join() with the head as since has nothing new and is complete", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  ada.say("one");
  const { head } = await (await fake.client("Bob")).join("lobby");
  const { complete, follow, messages } = await (await fake.client("Bob")).join("lobby", head);
  assertEquals([complete, follow, messages], [true, 0, []]);
});

Deno.test("join() with since lets messages beyond one frame follow in order", async () => {
  const fake = new FakeHub({ joinHistory: 2 });
  const ada = await fake.member("Ada");
  const { head } = await ada.join("lobby");
  for (const text of ["one", "two", "three", "four", "five"]) ada.say(text);
  const bob = await fake.client("Bob");
  const events = await bob.ask({ type: "join", room: "lobby", since: head });
  const joined = only(events, "joined");
  assertEquals([joined.complete, joined.follow, textsOf(joined.messages)], [true, 3, [
    "one",
    "two",
  ]]);
  assertEquals(events[0], joined);
  assertEquals(textsOf(ofType(events, "message")), ["three", "four", "five"]);
});

Deno.test("join() with since loses nothing that follows, however much is sent in the same turn", async () => {
  const fake = new FakeHub({ historySize: 20, joinHistory: 2, ...BUSY });
  const ada = await fake.member("Ada");
  const { head } = await ada.join("lobby");
  for (const i of upTo(20)) ada.say(String(i));
  await fake.turn();
  const bob = await fake.client("Bob");
  bob.send({ type: "join", room: "lobby", since: head });
  for (const i of upTo(50).slice(20)) ada.say(String(i));
  const events = await bob.read();
  const { complete, follow, messages } = only(events, "joined");
  assertEquals([complete, follow], [true, 18]);
  assertEquals(numbersOf([...messages, ...ofType(events, "message")]), upTo(50));
});

Deno.test("join() gives the head of the log, not of its messages", async () => {
  const fake = new FakeHub({ joinHistory: 1 });
  const ada = await fake.member("Ada");
  const { head } = await ada.join("lobby");
  for (const text of ["one", "two"]) ada.say(text);
  const newest = ofType(await ada.read(), "ack").at(-1);
  assertEquals((await (await fake.client("Bob")).join("lobby", head)).head, newest?.id);
});

Deno.test("join() with long messages gives fewer, and the others follow", async () => {
  const fake = new FakeHub({ messageRate: UNLIMITED, commandRate: UNLIMITED });
  const ada = await fake.member("Ada");
  const { head } = await ada.join("lobby");
  sayLongThings(ada, 200);
  const bob = await fake.client("Bob");
  bob.send({ type: "join", room: "lobby", since: head });
  await fake.pass(1000);
  const events = await bob.read();
  const { messages, follow } = only(events, "joined");
  const followed = ofType(events, "message");
  assert(messages.length < 200);
  assertEquals(followed.length, follow);
  assertEquals(numbersOf([...messages, ...followed]), upTo(200));
});

for (
  const [what, since] of [
    ["older than the server", SINCE_EVER],
    ["newer than all that the server has", NEVER_YET],
    ["newer than can be", "Z".repeat(26)],
  ] as const
) {
  Deno.test(`join() with a since ${what} gives the newest, incomplete`, async () => {
    const fake = new FakeHub({ joinHistory: 1 });
    const ada = await fake.member("Ada");
    for (const text of ["one", "two"]) ada.say(text);
    const { complete, follow, messages } = await (await fake.client("Bob")).join("lobby", since);
    assertEquals([complete, follow, textsOf(messages)], [false, 0, ["two"]]);
  });
}

Deno.test("join() with a since that has left the ring is incomplete", async () => {
  const fake = new FakeHub({ historySize: 2 });
  const ada = await fake.member("Ada");
  const { head } = await ada.join("lobby");
  for (const text of ["one", "two", "three"]) ada.say(text);
  const { complete, messages } = await (await fake.client("Bob")).join("lobby", head);
  assertEquals([complete, textsOf(messages)], [false, ["two", "three"]]);
});

Deno.test("join() with the message that left the ring last as since is complete", async () => {
  const fake = new FakeHub({ historySize: 2 });
  const ada = await fake.member("Ada");
  for (const text of ["one", "two", "three"]) ada.say(text);
  const [first] = ofType(await ada.read(), "ack");
  const { complete, messages } = await (await fake.client("Bob")).join("lobby", first?.id);
  assertEquals([complete, textsOf(messages)], [true, ["two", "three"]]);
});

Deno.test("leave() is answered, and ends the room's messages", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  const left = await bob.ask({ type: "leave", ref: "1", room: "LOBBY" });
  assertEquals(left.at(-1), { type: "left", ref: "1", room: "lobby" });
  ada.say("hi");
  await fake.pass(2000);
  assertEquals(await bob.read(), []);
});

Deno.test("leave() first delivers the messages before it", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  ada.say("hi");
  await settled();
  const events = await bob.ask({ type: "leave", room: "lobby" });
  assertEquals(events.map(({ type }) => type), ["message", "left"]);
});

Deno.test("leave() on the last connection is sent as presence at once", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  await fake.pass(2000);
  await ada.read();
  bob.send({ type: "leave", room: "lobby" });
  const { left, count } = only(await ada.read(), "presence");
  assertEquals([left, count], [[bob.user.id], 1]);
});

Deno.test("leave() on one of two connections makes nobody leave", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  await fake.member("Bob");
  await fake.pass(2000);
  await ada.read();
  bob.send({ type: "leave", room: "lobby" });
  await fake.pass(10_000);
  assertEquals(await ada.read(), []);
});

Deno.test("leave() frees the name", async () => {
  const fake = new FakeHub();
  await (await fake.member("Ada")).ask({ type: "leave", room: "lobby" });
  assertEquals((await (await fake.client("ada")).join("lobby")).count, 1);
});

Deno.test("leave() keeps the room's messages", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  ada.say("hi");
  await ada.ask({ type: "leave", room: "lobby" });
  assertEquals(textsOf((await ada.join("lobby")).messages), ["hi"]);
});

Deno.test("join() lets an address make 200 rooms, and says when it may make more", async () => {
  const fake = new FakeHub({ ...BUSY, roomsPerConnection: 1000 });
  const eve = await fake.client("Eve");
  for (let i = 0; i < 200; i++) await eve.join(`room-${i}`);
  const error = only(await eve.ask({ type: "join", room: "one-more" }), "error");
  assertEquals([error.code, error.retryMs], ["rate_limited", 1000]);
  assertEquals(fake.hub.roomCount, 200);
  // Rooms that are there are joined as ever, also from there.
  await (await fake.client("Bob")).join("room-7");
  await fake.pass(1000);
  await eve.join("one-more");
});

Deno.test("join() is incomplete for a position of an instance that is not connected", async () => {
  const timers = new FakeTimers();
  const [here, there] = [new FakeHub(BUSY, { timers }), new FakeHub(BUSY, { timers })];
  const [ada, xy, yo] = [
    await here.member("Ada"),
    await here.member("Xy"),
    await there.member("Yo"),
  ];
  timers.pass(1000);
  ada.say("m1");
  const since = only(await ada.read(), "ack").id;
  ada.drop();
  timers.pass(1000);
  xy.say("m2");
  yo.say("z1");
  timers.turn();
  const { complete, messages } = await (await there.client("Ada")).join("lobby", since);
  assertEquals([complete, textsOf(messages)], [false, ["z1"]]);
});

Deno.test("join() vouches for no position of an earlier process, whatever the clock says", async () => {
  for (const aheadMs of [-7_200_000, -60_000, 0, 60_000, 7_200_000]) {
    const before = new FakeHub(BUSY);
    const ada = await before.member("Ada");
    ada.say("old");
    const since = only(await ada.read(), "ack").id;
    const after = new FakeHub(BUSY, { timers: new FakeTimers(before.timers.now + aheadMs) });
    const bob = await after.member("Bob");
    bob.say("new");
    await after.turn();
    const { complete, messages } = await (await after.client("Ada")).join("lobby", since);
    assertEquals([complete, textsOf(messages)], [false, ["new"]], `${aheadMs} ms ahead`);
    const isBehind = after.logged.includes("clock_behind");
    assertEquals(isBehind, aheadMs < 0, `${aheadMs} ms ahead`);
  }
});

Deno.test("join() of many rooms at once, for few of which there is place, leaves nobody outside a room", async () => {
  const fake = new FakeHub({ maxRooms: 3, connectionsPerAddress: Infinity });
  const clients = await Array.fromAsync(
    Array.from({ length: 10 }, (_, i) => `user ${i}`),
    (name) => fake.client(name),
  );
  for (const [i, client] of clients.entries()) client.send({ type: "join", room: `room-${i}` });
  await fake.turn();
  let joined = 0;
  for (const [i, client] of clients.entries()) {
    const [answer] = await client.read();
    if (answer?.type === "joined") {
      joined++;
      client.say("hi", `room-${i}`);
      assertEquals(textsOf(await client.read()), ["hi"]);
    } else {
      assertEquals(answer?.type === "error" && answer.code, "unavailable");
    }
  }
  assertEquals([joined, fake.hub.roomCount], [3, 3]);
});
