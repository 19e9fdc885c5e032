import { assert, assertEquals } from "@std/assert";
import type { Receipt } from "../../chat/commands/message.ts";
import type { ErrorEvent, User } from "../../chat/protocol/types.ts";
import { FakeHub, ofType, only, textsOf, UNLIMITED } from "../support/fake_hub.ts";

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function receiptOf(outcome: Receipt | ErrorEvent): Receipt {
  if ("code" in outcome) throw new TypeError(outcome.message);
  return outcome;
}

/** Nothing is limited but addresses. */
const BUSY = { messageRate: UNLIMITED, commandRate: UNLIMITED };

/** Users are limited so little that their address is the limit. */
const BUSY_USERS = { messageRate: { burst: 100, perSecond: 100 }, commandRate: UNLIMITED };

Deno.test("postMessage() acks to the sender and delivers to everyone in the room", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  const events = await ada.ask({ type: "send", ref: "r", room: "LOBBY", text: "h\u0007i\n" });
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
  assertEquals([only(events, "message"), only(await bob.read(), "message")], [message, message]);
});

Deno.test("postMessage() gives the time of the server's clock", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  ada.say("hi");
  assertEquals(only(await ada.read(), "ack").time, fake.timers.now);
});

Deno.test("postMessage() accepts the longest text, ref and room in the widest characters", async () => {
  const room = "r".repeat(64);
  const ada = await new FakeHub().member("Ada", room);
  const answers = await ada.ask({
    type: "send",
    ref: "€".repeat(64),
    room,
    text: "😀".repeat(4000),
  });
  assertEquals(only(answers, "ack").ref, "€".repeat(64));
});

Deno.test("postMessage() delivers to nobody in another room", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob", "other")];
  ada.say("hi");
  assertEquals(await bob.read(), []);
});

Deno.test("postMessage() makes ids that grow, in the order of the log", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  for (const text of ["one", "two", "three"]) ada.say(text);
  const ids = ofType(await ada.read(), "message").map(({ id }) => id);
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
  Deno.test(`postMessage() again with the same ref, ${what}, makes no second message`, async () => {
    const fake = new FakeHub();
    const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
    const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
    const first = only(await ada.ask(command), "ack");
    const events = await ada.ask({ ...command, ...again });
    assertEquals(events, [{ ...first, duplicate: true }]);
    assertEquals(textsOf(await bob.read()), ["hi"]);
  });
}

Deno.test("postMessage() knows a ref from another connection of the user", async () => {
  const fake = new FakeHub();
  const [first, second] = [await fake.member("Ada"), await fake.member("Ada")];
  const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
  const { id } = only(await first.ask(command), "ack");
  const again = only(await second.ask(command), "ack");
  assertEquals([again.id, again.duplicate], [id, true]);
});

Deno.test("postMessage() knows a ref after a reconnect, before the room is joined", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
  const { id } = only(await ada.ask(command), "ack");
  ada.drop();
  const again = only(await (await fake.client("Ada")).ask(command), "ack");
  assertEquals([again.id, again.duplicate], [id, true]);
});

Deno.test("postMessage() treats the same ref of another user as another message", async () => {
  const fake = new FakeHub();
  const clients = [await fake.member("Ada"), await fake.member("Bob")];
  const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
  const acks = await Array.fromAsync(
    clients,
    async (client) => only(await client.ask(command), "ack").duplicate,
  );
  assertEquals(acks, [false, false]);
});

Deno.test("postMessage() knows a ref for five minutes, whatever is sent meanwhile", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
  await fake.pass(299_999);
  await ada.ask(command);
  for (let minute = 1; minute <= 5; minute++) {
    await fake.pass(60_000 - 1);
    ada.say("meanwhile");
    await ada.read();
  }
  assertEquals(only(await ada.ask(command), "ack").duplicate, true);
});

Deno.test("postMessage() knows a ref after the clock was set back", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  ada.say("before");
  fake.clockError = -3_600_000;
  const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
  await ada.ask(command);
  for (const text of ["one", "two"]) ada.say(text);
  await ada.read();
  assertEquals(only(await ada.ask(command), "ack").duplicate, true);
});

Deno.test("postMessage() makes growing ids after the clock was set back", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  ada.say("before");
  const before = only(await ada.read(), "ack");
  fake.clockError = -3_600_000;
  ada.say("after");
  assert(only(await ada.read(), "ack").id > before.id);
});

Deno.test("postMessage() is rate limited, and says for how long", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  for (let i = 0; i < 11; i++) ada.say("hi");
  const events = await ada.read();
  const error = only(events, "error");
  assertEquals([error.code, error.retryMs], ["rate_limited", 200]);
  assertEquals(textsOf(events).length, 10);
});

Deno.test("postMessage() succeeds with the same ref once the retry time is over", async () => {
  const fake = new FakeHub({ messageRate: { burst: 1, perSecond: 5 } });
  const ada = await fake.member("Ada");
  ada.say("first");
  const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
  await fake.pass(only(await ada.ask(command), "error").retryMs ?? 0);
  assertEquals(only(await ada.ask(command), "ack").duplicate, false);
});

Deno.test("postMessage() counts the messages of all connections of a user", async () => {
  const fake = new FakeHub({ messageRate: { burst: 1, perSecond: 1 } });
  const [first, second, bob] = [
    await fake.member("Ada"),
    await fake.member("Ada"),
    await fake.member("Bob"),
  ];
  first.say("one");
  const command = { type: "send", ref: "r", room: "lobby", text: "two" };
  assertEquals(only(await second.ask(command), "error").code, "rate_limited");
  assertEquals(only(await bob.ask(command), "ack").duplicate, false);
});

Deno.test("postMessage() is rate limited for an address whose users are new ones each time", async () => {
  const messageRate = { burst: 1, perSecond: 5 };
  const fake = new FakeHub({ connectionsPerAddress: 2, messageRate, joinHistory: 0 });
  const given = await Array.fromAsync(upTo(1010), async (i) => {
    const room = `room-${i % 100}`;
    const client = await fake.member(`User ${i}`, room);
    client.say("hi", room);
    const outcomes = (await client.read()).flatMap((event) => {
      if (event.type === "ack") return ["ack"];
      return event.type === "error" ? [`${event.code} ${event.retryMs}`] : [];
    });
    client.drop();
    return outcomes;
  });
  assertEquals(given.flat(), [...Array(1000).fill("ack"), ...Array(10).fill("rate_limited 100")]);
});

Deno.test("postMessage() recognises a ref before the rate limit, and takes nothing from the budget for it", async () => {
  const fake = new FakeHub({ messageRate: { burst: 2, perSecond: 1 } });
  const ada = await fake.member("Ada");
  const command = { type: "send", ref: "r", room: "lobby", text: "hi" };
  for (let i = 0; i < 5; i++) await ada.ask(command);
  assertEquals(only(await ada.ask({ ...command, ref: "s" }), "ack").duplicate, false);
  assertEquals(only(await ada.ask(command), "ack").duplicate, true);
});

Deno.test("postMessage() takes nothing from the budget for a refused message", async () => {
  const fake = new FakeHub({ messageRate: { burst: 1, perSecond: 1 } });
  const ada = await fake.member("Ada");
  await ada.ask({ type: "send", ref: "1", room: "lobby", text: "" });
  await ada.ask({ type: "send", ref: "2", room: "other", text: "hi" });
  assertEquals(
    only(await ada.ask({ type: "send", ref: "3", room: "lobby", text: "hi" }), "ack").ref,
    "3",
  );
});

Deno.test("broadcast() reaches the members of the room", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  const user = { id: "botbotbotbotbotb", name: "Bot" };
  const { room, id, time } = receiptOf(await fake.broadcast("lobby", user, "hi", "r"));
  assertEquals(await ada.read(), [{ type: "message", room, id, time, user, text: "hi" }]);
});

Deno.test("broadcast() again with the same ref of a user makes no second message", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  const user = { id: "botbotbotbotbotb", name: "Bot" };
  const receipts = await Array.fromAsync(
    [1, 2],
    async () => receiptOf(await fake.broadcast("lobby", user, "hi", "r")),
  );
  assertEquals(textsOf(await ada.read()), ["hi"]);
  assertEquals(receipts[0]?.id, receipts[1]?.id);
});

Deno.test("broadcast() refuses each invalid field with an error code, and posts nothing", async () => {
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
  const ada = await fake.member("Ada");
  for (const [code, ...message] of table) {
    const outcome = await fake.broadcast(...message);
    assertEquals("code" in outcome && outcome.code, code, message[0]);
  }
  assertEquals([await ada.readOf("message"), fake.hub.roomCount], [[], 1]);
  assertEquals(fake.hub.metrics.messages, 0);
});

Deno.test("broadcast() makes the room, and normalises its name as send does", async () => {
  const fake = new FakeHub();
  const user = { id: "botbotbotbotbotb", name: " Bot " };
  const { room } = receiptOf(await fake.broadcast("Lobby", user, "hi\u0007", "r"));
  const { messages } = await (await fake.client("Ada")).join("lobby");
  assertEquals([room, messages.map(({ text, user: { name } }) => [text, name])], [
    "lobby",
    [["hi", "Bot"]],
  ]);
});

Deno.test("broadcast() is refused while there is no place for its receipt", async () => {
  const fake = new FakeHub({ receiptBytes: 1000 });
  const user = { id: "botbotbotbotbotb", name: "Bot" };
  const codes = await Array.fromAsync({ length: 10 }, async (_, i) => {
    const outcome = await fake.broadcast("lobby", user, "hi", `${i}`);
    return "code" in outcome ? outcome.code : "said";
  });
  assertEquals([codes[0], codes.at(-1)], ["said", "unavailable"]);
});

Deno.test("postMessage() is unavailable for an address that fills the receipts, and no other", async () => {
  const fake = new FakeHub({ ...BUSY, receiptBytes: 20_000 });
  const eve = await fake.member("Eve");
  for (let i = 0; i < 1000; i++) eve.say(`${i}`);
  const events = await eve.read();
  const refused = ofType(events, "error");
  assertEquals(new Set(refused.map(({ code }) => code)), new Set(["unavailable"]));
  assert(ofType(events, "ack").length < 100);
  const bob = fake.connect("192.0.2.2");
  await bob.ask({ type: "hello", name: "Bob" });
  await bob.join("lobby");
  bob.say("hi");
  assertEquals((await bob.readOf("ack")).length, 1);
});

Deno.test("postMessage() counts the bytes of an address' texts over all its users", async () => {
  const fake = new FakeHub({ ...BUSY_USERS, joinHistory: 0 });
  const text = "\u{1F600}".repeat(4000);
  let said = 0;
  for (let user = 0; said === user * 100; user++) {
    const client = await fake.member(`user ${user}`);
    for (let i = 0; i < 100; i++) client.say(text);
    const events = await client.read();
    said += ofType(events, "ack").length;
    const [error] = ofType(events, "error");
    if (error !== undefined) assertEquals(error.code, "rate_limited");
    client.drop();
  }
  assertEquals(said, Math.ceil(16 * 2 ** 20 / 16_000));
});
