import { assert, assertEquals } from "@std/assert";
import type { Config } from "../../chat/config/config.ts";
import type { AckEvent, ErrorEvent, ServerEvent } from "../../chat/protocol/types.ts";
import { type FakeClient, FakeHub, ofType, only, UNLIMITED } from "../support/fake_hub.ts";

const BUSY: Partial<Config> = { messageRate: UNLIMITED, commandRate: UNLIMITED };
const THUMB = "👍";
let refs = 0;

/** A command that changes a message. */
function change(type: string, id: string, fields: Record<string, unknown> = {}) {
  return { type, ref: `c${++refs}`, room: "lobby", id, ...fields };
}

function edit(id: string, text: string) {
  return change("edit", id, { text });
}

function erase(id: string) {
  return change("delete", id);
}

function react(id: string, emoji: string, on = true) {
  return change("react", id, { emoji, on });
}

/** The ack or error that answers a command. */
async function answerTo(
  client: FakeClient,
  command: Record<string, unknown>,
): Promise<AckEvent | ErrorEvent> {
  const [answer] = (await client.ask(command)).filter((event): event is AckEvent | ErrorEvent =>
    (event.type === "ack" || event.type === "error") && event.ref === command["ref"]
  );
  if (answer === undefined) throw new TypeError("No answer came");
  return answer;
}

async function ackOf(client: FakeClient, command: Record<string, unknown>): Promise<AckEvent> {
  const answer = await answerTo(client, command);
  if (answer.type === "error") throw new TypeError(`${answer.code}: ${answer.message}`);
  return answer;
}

async function codeOf(client: FakeClient, command: Record<string, unknown>): Promise<string> {
  const answer = await answerTo(client, command);
  return answer.type === "error" ? answer.code : answer.type;
}

/** Says something. Returns the id of the message. */
async function said(client: FakeClient, text: string, fields = {}): Promise<string> {
  const send = { type: "send", ref: `s${++refs}`, room: "lobby", text, ...fields };
  return (await ackOf(client, send)).id;
}

/** Two members of the lobby who have read everything. */
async function pair(settings = BUSY): Promise<{ fake: FakeHub; ada: FakeClient; bob: FakeClient }> {
  const fake = new FakeHub(settings);
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  await fake.pass(2000);
  await ada.read();
  await bob.read();
  return { fake, ada, bob };
}

/** The states of messages among events, without what each of them has. */
function statesOf(events: readonly ServerEvent[]) {
  return ofType(events, "message").map(({ type: _, room: __, time: ___, user, ...state }) => ({
    ...state,
    user: user.name,
  }));
}

async function shown(client: FakeClient) {
  const [page] = ofType(
    await client.ask({ type: "history", room: "lobby", limit: 200 }),
    "history",
  );
  return page?.messages ?? [];
}

Deno.test("changeMessage() gives everyone the message again with its new text", async () => {
  const { fake, ada, bob } = await pair();
  const id = await said(ada, "hi");
  await bob.read();
  await fake.pass(5000);
  const ack = await ackOf(ada, edit(id, "h\u0007ello"));
  const { changed } = ack;
  assert(changed !== undefined && changed > id);
  assertEquals([ack.id, ack.duplicate], [id, false]);
  const edited = fake.timers.now;
  assertEquals(statesOf(await bob.read()), [{ id, changed, user: "Ada", text: "hello", edited }]);
  assertEquals(fake.hub.metrics.changes, { edit: 1, delete: 0, react: 0 });
});

Deno.test("changeMessage() leaves of a deleted message who said it and when", async () => {
  const { ada, bob } = await pair();
  const first = await said(ada, "first");
  const id = await said(ada, "hi", { reply: first });
  await ackOf(ada, edit(id, "hello"));
  await ackOf(bob, react(id, THUMB));
  await bob.read();
  const { changed } = await ackOf(ada, erase(id));
  assertEquals(statesOf(await bob.read()), [
    { id, ...changed && { changed }, user: "Ada", text: "", deleted: true },
  ]);
  const joined = JSON.stringify(await bob.ask({ type: "join", room: "lobby" }));
  assertEquals([joined.includes("hello"), joined.includes('"deleted":true')], [false, true]);
});

Deno.test("changeMessage() lets only the author edit and delete", async () => {
  const { ada, bob } = await pair();
  const id = await said(ada, "hi");
  assertEquals(await codeOf(bob, edit(id, "no")), "forbidden");
  assertEquals(await codeOf(bob, erase(id)), "forbidden");
  await ackOf(ada, erase(id));
  assertEquals(await codeOf(bob, erase(id)), "forbidden");
});

Deno.test("changeMessage() refuses what it can't do, and tells nobody", async () => {
  const { ada, bob } = await pair();
  const [id, gone] = [await said(ada, "hi"), await said(ada, "gone")];
  await ackOf(ada, erase(gone));
  await bob.read();
  const nobody = "01J9ZX3Q4R5S6T7V8W9XYZABCD";
  const long = THUMB.repeat(100_000 / 100);
  for (
    const [command, code] of [
      [edit(nobody, "x"), "not_found"],
      [erase(nobody), "not_found"],
      [react(nobody, THUMB), "not_found"],
      [edit(gone, "x"), "not_found"],
      [react(gone, THUMB), "not_found"],
      [{ ...edit(id, "x"), room: "other" }, "not_joined"],
      [{ ...edit(id, "x"), room: "!" }, "room_invalid"],
      [edit(id, ""), "text_invalid"],
      [edit(id, "x".repeat(4001)), "text_invalid"],
      [react(id, "x"), "emoji_invalid"],
      [react(id, ""), "emoji_invalid"],
      [react(id, long), "emoji_invalid"],
      [react(id, THUMB + THUMB, false), "emoji_invalid"],
      [{ ...edit(id, "x"), id: "x" }, "bad_request"],
      [{ ...edit(id, "x"), text: 5 }, "bad_request"],
      [{ ...react(id, THUMB), on: "true" }, "bad_request"],
      [{ ...react(id, THUMB), emoji: undefined }, "bad_request"],
      [{ type: "send", ref: "r1", room: "lobby", text: "x", reply: nobody }, "not_found"],
      [{ type: "send", ref: "r2", room: "lobby", text: "x", reply: gone }, "not_found"],
      [{ type: "send", ref: "r3", room: "lobby", text: "x", reply: 5 }, "bad_request"],
    ] as const
  ) {
    assertEquals(await codeOf(ada, command), code, JSON.stringify(command).slice(0, 100));
  }
  assertEquals(await bob.read(), []);
});

Deno.test("changeMessage() acks what changes nothing, and tells nobody", async () => {
  const { fake, ada, bob } = await pair();
  const id = await said(ada, "hi");
  assertEquals((await ackOf(ada, edit(id, "hi"))).changed, undefined);
  assertEquals((await ackOf(ada, react(id, THUMB, false))).changed, undefined);
  const { changed } = await ackOf(ada, react(id, THUMB));
  assertEquals((await ackOf(ada, react(id, THUMB))).changed, changed);
  const deleted = await ackOf(ada, erase(id));
  await bob.read();
  assertEquals((await ackOf(ada, erase(id))).changed, deleted.changed);
  assertEquals(await bob.read(), []);
  assertEquals(fake.hub.metrics.changes, { edit: 0, delete: 1, react: 1 });
});

Deno.test("changeMessage() does nothing again for a ref that is known, whatever it says", async () => {
  const { ada, bob } = await pair({ ...BUSY, messageRate: { burst: 5, perSecond: 1 } });
  const id = await said(ada, "hi");
  const command = edit(id, "hello");
  const first = await ackOf(ada, command);
  const on = react(id, THUMB);
  const same = edit(id, "hello");
  const nothing = await ackOf(ada, same);
  await ackOf(ada, on);
  await ackOf(ada, react(id, THUMB, false));
  await bob.read();
  for (
    const again of [
      ...[command, { ...command, text: "other" }, { ...command, text: "" }],
      ...[{ ...command, room: "other" }, { ...command, room: "!" }, { ...command, type: "delete" }],
      { ...command, id: "01J9ZX3Q4R5S6T7V8W9XYZABCD" },
      { type: "send", ref: command.ref, room: "lobby", text: "x" },
    ]
  ) assertEquals(await ackOf(ada, again), { ...first, duplicate: true }, JSON.stringify(again));
  assertEquals((await ackOf(ada, on)).duplicate, true);
  // What changed nothing at first changes nothing later.
  assertEquals(await ackOf(ada, { ...same, text: "later" }), { ...nothing, duplicate: true });
  assertEquals(await bob.read(), []);
});

Deno.test("changeMessage() takes from the message rate of the user", async () => {
  const { ada } = await pair({ ...BUSY, messageRate: { burst: 3, perSecond: 1 } });
  const id = await said(ada, "hi");
  await ackOf(ada, edit(id, "hello"));
  await ackOf(ada, react(id, THUMB));
  assertEquals(await codeOf(ada, erase(id)), "rate_limited");
});

Deno.test("changeMessage() takes a text from the address again that a reaction makes everybody read", async () => {
  const { fake, ada, bob } = await pair({ ...BUSY, messageRate: { burst: 1e6, perSecond: 1 } });
  const text = "x".repeat(4000);
  const id = await said(ada, text);
  const { texts } = bob.connection.address.budgets;
  // So that it is used up after two more texts.
  texts.spend(16 * 2 ** 20 - 2.5 * text.length);
  await ackOf(bob, react(id, THUMB));
  await ackOf(bob, react(id, THUMB));
  await ackOf(bob, react(id, THUMB, false));
  assertEquals(await codeOf(bob, react(id, "❤")), "rate_limited");
  await fake.pass(1000);
  await ackOf(bob, react(id, "❤"));
});

Deno.test("changeMessage() takes the ids of those who have reacted from the address", async () => {
  const fake = new FakeHub({ ...BUSY, messageRate: { burst: 1e6, perSecond: 1 } });
  const clients: FakeClient[] = [];
  for (let i = 0; i < 20; i++) clients.push(await fake.member(`User ${i}`));
  const [ada, bob] = clients;
  if (ada === undefined || bob === undefined) throw new TypeError("No clients");
  const id = await said(ada, "hi");
  for (const client of clients.slice(2)) await ackOf(client, react(id, THUMB));
  const { texts } = ada.connection.address.budgets;
  /** So that it is used up after two more changes. */
  const leaveFew = async () => {
    await fake.pass(70_000);
    texts.wait(fake.timers.now);
    texts.spend(16 * 2 ** 20 - 900);
  };
  await leaveFew();
  await ackOf(bob, react(id, THUMB));
  await ackOf(bob, react(id, THUMB, false));
  assertEquals(await codeOf(bob, react(id, THUMB)), "rate_limited");
  await leaveFew();
  await ackOf(ada, edit(id, "1"));
  await ackOf(ada, edit(id, "2"));
  assertEquals(await codeOf(ada, edit(id, "3")), "rate_limited");
});

Deno.test("changeMessage() takes the text from the address that a deletion takes out of a store", async () => {
  const { fake, ada } = await pair({ ...BUSY, messageRate: { burst: 1e6, perSecond: 1 } });
  const ids = [];
  for (let i = 0; i < 4; i++) ids.push(await said(ada, "x".repeat(4000)));
  const [first = "", second = "", third = "", fourth = ""] = ids;
  const { texts } = ada.connection.address.budgets;
  await fake.pass(1000);
  texts.wait(fake.timers.now);
  texts.spend(16 * 2 ** 20 - 2.5 * 4000);
  await ackOf(ada, erase(first));
  await ackOf(ada, edit(second, "x"));
  await ackOf(ada, erase(third));
  assertEquals(await codeOf(ada, erase(fourth)), "rate_limited");
});

Deno.test("changeMessage() keeps one reaction of each user, in one form of the emoji", async () => {
  const { ada, bob } = await pair();
  const id = await said(ada, "hi");
  await ackOf(ada, react(id, THUMB));
  await ackOf(bob, react(id, `${THUMB}\uFE0F`));
  await ackOf(bob, react(id, "❤"));
  const users = [ada.user.id, bob.user.id];
  const [message] = await shown(ada);
  assertEquals(message?.reactions, [
    { emoji: THUMB, count: 2, users },
    { emoji: "❤\uFE0F", count: 1, users: [bob.user.id] },
  ]);
  await ackOf(ada, react(id, THUMB, false));
  await ackOf(bob, react(id, "❤\uFE0F", false));
  assertEquals((await shown(ada))[0]?.reactions, [{
    emoji: THUMB,
    count: 1,
    users: [bob.user.id],
  }]);
  await ackOf(bob, react(id, THUMB, false));
  assertEquals((await shown(ada))[0]?.reactions, undefined);
});

Deno.test("changeMessage() keeps 12 kinds of reactions, of which one's own stay removable", async () => {
  const { ada, bob } = await pair();
  const id = await said(ada, "hi");
  const emoji = Array.from("😀😁😂😃😄😅😆😇😈😉😊😋😌");
  for (const each of emoji.slice(0, 12)) await ackOf(ada, react(id, each));
  assertEquals(await codeOf(bob, react(id, emoji[12] ?? "")), "too_many_reactions");
  await ackOf(bob, react(id, emoji[0] ?? ""));
  await ackOf(ada, react(id, emoji[1] ?? "", false));
  await ackOf(bob, react(id, emoji[12] ?? ""));
  const kinds = (await shown(ada))[0]?.reactions?.map(({ emoji, count }) => emoji + count);
  assertEquals(kinds?.[0], "😀2");
  assertEquals([kinds?.length, kinds?.at(-1)], [12, "😌1"]);
});

Deno.test("changeMessage() counts all users of a reaction, names 20, and lets each take it back", async () => {
  const fake = new FakeHub(BUSY);
  const clients: FakeClient[] = [];
  for (let i = 0; i < 25; i++) clients.push(await fake.member(`User ${i}`));
  const [first, last] = [clients[0], clients[24]];
  if (first === undefined || last === undefined) throw new TypeError("No clients");
  const id = await said(first, "hi");
  for (const client of clients) await ackOf(client, react(id, THUMB));
  const reactions = async () => (await shown(first))[0]?.reactions?.[0];
  assertEquals([(await reactions())?.count, (await reactions())?.users.length], [25, 20]);
  assertEquals((await ackOf(last, react(id, THUMB))).duplicate, false);
  assertEquals((await reactions())?.count, 25);
  await ackOf(last, react(id, THUMB, false));
  await ackOf(first, react(id, THUMB, false));
  const left = await reactions();
  assertEquals([left?.count, left?.users.at(-1)], [23, clients[20]?.user.id]);
  for (const { transport } of clients) {
    const told = transport.frames.find((frame) => frame.includes("unnamed"));
    assertEquals(told, undefined);
  }
});

Deno.test("changeMessage() makes one change of all reactions of a turn", async () => {
  const fake = new FakeHub(BUSY);
  const clients: FakeClient[] = [];
  for (let i = 0; i < 30; i++) clients.push(await fake.member(`User ${i}`));
  await fake.pass(2000);
  const [ada] = clients;
  if (ada === undefined) throw new TypeError("No clients");
  const id = await said(ada, "hi");
  for (const client of clients) await client.read();
  for (const client of clients) client.send(react(id, THUMB));
  const events = await ada.read();
  const [message, ...others] = ofType(events, "message");
  assertEquals([message?.reactions?.[0]?.count, others.length], [30, 0]);
  assertEquals(only(events, "ack").changed, message?.changed);
  assertEquals(fake.hub.metrics.changes.react, 30);
});

Deno.test("changeMessage() makes one change of a turn's reactions, whatever else comes in it", async () => {
  const fake = new FakeHub(BUSY);
  const clients: FakeClient[] = [];
  for (let i = 0; i < 10; i++) clients.push(await fake.member(`User ${i}`));
  await fake.pass(2000);
  const [ada, bob, ...others] = clients;
  if (ada === undefined || bob === undefined) throw new TypeError("No clients");
  const id = await said(ada, "hi");
  const known = react(id, "❤");
  await ackOf(bob, known);
  for (const client of clients) await client.read();
  for (const [i, client] of others.entries()) {
    client.send(react(id, THUMB));
    if (i === 2) bob.send(known);
    if (i === 5) bob.send(edit(id, "no"));
  }
  const [message] = ofType(await ada.read(), "message");
  assertEquals(message?.reactions?.[1]?.count, 8);
  for (const client of others) {
    assertEquals(only(await client.read(), "ack").changed, message?.changed);
  }
  const answers = (await bob.read()).filter(({ type }) => type !== "message");
  assertEquals(answers.map((each) => "code" in each ? each.code : each.type), ["ack", "forbidden"]);
});

Deno.test("changeMessage() carries out all that come at once for one message, or says why not", async () => {
  const { ada, bob } = await pair();
  const id = await said(ada, "hi");
  await bob.read();
  const known = react(id, "❤");
  await ackOf(bob, known);
  const twin = { ...react(id, "🎉"), ref: "twin" };
  ada.send(edit(id, "hello"));
  bob.send(edit(id, "no"));
  await ada.read();
  assertEquals((await shown(ada))[0]?.text, "hello");
  bob.send(known);
  ada.send(twin);
  await bob.read();
  await ada.read();
  const [message] = await shown(ada);
  assertEquals(message?.reactions?.map(({ emoji, count }) => emoji + count), ["❤\uFE0F1", "🎉1"]);
});

Deno.test("postMessage() answers a message, and waits for those before it", async () => {
  const { ada, bob } = await pair();
  const id = await said(ada, "hi");
  await bob.read();
  bob.say("1");
  bob.send({ type: "send", ref: "r", room: "lobby", text: "2", reply: id.toLowerCase() });
  bob.say("3");
  const messages = ofType(await bob.read(), "message");
  assertEquals(messages.map(({ text, reply }) => [text, reply]), [
    ["1", undefined],
    ["2", id],
    ["3", undefined],
  ]);
});

Deno.test("changeMessage() changes a message that the ring has dropped, and gives it as the newest", async () => {
  const { ada, bob } = await pair({ ...BUSY, historySize: 3 });
  const id = await said(ada, "hi");
  await said(ada, "1");
  await said(ada, "2");
  const { changed = "" } = await ackOf(ada, edit(id, "hello"));
  await said(ada, "3");
  const joined = only(await bob.ask({ type: "join", room: "lobby" }), "joined");
  assertEquals(joined.head > changed, true);
  assertEquals(joined.messages.map(({ text }) => text), ["hello", "2", "3"]);
});
