import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Receipt } from "../../chat/broker/receipts.ts";
import type { ErrorEvent, User } from "../../chat/protocol/types.ts";
import {
  type FakeClient,
  FakeHub,
  FakeTimers,
  keyOf,
  ofType,
  only,
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

Deno.test("Commands.hello is answered with who the client is and what it may do", () => {
  const client = new FakeHub().connect();
  const welcome = only(client.ask({ type: "hello", ref: "1", name: " Ada  L " }), "welcome");
  assertMatch(welcome.you.id, /^[a-z2-7]{16}$/);
  assertEquals(welcome, {
    type: "welcome",
    ref: "1",
    version: 1,
    you: { id: welcome.you.id, name: "Ada L" },
    heartbeatMs: 25_000,
    limits: { text: 4000, name: 32, frame: 16_384, history: 200 },
  });
});

Deno.test("Commands.hello gives the holder of a key the same id on every server", () => {
  // base32(SHA-256("0123456789abcdef")), by coreutils.
  const { user } = new FakeHub().client("Ada", "0123456789abcdef");
  assertEquals(user.id, "t6pvcepxwj5hqhy7");
});

Deno.test("Commands.hello without a key makes another user of each connection", () => {
  const fake = new FakeHub();
  const ids = [fake.connect(), fake.connect()].map((client) =>
    only(client.ask({ type: "hello", name: "Ada" }), "welcome").you.id
  );
  assertEquals(new Set(ids).size, 2);
});

Deno.test("Commands.hello may be said again after a name that is invalid", () => {
  const client = new FakeHub().connect();
  const refused = client.ask({ type: "hello", ref: "1", name: "A\u200bda" });
  assertEquals(only(refused, "error").code, "name_invalid");
  assertEquals(only(client.ask({ type: "hello", name: "Ada" }), "welcome").you.name, "Ada");
});

Deno.test("Commands.hello is a bad request when said twice", () => {
  const client = new FakeHub().client("Ada");
  const error = only(client.ask({ type: "hello", ref: "2", name: "Ada" }), "error");
  assertEquals([error.code, error.ref], ["bad_request", "2"]);
});

Deno.test("Commands.hello of a second connection renames the user on the first", () => {
  const fake = new FakeHub();
  const first = fake.member("Ada");
  const second = fake.client("Ada L", keyOf("Ada"));
  assertEquals(second.user, { id: first.user.id, name: "Ada L" });
  fake.pass(1000);
  assertEquals(only(first.read(), "presence").renamed, [second.user]);
});

Deno.test("Commands.hello keeps the user's name if the new one is taken where the user is", () => {
  const fake = new FakeHub();
  fake.member("Bob");
  const first = fake.member("Ada");
  assertEquals(fake.client("bob", keyOf("Ada")).user, first.user);
});

Deno.test("Commands.hello is not refused for a name that is taken in some room", () => {
  const fake = new FakeHub();
  fake.member("Ada");
  assertEquals(fake.client("Ada", keyOf("another")).user.name, "Ada");
});

for (
  const [field, command] of [
    ["a room", { type: "join", room: "lobby" }],
    ["nothing", { type: "leave" }],
    ["a ref", { type: "send", ref: "1", room: "lobby", text: "hi" }],
    ["a name", { type: "rename", name: "Ada" }],
    ["a wrong room", { type: "typing", room: 1 }],
    ["a wrong limit", { type: "history", room: "lobby", limit: 0 }],
    ["a wrong since", { type: "join", room: "lobby", since: "?" }],
    ["no fields", { type: "ping" }],
  ] as const
) {
  Deno.test(`Hub.receive() does not welcome "${command.type}" with ${field} before "hello"`, () => {
    const error = only(new FakeHub().connect().ask(command), "error");
    assertEquals(error.code, "not_welcome");
  });
}

for (
  const [what, frame, names] of [
    ["what is not JSON", "{", "JSON"],
    ["an array", '[{"type":"ping"}]', "object"],
    ["an unknown type", '{"type":"shout"}', '"type"'],
    ["a type that is no string", '{"type":1}', '"type"'],
    ["a command without a room", '{"type":"join"}', '"room"'],
    ["a since that is no id", '{"type":"join","room":"lobby","since":"1"}', '"since"'],
    [
      "a since with a letter I",
      `{"type":"join","room":"lobby","since":"${"I".repeat(26)}"}`,
      "since",
    ],
    ["a send without a ref", '{"type":"send","room":"lobby","text":"hi"}', '"ref"'],
    ["a text that is no string", '{"type":"send","ref":"1","room":"lobby","text":1}', '"text"'],
    ["a rename without a name", '{"type":"rename"}', '"name"'],
    ["a limit of 0", '{"type":"history","room":"lobby","limit":0}', '"limit"'],
    ["a limit of 201", '{"type":"history","room":"lobby","limit":201}', '"limit"'],
    ["a limit of one half", '{"type":"history","room":"lobby","limit":0.5}', '"limit"'],
    ["a before that is no id", '{"type":"history","room":"lobby","before":"1"}', '"before"'],
    ["an after that is no id", '{"type":"history","room":"lobby","after":null}', '"after"'],
    [
      "both bounds",
      `{"type":"history","room":"lobby","before":"${SINCE_EVER}","after":"${SINCE_EVER}"}`,
      '"before"',
    ],
  ] as const
) {
  Deno.test(`Hub.receive() answers ${what} with a bad_request that names it`, () => {
    const client = new FakeHub().member("Ada");
    client.sendFrame(frame);
    const error = only(client.read(), "error");
    assertEquals(error.code, "bad_request");
    assert(error.message.includes(names), error.message);
  });
}

for (const ref of ["", "x".repeat(65), 1, null, {}]) {
  Deno.test(`Hub.receive() echoes no ref such as ${JSON.stringify(ref)?.slice(0, 9)}`, () => {
    const error = only(new FakeHub().client("Ada").ask({ type: "ping", ref }), "error");
    assertEquals([error.code, "ref" in error], ["bad_request", false]);
  });
}

for (
  const [command, answer] of [
    [{ type: "join", room: "other" }, "joined"],
    [{ type: "join", room: "lobby" }, "joined"],
    [{ type: "join", room: "!" }, "error"],
    [{ type: "leave", room: "lobby" }, "left"],
    [{ type: "leave", room: "elsewhere" }, "error"],
    [{ type: "send", room: "lobby", text: "hi" }, "ack"],
    [{ type: "send", room: "elsewhere", text: "hi" }, "error"],
    [{ type: "rename", name: "Ada L" }, "renamed"],
    [{ type: "rename", name: "" }, "error"],
    [{ type: "typing", room: "elsewhere" }, "error"],
    [{ type: "history", room: "lobby" }, "history"],
    [{ type: "history", room: "elsewhere" }, "error"],
    [{ type: "ping" }, "pong"],
    [{ type: "shout" }, "error"],
    [{ type: "hello", name: "Ada" }, "error"],
  ] as const
) {
  Deno.test(`Hub.receive() echoes the ref of ${JSON.stringify(command)} in "${answer}"`, () => {
    const ref = "é".repeat(64);
    const event = only(new FakeHub().member("Ada").ask({ ...command, ref }), answer);
    assertEquals("ref" in event && event.ref, ref);
  });
}

for (
  const [command, code] of [
    [{ type: "join", room: "-lobby" }, "room_invalid"],
    [{ type: "join", room: "x".repeat(65) }, "room_invalid"],
    [{ type: "leave", room: "a b" }, "room_invalid"],
    [{ type: "send", ref: "1", room: "", text: "hi" }, "room_invalid"],
    [{ type: "typing", room: "é" }, "room_invalid"],
    [{ type: "history", room: "/" }, "room_invalid"],
    [{ type: "leave", room: "other" }, "not_joined"],
    [{ type: "send", ref: "1", room: "other", text: "hi" }, "not_joined"],
    [{ type: "typing", room: "other" }, "not_joined"],
    [{ type: "history", room: "other" }, "not_joined"],
    [{ type: "send", ref: "1", room: "lobby", text: " \n " }, "text_invalid"],
    [{ type: "send", ref: "1", room: "lobby", text: "x".repeat(4001) }, "text_invalid"],
    [{ type: "rename", name: "\u202eAda" }, "name_invalid"],
    [{ type: "rename", name: "x".repeat(33) }, "name_invalid"],
  ] as const
) {
  Deno.test(`Hub.receive() refuses ${JSON.stringify(command).slice(0, 60)} as ${code}`, () => {
    const client = new FakeHub().member("Ada");
    assertEquals(only(client.ask(command), "error").code, code);
    assertEquals(client.closeCode, undefined);
  });
}

Deno.test("Hub.receive() answers commands in order when they come without waiting", () => {
  const client = new FakeHub().connect();
  client.send({ type: "hello", name: "Ada" });
  client.send({ type: "join", room: "lobby" });
  client.send({ type: "ping" });
  client.send({ type: "leave", room: "lobby" });
  assertEquals(client.read().map((event) => event.type), ["welcome", "joined", "pong", "left"]);
});

Deno.test("Commands.join is answered with the state of the room", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  ada.say("hi");
  const { id, time } = only(ada.read(), "ack");
  const bob = fake.client("Bob");
  assertEquals(bob.ask({ type: "join", ref: "2", room: "LOBBY" }), [{
    type: "joined",
    ref: "2",
    room: "lobby",
    complete: true,
    more: false,
    follow: 0,
    head: id,
    messages: [{ id, time, user: ada.user, text: "hi" }],
    members: [ada.user, bob.user],
    count: 2,
  }]);
});

Deno.test("Commands.join tells the others, and the newcomer nothing of itself", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  const bob = fake.member("Bob");
  fake.pass(2000);
  assertEquals(ada.read(), [{ type: "presence", room: "lobby", joined: [bob.user], count: 2 }]);
  assertEquals(bob.read(), []);
});

Deno.test("Commands.join gives a newcomer the newest messages, and says that there are more", () => {
  const fake = new FakeHub({ joinHistory: 2 });
  const ada = fake.member("Ada");
  for (const text of ["one", "two", "three"]) ada.say(text);
  const { complete, more, follow, messages } = fake.client("Bob").join("lobby");
  assertEquals([complete, more, follow, textsOf(messages)], [true, true, 0, ["two", "three"]]);
});

Deno.test("Commands.join after everything was given says that there is no more", () => {
  const fake = new FakeHub({ joinHistory: 2 });
  const ada = fake.member("Ada");
  for (const text of ["one", "two"]) ada.say(text);
  assertEquals(fake.client("Bob").join("lobby").more, false);
});

Deno.test("Commands.join counts a user with two connections once", () => {
  const fake = new FakeHub();
  const [bob, ada] = [fake.member("Bob"), fake.member("Ada")];
  fake.pass(2000);
  bob.read();
  const { count, members } = fake.client("Ada").join("lobby");
  assertEquals([count, members], [2, [bob.user, ada.user]]);
  fake.pass(2000);
  assertEquals([...ada.read(), ...bob.read()], []);
});

Deno.test("Commands.join names at most 200 members, and counts all", () => {
  const fake = new FakeHub();
  for (let i = 0; i < 200; i++) fake.client(`user ${i}`).send({ type: "join", room: "lobby" });
  const { members, count } = fake.client("Ada").join("lobby");
  assertEquals([members.length, count], [200, 201]);
});

Deno.test("Commands.join of a joined room is answered again, and counts the member once", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  assertEquals(ada.join("lobby").count, 1);
  ada.send({ type: "leave", room: "lobby" });
  fake.turn();
  assertEquals(fake.client("Bob").join("lobby").count, 1);
});

Deno.test("Commands.join of a joined room gives what came since a position", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  ada.say("one");
  const { id } = only(ada.read(), "ack");
  ada.say("two");
  ada.read();
  assertEquals(textsOf(ada.join("lobby", id).messages), ["two"]);
});

Deno.test("Commands.join of a joined room leaves one cursor there", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  ada.join("lobby");
  ada.say("hi");
  assertEquals(textsOf(ada.read()), ["hi"]);
});

Deno.test("Commands.join of a joined room first gives what was said before", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  ada.read();
  const { head } = bob.join("lobby");
  bob.say("early");
  const [message, joined] = ada.ask({ type: "join", room: "lobby", since: head })
    .filter(({ type }) => type !== "presence");
  assertEquals([message?.type, joined?.type], ["message", "joined"]);
});

Deno.test("Commands.join refuses a name that looks like another's in the room", () => {
  const fake = new FakeHub();
  fake.member("Ada");
  const other = fake.client(ADA_LOOK_ALIKE);
  const events = other.ask({ type: "join", ref: "1", room: "lobby" });
  assertEquals(events.map(({ type }) => type), ["error"]);
  const { code, ref } = only(events, "error");
  assertEquals([code, ref], ["name_taken", "1"]);
});

Deno.test("Commands.join that was refused changes nothing", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  fake.client("ada").ask({ type: "join", room: "lobby" });
  fake.pass(2000);
  assertEquals(ada.read(), []);
});

Deno.test("Commands.join lets a name be taken in another room", () => {
  const fake = new FakeHub();
  fake.member("Ada");
  assertEquals(fake.client("ada").join("other").count, 1);
});

Deno.test("Commands.join refuses a name whose owner is within the grace period", () => {
  const fake = new FakeHub();
  fake.member("Ada").drop();
  fake.pass(4900);
  const error = only(fake.client("ada").ask({ type: "join", room: "lobby" }), "error");
  assertEquals(error.code, "name_taken");
});

Deno.test("Commands.join accepts a name whose owner's grace period is over", () => {
  const fake = new FakeHub();
  fake.member("Ada").drop();
  fake.pass(5100);
  assertEquals(fake.client("ada").join("lobby").count, 1);
});

Deno.test("Commands.join accepts a name whose owner has another name now", () => {
  const fake = new FakeHub();
  fake.member("Ada").ask({ type: "rename", name: "Grace" });
  assertEquals(fake.client("ada").join("lobby").count, 2);
});

Deno.test("Commands.join refuses one user too many as room_full", () => {
  const fake = new FakeHub({ membersPerRoom: 1 });
  fake.member("Ada");
  const error = only(fake.client("Bob").ask({ type: "join", room: "lobby" }), "error");
  assertEquals(error.code, "room_full");
});

Deno.test("Commands.join lets another connection of a member into a full room", () => {
  const fake = new FakeHub({ membersPerRoom: 1 });
  fake.member("Ada");
  assertEquals(fake.client("Ada").join("lobby").count, 1);
});

Deno.test("Commands.join refuses one room too many of a connection", () => {
  const fake = new FakeHub({ roomsPerConnection: 2 });
  const client = fake.member("Ada", "one");
  client.join("two");
  assertEquals(only(client.ask({ type: "join", room: "three" }), "error").code, "too_many_rooms");
});

Deno.test("Commands.join counts a room that is joined again, and one that was left, not twice", () => {
  const fake = new FakeHub({ roomsPerConnection: 2 });
  const client = fake.member("Ada", "one");
  client.join("two");
  client.join("two");
  client.ask({ type: "leave", room: "one" });
  assertEquals(client.join("three").room, "three");
});

Deno.test("Commands.join is unavailable when the server holds its most rooms with members", () => {
  const fake = new FakeHub({ maxRooms: 2 });
  fake.member("Ada", "one");
  fake.member("Ada", "two");
  const error = only(fake.client("Bob").ask({ type: "join", ref: "1", room: "three" }), "error");
  assertEquals([error.code, error.ref], ["unavailable", "1"]);
  assertEquals(fake.hub.roomCount, 2);
});

Deno.test("Commands.join takes the place of the least recently used room without members", () => {
  const fake = new FakeHub({ maxRooms: 3 });
  const client = fake.client("Ada");
  for (const room of ["one", "two", "three"]) {
    client.join(room);
    client.say(`in ${room}`, room);
  }
  client.join("one");
  for (const room of ["two", "one"]) client.ask({ type: "leave", room });
  client.join("four");
  assertEquals(textsOf(client.join("one").messages), ["in one"]);
  client.ask({ type: "leave", room: "one" });
  assertEquals(textsOf(client.join("two").messages), []);
});

Deno.test("Commands.join does not vouch for a room that was dropped since", () => {
  const fake = new FakeHub({ maxRooms: 1 });
  const client = fake.client("Ada");
  const { head } = client.join("one");
  client.say("lost", "one");
  client.ask({ type: "leave", room: "one" });
  client.join("two");
  client.ask({ type: "leave", room: "two" });
  assertEquals(client.join("one", head).complete, false);
});

Deno.test("Commands.join with since gives exactly what was missed", () => {
  const fake = new FakeHub({ messageRate: UNLIMITED });
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  ada.say("seen");
  const since = only(bob.read(), "message").id;
  bob.drop();
  for (const text of ["one", "two"]) ada.say(text);
  const { complete, more, follow, messages } = fake.client("Bob").join("lobby", since);
  assertEquals([complete, more, follow, textsOf(messages)], [true, true, 0, ["one", "two"]]);
});

Deno.test("Commands.join with the head of an empty room as since is complete", () => {
  const fake = new FakeHub();
  const bob = fake.client("Bob");
  const { head } = bob.join("lobby");
  bob.drop();
  fake.member("Ada").say("one");
  const { complete, messages } = fake.client("Bob").join("lobby", head);
  assertEquals([complete, textsOf(messages)], [true, ["one"]]);
});

Deno.test("Commands.join with since in lower case is the same position", () => {
  const fake = new FakeHub();
  const { head } = fake.member("Ada").join("lobby");
  assertEquals(fake.client("Bob").join("lobby", head.toLowerCase()).complete, true);
});

Deno.test("Commands.join with the head as since has nothing new and is complete", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  ada.say("one");
  const { head } = fake.client("Bob").join("lobby");
  const { complete, follow, messages } = fake.client("Bob").join("lobby", head);
  assertEquals([complete, follow, messages], [true, 0, []]);
});

Deno.test("Commands.join with since lets what is too much for one frame follow in order", () => {
  const fake = new FakeHub({ joinHistory: 2 });
  const ada = fake.member("Ada");
  const { head } = ada.join("lobby");
  for (const text of ["one", "two", "three", "four", "five"]) ada.say(text);
  const bob = fake.client("Bob");
  const events = bob.ask({ type: "join", room: "lobby", since: head });
  const joined = only(events, "joined");
  assertEquals([joined.complete, joined.follow, textsOf(joined.messages)], [true, 3, [
    "one",
    "two",
  ]]);
  assertEquals(events[0], joined);
  assertEquals(textsOf(ofType(events, "message")), ["three", "four", "five"]);
});

Deno.test("Commands.join says the head of the log, not of what it gives", () => {
  const fake = new FakeHub({ joinHistory: 1 });
  const ada = fake.member("Ada");
  const { head } = ada.join("lobby");
  for (const text of ["one", "two"]) ada.say(text);
  const newest = ofType(ada.read(), "ack").at(-1);
  assertEquals(fake.client("Bob").join("lobby", head).head, newest?.id);
});

Deno.test("Commands.join with long messages gives fewer, and the others follow", () => {
  const fake = new FakeHub({ messageRate: UNLIMITED, commandRate: UNLIMITED });
  const ada = fake.member("Ada");
  const { head } = ada.join("lobby");
  sayLongThings(ada, 200);
  const bob = fake.client("Bob");
  bob.send({ type: "join", room: "lobby", since: head });
  fake.pass(1000);
  const events = bob.read();
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
  Deno.test(`Commands.join with a since ${what} gives the newest, incomplete`, () => {
    const fake = new FakeHub({ joinHistory: 1 });
    const ada = fake.member("Ada");
    for (const text of ["one", "two"]) ada.say(text);
    const { complete, follow, messages } = fake.client("Bob").join("lobby", since);
    assertEquals([complete, follow, textsOf(messages)], [false, 0, ["two"]]);
  });
}

Deno.test("Commands.join with a since that has left the ring is incomplete", () => {
  const fake = new FakeHub({ historySize: 2 });
  const ada = fake.member("Ada");
  const { head } = ada.join("lobby");
  for (const text of ["one", "two", "three"]) ada.say(text);
  const { complete, messages } = fake.client("Bob").join("lobby", head);
  assertEquals([complete, textsOf(messages)], [false, ["two", "three"]]);
});

Deno.test("Commands.join with the message that left the ring last as since is complete", () => {
  const fake = new FakeHub({ historySize: 2 });
  const ada = fake.member("Ada");
  for (const text of ["one", "two", "three"]) ada.say(text);
  const [first] = ofType(ada.read(), "ack");
  const { complete, messages } = fake.client("Bob").join("lobby", first?.id);
  assertEquals([complete, textsOf(messages)], [true, ["two", "three"]]);
});

Deno.test("Commands.leave is answered, and ends the room's messages", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  const left = bob.ask({ type: "leave", ref: "1", room: "LOBBY" });
  assertEquals(left.at(-1), { type: "left", ref: "1", room: "lobby" });
  ada.say("hi");
  fake.pass(2000);
  assertEquals(bob.read(), []);
});

Deno.test("Commands.leave first gives what was said before", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  ada.say("hi");
  const events = bob.ask({ type: "leave", room: "lobby" });
  assertEquals(events.map(({ type }) => type), ["message", "left"]);
});

Deno.test("Commands.leave on the last connection is told at once", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  fake.pass(2000);
  ada.read();
  bob.send({ type: "leave", room: "lobby" });
  const { left, count } = only(ada.read(), "presence");
  assertEquals([left, count], [[bob.user.id], 1]);
});

Deno.test("Commands.leave on one of two connections makes nobody leave", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  fake.member("Bob");
  fake.pass(2000);
  ada.read();
  bob.send({ type: "leave", room: "lobby" });
  fake.pass(10_000);
  assertEquals(ada.read(), []);
});

Deno.test("Commands.leave frees the name", () => {
  const fake = new FakeHub();
  fake.member("Ada").ask({ type: "leave", room: "lobby" });
  assertEquals(fake.client("ada").join("lobby").count, 1);
});

Deno.test("Commands.leave keeps the room's messages", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  ada.say("hi");
  ada.ask({ type: "leave", room: "lobby" });
  assertEquals(textsOf(ada.join("lobby").messages), ["hi"]);
});

Deno.test("Commands.send acks to the sender and tells everyone in the room", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  const events = ada.ask({ type: "send", ref: "r", room: "LOBBY", text: "h\u0007i\n" });
  const { id, time } = only(events, "ack");
  assertEquals(only(events, "ack"), {
    type: "ack",
    ref: "r",
    room: "lobby",
    id,
    time,
    duplicate: false,
  });
  const message = { type: "message", room: "lobby", id, time, user: ada.user, text: "hi\n" };
  assertEquals([only(events, "message"), only(bob.read(), "message")], [message, message]);
});

Deno.test("Commands.send gives the time of the server's clock", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  ada.say("hi");
  assertEquals(only(ada.read(), "ack").time, fake.timers.now);
});

Deno.test("Commands.send takes the longest text, ref and room in the widest characters", () => {
  const room = "r".repeat(64);
  const ada = new FakeHub().member("Ada", room);
  const answers = ada.ask({ type: "send", ref: "€".repeat(64), room, text: "😀".repeat(4000) });
  assertEquals(only(answers, "ack").ref, "€".repeat(64));
});

Deno.test("Commands.send tells nobody in another room", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob", "other")];
  ada.say("hi");
  assertEquals(bob.read(), []);
});

Deno.test("Commands.send makes ids that grow, in the order of the log", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  for (const text of ["one", "two", "three"]) ada.say(text);
  const ids = ofType(ada.read(), "message").map(({ id }) => id);
  assertEquals(ids, ids.toSorted());
});

for (
  const [what, again] of [
    ["as it was", {}],
    ["with another text", { text: "other" }],
    ["with a text that is invalid", { text: "" }],
    ["to another room", { room: "other" }],
    ["to a room that is invalid", { room: "!" }],
  ] as const
) {
  Deno.test(`Commands.send again with the same ref, ${what}, makes no second message`, () => {
    const fake = new FakeHub();
    const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
    const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
    const first = only(ada.ask(command), "ack");
    const events = ada.ask({ ...command, ...again });
    assertEquals(events, [{ ...first, duplicate: true }]);
    assertEquals(textsOf(bob.read()), ["hi"]);
  });
}

Deno.test("Commands.send knows a ref from another connection of the user", () => {
  const fake = new FakeHub();
  const [first, second] = [fake.member("Ada"), fake.member("Ada")];
  const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
  const { id } = only(first.ask(command), "ack");
  const again = only(second.ask(command), "ack");
  assertEquals([again.id, again.duplicate], [id, true]);
});

Deno.test("Commands.send knows a ref after a reconnect, before the room is joined", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
  const { id } = only(ada.ask(command), "ack");
  ada.drop();
  const again = only(fake.client("Ada").ask(command), "ack");
  assertEquals([again.id, again.duplicate], [id, true]);
});

Deno.test("Commands.send takes the same ref of another user for another message", () => {
  const fake = new FakeHub();
  const clients = [fake.member("Ada"), fake.member("Bob")];
  const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
  const acks = clients.map((client) => only(client.ask(command), "ack").duplicate);
  assertEquals(acks, [false, false]);
});

Deno.test("Commands.send knows a ref for five minutes, whatever is sent meanwhile", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
  fake.pass(299_999);
  ada.ask(command);
  for (let minute = 1; minute <= 5; minute++) {
    fake.pass(60_000 - 1);
    ada.say("meanwhile");
    ada.read();
  }
  assertEquals(only(ada.ask(command), "ack").duplicate, true);
});

Deno.test("Commands.send knows a ref after the clock was set back", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  ada.say("before");
  fake.clockError = -3_600_000;
  const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
  ada.ask(command);
  for (const text of ["one", "two"]) ada.say(text);
  ada.read();
  assertEquals(only(ada.ask(command), "ack").duplicate, true);
});

Deno.test("Commands.send makes growing ids after the clock was set back", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  ada.say("before");
  const before = only(ada.read(), "ack");
  fake.clockError = -3_600_000;
  ada.say("after");
  assert(only(ada.read(), "ack").id > before.id);
});

Deno.test("Commands.send is rate limited, and says for how long", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  for (let i = 0; i < 11; i++) ada.say("hi");
  const events = ada.read();
  const error = only(events, "error");
  assertEquals([error.code, error.retryMs], ["rate_limited", 200]);
  assertEquals(textsOf(events).length, 10);
});

Deno.test("Commands.send succeeds with the same ref once the retry time is over", () => {
  const fake = new FakeHub({ messageRate: { burst: 1, perSecond: 5 } });
  const ada = fake.member("Ada");
  ada.say("first");
  const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
  fake.pass(only(ada.ask(command), "error").retryMs ?? 0);
  assertEquals(only(ada.ask(command), "ack").duplicate, false);
});

Deno.test("Commands.send counts the messages of all connections of a user", () => {
  const fake = new FakeHub({ messageRate: { burst: 1, perSecond: 1 } });
  const [first, second, bob] = [fake.member("Ada"), fake.member("Ada"), fake.member("Bob")];
  first.say("one");
  const command = { type: "send", ref: "r", room: "lobby", text: "two" };
  assertEquals(only(second.ask(command), "error").code, "rate_limited");
  assertEquals(only(bob.ask(command), "ack").duplicate, false);
});

Deno.test("Commands.send is rate limited for an address whose users are new ones each time", () => {
  const messageRate = { burst: 1, perSecond: 5 };
  const fake = new FakeHub({ connectionsPerAddress: 2, messageRate, joinHistory: 0 });
  const outcomes = upTo(1010).flatMap((i) => {
    const room = `room-${i % 100}`;
    const client = fake.member(`User ${i}`, room);
    client.say("hi", room);
    const outcomes = client.read().flatMap((event) => {
      if (event.type === "ack") return ["ack"];
      return event.type === "error" ? [`${event.code} ${event.retryMs}`] : [];
    });
    client.drop();
    return outcomes;
  });
  assertEquals(outcomes, [...Array(1000).fill("ack"), ...Array(10).fill("rate_limited 100")]);
});

Deno.test("Commands.send knows a ref before the rate limit, and takes no message for it", () => {
  const fake = new FakeHub({ messageRate: { burst: 2, perSecond: 1 } });
  const ada = fake.member("Ada");
  const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
  for (let i = 0; i < 5; i++) ada.ask(command);
  assertEquals(only(ada.ask({ ...command, ref: "s" }), "ack").duplicate, false);
  assertEquals(only(ada.ask(command), "ack").duplicate, true);
});

Deno.test("Commands.send takes no message for what is refused", () => {
  const fake = new FakeHub({ messageRate: { burst: 1, perSecond: 1 } });
  const ada = fake.member("Ada");
  ada.ask({ type: "send", ref: "1", room: "lobby", text: "" });
  ada.ask({ type: "send", ref: "2", room: "other", text: "hi" });
  assertEquals(
    only(ada.ask({ type: "send", ref: "3", room: "lobby", text: "hi" }), "ack").ref,
    "3",
  );
});

Deno.test("Commands.rename is answered, and told to the others alone", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  fake.pass(2000);
  ada.read();
  bob.read();
  const you = { id: ada.user.id, name: "Ada L" };
  assertEquals(ada.ask({ type: "rename", ref: "1", name: " Ada L" }), [
    { type: "renamed", ref: "1", you },
  ]);
  fake.pass(2000);
  assertEquals(ada.read(), []);
  assertEquals(bob.read(), [{ type: "presence", room: "lobby", renamed: [you], count: 2 }]);
});

Deno.test("Commands.rename is told to the user's other connection", () => {
  const fake = new FakeHub();
  const [first, second] = [fake.member("Ada"), fake.member("Ada")];
  fake.pass(2000);
  first.send({ type: "rename", name: "Ada L" });
  const you = { id: first.user.id, name: "Ada L" };
  assertEquals(second.readOf("presence").map(({ renamed }) => renamed), [[you]]);
});

Deno.test("Commands.rename tells the renaming connection of the others all the same", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  const bob = fake.member("Bob");
  const carol = fake.member("Carol");
  ada.send({ type: "rename", name: "Ada L" });
  fake.pass(2000);
  const joined = ada.readOf("presence").flatMap((event) => event.joined ?? []);
  assertEquals(joined, [bob.user, carol.user]);
});

Deno.test("Commands.rename is in what is said from then on, not in what was said", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  ada.say("before");
  ada.send({ type: "rename", name: "Ada L" });
  ada.say("after");
  const names = fake.client("Bob").join("lobby").messages.map(({ user }) => user.name);
  assertEquals(names, ["Ada", "Ada L"]);
});

Deno.test("Commands.rename refuses a name that looks like another's in a joined room", () => {
  const fake = new FakeHub();
  fake.member("Ada");
  const bob = fake.member("Bob");
  const events = bob.ask({ type: "rename", ref: "1", name: ADA_LOOK_ALIKE });
  assertEquals(only(events, "error").code, "name_taken");
  fake.pass(2000);
  assertEquals(fake.client("Carol").join("lobby").members.map(({ name }) => name), [
    "Ada",
    "Bob",
    "Carol",
  ]);
});

Deno.test("Commands.rename refuses a name taken in a room of the user's other connection", () => {
  const fake = new FakeHub();
  fake.member("Ada", "other");
  fake.member("Bob", "other");
  const bob = fake.member("Bob");
  assertEquals(only(bob.ask({ type: "rename", name: "Ada" }), "error").code, "name_taken");
});

Deno.test("Commands.rename costs its address a change for each room of the user", () => {
  const fake = new FakeHub({ commandRate: UNLIMITED });
  const ada = fake.member("Ada");
  for (let i = 1; i < 20; i++) ada.join(`room${i}`);
  // With the 20 joins these are 4,000 changes.
  for (let i = 0; i < 199; i++) {
    only(ada.ask({ type: "rename", name: i % 2 === 0 ? "Ada L" : "Ada" }), "renamed");
  }
  const neighbour = fake.client("Eve");
  const refused = [
    only(ada.ask({ type: "rename", name: "Ada" }), "error"),
    only(neighbour.ask({ type: "join", room: "lobby" }), "error"),
  ];
  assertEquals(
    refused.map(({ code, retryMs }) => [code, retryMs]),
    Array(2).fill(["rate_limited", 5]),
  );
  // What changes nothing is free, and others have a budget of their own.
  only(ada.ask({ type: "rename", name: "Ada L" }), "renamed");
  ada.join("lobby");
  const bob = fake.connect("192.0.2.2");
  bob.ask({ type: "hello", name: "Bob" });
  only(bob.ask({ type: "rename", name: "Rob" }), "renamed");
});

Deno.test("Commands.hello that renames a user costs its address a change for each room", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  const { address } = ada.connection;
  address.spendPresence(3998);
  fake.client("Ada", keyOf("Ada"));
  assertEquals(address.presenceWait(fake.timers.now), 0);
  fake.client("Ada L", keyOf("Ada"));
  assertEquals(address.presenceWait(fake.timers.now), 5);
});

Deno.test("Commands.rename lets a user change the capitals of the own name", () => {
  const ada = new FakeHub().member("Ada");
  assertEquals(only(ada.ask({ type: "rename", name: "ADA" }), "renamed").you.name, "ADA");
});

Deno.test("Commands.rename to the same name is answered and told to nobody", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  fake.pass(2000);
  only(ada.ask({ type: "rename", name: "Ada" }), "renamed");
  fake.pass(2000);
  assertEquals(bob.read(), []);
});

Deno.test("Commands.typing tells the room's other users, and answers nothing", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  fake.pass(2000);
  ada.read();
  assertEquals(ada.ask({ type: "typing", ref: "1", room: "LOBBY" }), []);
  assertEquals(bob.read(), [{ type: "typing", room: "lobby", user: ada.user }]);
});

Deno.test("Commands.typing is not told to the user's other connections", () => {
  const fake = new FakeHub();
  const [first, second] = [fake.member("Ada"), fake.member("Ada")];
  first.send({ type: "typing", room: "lobby" });
  assertEquals(second.read(), []);
});

Deno.test("Commands.typing is told four times a second of a user in a room, and no answer says so", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  const again = fake.member("Ada");
  for (const room of ["lobby", "other"]) for (const each of [ada, again, bob]) each.join(room);
  const told = [0, 1, 248, 1].map((ms) => {
    fake.pass(ms);
    for (const each of [ada, again]) {
      each.send({ type: "typing", room: "lobby" });
      each.send({ type: "typing", room: "other" });
    }
    assertEquals([...ada.readOf("error"), ...again.readOf("error")], []);
    return bob.readOf("typing").map(({ room }) => room);
  });
  assertEquals(told, [["lobby", "other"], [], [], ["lobby", "other"]]);
});

Deno.test("Commands.typing of one user does not keep another's back", () => {
  const fake = new FakeHub();
  const [ada, bob, carol] = [fake.member("Ada"), fake.member("Bob"), fake.member("Carol")];
  for (const each of [ada, bob]) each.ask({ type: "typing", room: "lobby" });
  assertEquals(carol.readOf("typing").map(({ user }) => user), [ada.user, bob.user]);
});

Deno.test("Commands.typing of two users in one turn is told to each of the other", () => {
  const fake = new FakeHub();
  const [ada, bob, carol] = [fake.member("Ada"), fake.member("Bob"), fake.member("Carol")];
  for (const client of [ada, bob]) client.send({ type: "typing", room: "lobby" });
  const namesTold = [ada, bob, carol].map((client) =>
    client.readOf("typing").map(({ user }) => user.name)
  );
  assertEquals(namesTold, [["Bob"], ["Ada"], ["Ada", "Bob"]]);
});

/** A room of the messages "0" to "9", and one who may ask for them. */
function roomOfTen(): { readonly ids: string[]; ask(bounds: object): [string[], boolean] } {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  for (let i = 0; i < 10; i++) ada.say(String(i));
  return {
    ids: ofType(ada.read(), "ack").map(({ id }) => id),
    ask(bounds) {
      const event = only(ada.ask({ type: "history", room: "lobby", ...bounds }), "history");
      return [textsOf(event.messages), event.more];
    },
  };
}

Deno.test("Commands.history without a bound gives the newest", () => {
  assertEquals(roomOfTen().ask({ limit: 2 }), [["8", "9"], true]);
});

Deno.test("Commands.history of all there is says that there is no more", () => {
  assertEquals(roomOfTen().ask({ limit: 10 })[1], false);
});

Deno.test("Commands.history with before gives the newest of the older, without the bound", () => {
  const { ids, ask } = roomOfTen();
  assertEquals(ask({ before: ids[3], limit: 2 }), [["1", "2"], true]);
  assertEquals(ask({ before: ids[3], limit: 3 }), [["0", "1", "2"], false]);
});

Deno.test("Commands.history with after gives the oldest of the newer, without the bound", () => {
  const { ids, ask } = roomOfTen();
  assertEquals(ask({ after: ids[6], limit: 2 }), [["7", "8"], true]);
  assertEquals(ask({ after: ids[6], limit: 3 }), [["7", "8", "9"], false]);
});

Deno.test("Commands.history takes a bound that is no message of the room for a position", () => {
  assertEquals(roomOfTen().ask({ before: NEVER_YET, limit: 1 }), [["9"], true]);
});

Deno.test("Commands.history is answered also when there is nothing", () => {
  const { ids, ask } = roomOfTen();
  assertEquals(ask({ before: ids[0] }), [[], false]);
  assertEquals(ask({ after: ids[9] }), [[], false]);
});

Deno.test("Commands.history gives 50 when no limit is asked for", () => {
  const fake = new FakeHub({ messageRate: UNLIMITED });
  const ada = fake.member("Ada");
  for (let i = 0; i < 51; i++) ada.say("hi");
  ada.read();
  const { messages } = only(ada.ask({ type: "history", room: "lobby" }), "history");
  assertEquals(messages.length, 50);
});

Deno.test("Commands.history of long messages gives fewer, and says that there are more", () => {
  const fake = new FakeHub({ messageRate: UNLIMITED, commandRate: UNLIMITED });
  const ada = fake.member("Ada");
  sayLongThings(ada, 50);
  ada.read();
  const newest = only(ada.ask({ type: "history", room: "lobby", limit: 200 }), "history");
  const before = newest.messages[0]?.id;
  const older = only(ada.ask({ type: "history", room: "lobby", limit: 200, before }), "history");
  assertEquals([newest.more, older.more], [true, false]);
  assertEquals(numbersOf([...older.messages, ...newest.messages]), upTo(50));
});

Deno.test("Commands.ping is answered with pong", () => {
  assertEquals(new FakeHub().client("Ada").ask({ type: "ping" }), [{ type: "pong" }]);
});

Deno.test("Presence of many who join within a second is told at once to the others", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  const others = ["Bob", "Carol", "Dan"].map((name) => fake.member(name).user);
  fake.pass(1000);
  assertEquals(ada.read(), [{ type: "presence", room: "lobby", joined: others, count: 4 }]);
});

Deno.test("Presence that changes after a quiet second is told with the turn", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  fake.pass(1000);
  fake.member("Bob");
  assertEquals(ada.readOf("presence").length, 1);
});

Deno.test("Presence of one who comes and goes within a second is told to nobody", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  fake.member("Bob").ask({ type: "leave", room: "lobby" });
  fake.pass(2000);
  assertEquals(ada.read(), []);
});

Deno.test("Presence of one who joins and renames within a second is in one list", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  const bob = fake.member("Bob");
  bob.ask({ type: "rename", name: "Rob" });
  fake.pass(2000);
  const joined = [{ id: bob.user.id, name: "Rob" }];
  assertEquals(ada.read(), [{ type: "presence", room: "lobby", joined, count: 2 }]);
});

Deno.test("Presence of one who renames and leaves within a second is in one list", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  fake.member("Carol");
  fake.pass(1000);
  ada.read();
  bob.send({ type: "rename", name: "Rob" });
  bob.send({ type: "leave", room: "lobby" });
  fake.pass(2000);
  assertEquals(ada.read(), [
    { type: "presence", room: "lobby", left: [bob.user.id], count: 2 },
  ]);
});

Deno.test("Presence tells a newcomer nothing that its joined said", () => {
  const fake = new FakeHub();
  fake.member("Ada");
  fake.member("Bob");
  const carol = fake.member("Carol");
  const dan = fake.member("Dan");
  fake.pass(2000);
  assertEquals(carol.read(), [
    { type: "presence", room: "lobby", joined: [dan.user], count: 4 },
  ]);
});

Deno.test("Presence of a page that is reloaded is told to nobody", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  fake.pass(2000);
  ada.read();
  bob.drop();
  fake.pass(4900);
  assertEquals(fake.member("Bob").user, bob.user);
  fake.pass(20_000);
  assertEquals(ada.read(), []);
});

Deno.test("Presence of one whose last connection is lost is told after the grace period", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  fake.pass(2000);
  ada.read();
  bob.drop();
  fake.pass(4900);
  assertEquals(ada.read(), []);
  fake.pass(200);
  assertEquals(ada.read(), [
    { type: "presence", room: "lobby", left: [bob.user.id], count: 1 },
  ]);
});

Deno.test("Presence of one who has another connection is not told to have left", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  fake.member("Bob");
  fake.pass(2000);
  ada.read();
  bob.drop();
  fake.pass(20_000);
  assertEquals(ada.read(), []);
});

Deno.test("Presence of a user who comes back by another name is a rename", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  fake.pass(2000);
  ada.read();
  bob.drop();
  fake.client("Rob", keyOf("Bob")).join("lobby");
  fake.pass(20_000);
  const renamed = [{ id: bob.user.id, name: "Rob" }];
  assertEquals(ada.read(), [{ type: "presence", room: "lobby", renamed, count: 2 }]);
});

Deno.test("Presence in a room of more than 200 users counts them truly", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  for (let i = 0; i < 200; i++) fake.client(`user ${i}`).send({ type: "join", room: "lobby" });
  fake.pass(2000);
  assertEquals(ada.readOf("presence").at(-1)?.count, 201);
});

Deno.test("Hub.broadcast() reaches the members of the room", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  const user = { id: "botbotbotbotbotb", name: "Bot" };
  const { room, id, time } = receiptOf(fake.hub.broadcast("lobby", user, "hi", "r"));
  assertEquals(ada.read(), [{ type: "message", room, id, time, user, text: "hi" }]);
});

Deno.test("Hub.broadcast() again with the same ref of a user makes no second message", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  const user = { id: "botbotbotbotbotb", name: "Bot" };
  const receipts = [1, 2].map(() => receiptOf(fake.hub.broadcast("lobby", user, "hi", "r")));
  assertEquals(textsOf(ada.read()), ["hi"]);
  assertEquals(receipts[0]?.id, receipts[1]?.id);
});

function receiptOf(outcome: Receipt | ErrorEvent): Receipt {
  if ("code" in outcome) throw new TypeError(outcome.message);
  return outcome;
}

Deno.test("Hub.broadcast() refuses what send refuses, says why, and makes no message of it", () => {
  const bot = { id: "botbotbotbotbotb", name: "Bot" };
  const table: [code: string, room: string, user: User, text: string, ref: string][] = [
    ["room_invalid", "NOT A ROOM!", bot, "hi", "r"],
    ["room_invalid", "", bot, "hi", "r"],
    ["text_invalid", "lobby", bot, " ", "r"],
    ["text_invalid", "lobby", bot, "x".repeat(4001), "r"],
    ["bad_request", "lobby", bot, "hi", ""],
    ["bad_request", "lobby", bot, "hi", "x".repeat(65)],
    ["bad_request", "lobby", { id: "", name: "" }, "hi", "r"],
    ["bad_request", "lobby", { ...bot, id: "x".repeat(65) }, "hi", "r"],
    ["name_invalid", "lobby", { ...bot, name: "" }, "hi", "r"],
    ["name_invalid", "lobby", { ...bot, name: "a\u202eb" }, "hi", "r"],
    ["unavailable", "second", bot, "hi", "r"],
  ];
  const fake = new FakeHub({ maxRooms: 1 });
  const ada = fake.member("Ada");
  for (const [code, ...message] of table) {
    const outcome = fake.hub.broadcast(...message);
    assertEquals("code" in outcome && outcome.code, code, message[0]);
  }
  assertEquals([ada.readOf("message"), fake.hub.roomCount], [[], 1]);
  assertEquals(fake.hub.metrics.messages, 0);
});

Deno.test("Hub.broadcast() makes the room, and normalises its name as send does", () => {
  const fake = new FakeHub();
  const user = { id: "botbotbotbotbotb", name: " Bot " };
  const { room } = receiptOf(fake.hub.broadcast("Lobby", user, "hi\u0007", "r"));
  const { messages } = fake.client("Ada").join("lobby");
  assertEquals([room, messages.map(({ text, user: { name } }) => [text, name])], [
    "lobby",
    [["hi", "Bot"]],
  ]);
});

Deno.test("Hub.broadcast() is refused while there is no place for its receipt", () => {
  const fake = new FakeHub({ receiptBytes: 1000 });
  const user = { id: "botbotbotbotbotb", name: "Bot" };
  const codes = Array.from({ length: 10 }, (_, i) => {
    const outcome = fake.hub.broadcast("lobby", user, "hi", `${i}`);
    return "code" in outcome ? outcome.code : "said";
  });
  assertEquals([codes[0], codes.at(-1)], ["said", "unavailable"]);
});

Deno.test("Commands.send is unavailable for an address that fills the receipts, and no other", () => {
  const fake = new FakeHub({ ...BUSY, receiptBytes: 20_000 });
  const eve = fake.member("Eve");
  for (let i = 0; i < 1000; i++) eve.say(`${i}`);
  const events = eve.read();
  const refused = ofType(events, "error");
  assertEquals(new Set(refused.map(({ code }) => code)), new Set(["unavailable"]));
  assert(ofType(events, "ack").length < 100);
  const bob = fake.connect("192.0.2.2");
  bob.ask({ type: "hello", name: "Bob" });
  bob.join("lobby");
  bob.say("hi");
  assertEquals(bob.readOf("ack").length, 1);
});

Deno.test("Commands.send counts the bytes of an address' texts, whoever sends them", () => {
  const fake = new FakeHub({ ...BUSY_USERS, joinHistory: 0 });
  const text = "\u{1F600}".repeat(4000);
  let said = 0;
  for (let user = 0; said === user * 100; user++) {
    const client = fake.member(`user ${user}`);
    for (let i = 0; i < 100; i++) client.say(text);
    const events = client.read();
    said += ofType(events, "ack").length;
    const [error] = ofType(events, "error");
    if (error !== undefined) assertEquals(error.code, "rate_limited");
    client.drop();
  }
  assertEquals(said, Math.ceil(16 * 2 ** 20 / 16_000));
});

Deno.test("Commands.join lets an address make 200 rooms, and says when it may make another", () => {
  const fake = new FakeHub({ ...BUSY, roomsPerConnection: 1000 });
  const eve = fake.client("Eve");
  for (let i = 0; i < 200; i++) eve.join(`room-${i}`);
  const error = only(eve.ask({ type: "join", room: "one-more" }), "error");
  assertEquals([error.code, error.retryMs], ["rate_limited", 1000]);
  assertEquals(fake.hub.roomCount, 200);
  // Rooms that are there are joined as ever, also from there.
  fake.client("Bob").join("room-7");
  fake.pass(1000);
  eve.join("one-more");
});

Deno.test("Commands.join says nothing is complete that another instance may have lost", () => {
  const timers = new FakeTimers();
  const [here, there] = [new FakeHub(BUSY, { timers }), new FakeHub(BUSY, { timers })];
  const [ada, xy, yo] = [here.member("Ada"), here.member("Xy"), there.member("Yo")];
  timers.pass(1000);
  ada.say("m1");
  const since = only(ada.read(), "ack").id;
  ada.drop();
  timers.pass(1000);
  xy.say("m2");
  yo.say("z1");
  timers.turn();
  const { complete, messages } = there.client("Ada").join("lobby", since);
  assertEquals([complete, textsOf(messages)], [false, ["z1"]]);
});

Deno.test("Commands.join believes no position of an earlier life, wherever the clock stands", () => {
  for (const aheadMs of [-7_200_000, -60_000, 0, 60_000, 7_200_000]) {
    const before = new FakeHub(BUSY);
    const ada = before.member("Ada");
    ada.say("old");
    const since = only(ada.read(), "ack").id;
    const after = new FakeHub(BUSY, { timers: new FakeTimers(before.timers.now + aheadMs) });
    const bob = after.member("Bob");
    bob.say("new");
    after.turn();
    const { complete, messages } = after.client("Ada").join("lobby", since);
    assertEquals([complete, textsOf(messages)], [false, ["new"]], `${aheadMs} ms ahead`);
    const isBehind = after.logged.includes("clock_behind");
    assertEquals(isBehind, aheadMs < 0, `${aheadMs} ms ahead`);
  }
});

Deno.test("Hub logs once that the clock was set back behind what was said", () => {
  const fake = new FakeHub(BUSY);
  const ada = fake.member("Ada");
  ada.say("hi");
  fake.clockError = -60_000;
  fake.pass(5000);
  ada.say("hi again");
  fake.pass(5000);
  assertEquals(fake.logged.filter((event) => event === "clock_behind").length, 1);
});

/** Nothing is limited but addresses. */
const BUSY = { messageRate: UNLIMITED, commandRate: UNLIMITED };

/** After answers of 1 MiB an address' commands wait for the next look at those that wait. */
const PAUSE_MS = 20;

/** Users are limited so little that their address is the limit. */
const BUSY_USERS = { messageRate: { burst: 100, perSecond: 100 }, commandRate: UNLIMITED };

/** Bytes that an address may be given at once, and those that are left of them for these tests. */
const HISTORY_BURST = 100 * 2 ** 18;
const HISTORY_LEFT = 900_000;

/** Asks on and on, when most of the history has been given to the address. */
function askUntilRefused(
  fake: FakeHub,
  command: Readonly<Record<string, unknown>>,
): { readonly client: FakeClient; readonly answers: number; readonly retryMs: number } {
  const client = fake.member("Eve");
  const { address } = client.connection;
  const refilled = HISTORY_BURST * PAUSE_MS / 1000;
  address.spendAnswer(HISTORY_BURST - HISTORY_LEFT + refilled, fake.timers.now);
  fake.pass(PAUSE_MS);
  for (let answers = 0; answers < 1000; answers++) {
    const events = client.ask({ ...command, ref: "r" });
    if (events.length === 0) fake.pass(PAUSE_MS);
    const [error] = ofType([...events, ...client.read()], "error");
    if (error === undefined) continue;
    assertEquals([error.code, error.ref], ["rate_limited", "r"]);
    return { client, answers, retryMs: error.retryMs ?? 0 };
  }
  throw new Error("All was answered");
}

for (
  const [what, command] of [
    ["history", { type: "history", room: "lobby", limit: 200 }],
    ["join", { type: "join", room: "lobby" }],
    ["join with all that follows", { type: "join", room: "lobby", since: SINCE_EVER }],
  ] as const
) {
  Deno.test(`Commands.${what} is rate limited by length, and says for how long`, () => {
    const fake = new FakeHub(BUSY);
    sayLongThings(fake.member("Ada"), 200);
    const { client, answers, retryMs } = askUntilRefused(fake, command);
    // 900 kB were there for answers of 256 KiB, of which Eve's own join was the first.
    assertEquals(answers, 3);
    fake.pass(retryMs - 1);
    assertEquals(client.ask(command).map(({ type }) => type), ["error"]);
    fake.pass(1);
    assertEquals(ofType(client.ask(command), "error"), []);
  });
}

Deno.test("Commands.join counts what follows the answer, too", () => {
  const fake = new FakeHub({ ...BUSY, joinHistory: 1 });
  const ada = fake.client("Ada");
  const { head } = ada.join("lobby");
  sayLongThings(ada, 500);
  // Five hundred times 8 KB are 4 MB: nearly all that there is.
  const { answers } = askUntilRefused(fake, { type: "join", room: "lobby", since: head });
  assertEquals(answers, 1);
});

Deno.test("Commands let an address wait that was given much just now, and nobody else", () => {
  const fake = new FakeHub(BUSY);
  sayLongThings(fake.member("Ada"), 200);
  const [eve, bob] = [fake.member("Eve"), fake.connect("192.0.2.2")];
  bob.ask({ type: "hello", name: "Bob" });
  fake.pass(PAUSE_MS);
  const ask = { type: "history", room: "lobby", limit: 200 };
  // One at a time: the answers of a turn are more than a client has to take at once.
  for (let i = 0; i < 5; i++) assertEquals(ofType(eve.ask(ask), "history").length, 1);
  eve.send(ask);
  eve.send({ type: "ping" });
  bob.send({ type: "ping" });
  assertEquals([eve.read(), bob.readOf("pong").length], [[], 1]);
  fake.pass(PAUSE_MS);
  assertEquals(eve.read().map(({ type }) => type), ["history", "pong"]);
});

Deno.test("Commands.history is rate limited for the address, not the connection", () => {
  const fake = new FakeHub(BUSY);
  sayLongThings(fake.member("Ada"), 200);
  const command = { type: "history", room: "lobby", limit: 200 };
  askUntilRefused(fake, command).client.drop();
  assertEquals(
    only(fake.client("Bob").ask({ type: "join", room: "lobby" }), "error").code,
    "rate_limited",
  );
  const stranger = fake.connect("192.0.2.2");
  stranger.ask({ type: "hello", name: "Carol" });
  stranger.join("lobby");
});

Deno.test("Commands.join and history let a page rejoin 20 full rooms and read all of them", () => {
  const fake = new FakeHub({ ...BUSY, connectionsPerAddress: 1 });
  const rooms = upTo(20).map((i) => `room-${i}`);
  const ada = fake.client("Ada");
  for (const room of rooms) {
    ada.join(room);
    for (const i of upTo(1000)) ada.say(`${i}`, room);
  }
  ada.drop();
  const page = fake.client("Ada");
  for (const room of rooms) {
    let before = page.join(room).messages[0]?.id;
    while (before !== undefined) {
      fake.pass(PAUSE_MS);
      const answer = page.ask({ type: "history", room, before, limit: 50 });
      before = only(answer, "history").messages[0]?.id;
    }
  }
});
