import { assert, assertEquals } from "@std/assert";
import { MAX_LISTED } from "../../chat/commands/directory.ts";
import { FakeHub, ofType, only } from "../support/fake_hub.ts";
import { answer, BUSY, errorOf, idOf, outcome, staffed } from "../support/charge.ts";

const configure = (fields: Record<string, unknown>, room = "den") => (
  { type: "configure", room, ...fields }
);

const say = { type: "send", room: "den", text: "hi" };

Deno.test("configure() lets each role set what the table of the protocol says", async () => {
  const { admin, owner, moderator, guest } = await staffed();
  const fields = {
    topic: "tea",
    readOnly: true,
    slowMs: 1000,
    password: "secret",
    listed: true,
    moderators: [idOf("Moderator")],
  };
  const allowed = new Map([
    [guest, []],
    [moderator, ["topic", "readOnly", "slowMs"]],
    [owner, Object.keys(fields)],
    [admin, Object.keys(fields)],
  ]);
  for (const [client, names] of allowed) {
    for (const [name, value] of Object.entries(fields)) {
      const expected = names.includes(name) ? "settings" : "forbidden";
      assertEquals(await outcome(client, configure({ [name]: value })), expected, name);
    }
  }
  // All or nothing.
  assertEquals(await outcome(moderator, configure({ topic: "x", listed: false })), "forbidden");
  const zoe = only(await admin.ask({ type: "join", room: "den" }), "joined");
  assertEquals(zoe.settings, {
    topic: "tea",
    owner: owner.user.id,
    moderators: [{ id: moderator.user.id, name: "Moderator" }],
    locked: true,
    readOnly: true,
    slowMs: 1000,
    listed: true,
  });
});

Deno.test("configure() tells everybody in the room, and answers once", async () => {
  const { owner, guest } = await staffed();
  const events = await owner.ask({ ...configure({ topic: " so\n much\ttea " }), ref: "1" });
  const { ref, ...settings } = only(events, "settings");
  assertEquals([ref, settings.topic], ["1", "so much tea"]);
  assertEquals(await guest.readOf("settings"), [settings]);
});

Deno.test("configure() by an admin needs no membership, and that by anybody else is forbidden", async () => {
  const { fake, owner } = await staffed();
  const admin = await fake.client("Admin");
  assertEquals(await outcome(admin, configure({ topic: "tea" })), "settings");
  assertEquals((await owner.readOf("settings")).map(({ topic }) => topic), ["tea"]);
  const zoe = await fake.client("Zoe");
  const before = fake.hub.roomCount;
  for (const room of ["den", "lobby", "nowhere"]) {
    assertEquals(await outcome(zoe, configure({ topic: "x" }, room)), "forbidden");
  }
  assertEquals(fake.hub.roomCount, before);
});

Deno.test("configure() refuses what is too long or of another type", async () => {
  const { owner } = await staffed();
  const id = idOf("Guest");
  const bad: Record<string, unknown>[] = [
    {},
    { topic: 1 },
    { topic: "🙂".repeat(201) },
    { password: "x".repeat(129) },
    { password: null },
    { readOnly: "true" },
    { slowMs: -1 },
    { slowMs: 3_600_001 },
    { slowMs: 1.5 },
    { listed: 1 },
    { moderators: id },
    { moderators: [`${id}x`] },
    { moderators: Array.from({ length: 51 }, () => id) },
  ];
  for (const fields of bad) {
    const { code, message } = await errorOf(owner, configure(fields));
    assertEquals(code, "bad_request", JSON.stringify(fields));
    assert(message.includes(`"${Object.keys(fields)[0] ?? "topic"}"`), message);
  }
  const longest = { topic: "🙂".repeat(200), slowMs: 3_600_000, moderators: [] };
  assertEquals(await outcome(owner, configure(longest)), "settings");
});

Deno.test("configure() counts in the rate of messages", async () => {
  const { owner } = await staffed({ messageRate: { burst: 3, perSecond: 1 } });
  const outcomes: string[] = [];
  for (const topic of ["a", "b", "c", "d"]) {
    outcomes.push(await outcome(owner, configure({ topic })));
  }
  assertEquals(outcomes.at(-1), "rate_limited");
});

Deno.test("a slow client is told the settings as they are when it reads again", async () => {
  const { fake, owner, guest } = await staffed({ sendBufferBytes: 1024 });
  guest.transport.stall();
  for (let i = 0; i < 4; i++) await outcome(owner, { ...say, text: "x".repeat(500) });
  for (const topic of ["a", "b", "c"]) await outcome(owner, configure({ topic }));
  const before = await guest.readOf("settings");
  guest.transport.take();
  await fake.pass(1000);
  const after = await guest.readOf("settings");
  assertEquals([before.length, after.map(({ topic }) => topic)], [0, ["c"]]);
});

Deno.test("a moderator's name is empty until the server has seen the user", async () => {
  const { fake, owner, guest } = await staffed();
  const moderators = [idOf("Zoe")];
  const settings = await answer(owner, configure({ moderators }));
  assertEquals(settings.type === "settings" && settings.moderators, [
    { id: idOf("Zoe"), name: "" },
  ]);
  const zoe = await fake.client("Zoe");
  const { settings: seen, members } = await zoe.join("den");
  assertEquals(seen?.moderators, [{ id: idOf("Zoe"), name: "Zoe" }]);
  assertEquals(members.at(-1)?.role, "moderator");
  // It is kept, too.
  zoe.drop();
  await fake.pass(10_000);
  await guest.ask({ type: "leave", room: "den" });
  const { settings: kept } = await guest.join("den");
  assertEquals(kept?.moderators, seen?.moderators);
});

Deno.test("only moderators may say something in a read-only room, and edit", async () => {
  const { owner, moderator, admin, guest } = await staffed();
  const ack = await answer(guest, { type: "send", room: "den", text: "hi" });
  const id = ack.type === "ack" ? ack.id : "";
  await outcome(moderator, configure({ readOnly: true }));
  const outcomes: string[] = [];
  for (const client of [guest, moderator, owner, admin]) outcomes.push(await outcome(client, say));
  assertEquals(outcomes, ["read_only", "ack", "ack", "ack"]);
  const change = { room: "den", id };
  assertEquals(await outcome(guest, { ...change, type: "edit", text: "x" }), "read_only");
  assertEquals(await outcome(guest, { ...change, type: "react", emoji: "👍", on: true }), "ack");
  assertEquals(await outcome(guest, { ...change, type: "delete" }), "ack");
  await outcome(moderator, configure({ readOnly: false }));
  assertEquals(await outcome(guest, say), "ack");
});

Deno.test("slow mode has one clock a user, which neither refused nor repeated messages restart", async () => {
  const { fake, owner, moderator, guest } = await staffed();
  await outcome(moderator, configure({ slowMs: 10_000 }));
  const tab = await fake.member("Guest", "den");
  assertEquals(await outcome(guest, { ...say, ref: "first" }), "ack");
  fake.timers.now += 4000;
  const refused = await errorOf(tab, say);
  assertEquals([refused.code, refused.retryMs], ["rate_limited", 6000]);
  fake.timers.now += 4000;
  assertEquals((await errorOf(guest, say)).retryMs, 2000);
  // A repetition is acknowledged, and no message of its own.
  const again = await answer(guest, { ...say, ref: "first" });
  assert(again.type === "ack" && again.duplicate);
  assertEquals(await outcome(guest, { ...say, text: "" }), "text_invalid");
  fake.timers.now += 2000;
  const unknown = "0".repeat(26);
  assertEquals(await outcome(tab, { ...say, reply: unknown }), "not_found");
  assertEquals(await outcome(tab, say), "ack");
  assertEquals(await outcome(guest, say), "rate_limited");
  for (const client of [owner, moderator, owner, moderator]) {
    assertEquals(await outcome(client, say), "ack");
  }
  await outcome(moderator, configure({ slowMs: 0 }));
  assertEquals(await outcome(guest, say), "ack");
});

Deno.test("rooms are those that are listed, with counts as they are", async () => {
  const { fake, owner, guest } = await staffed({ rooms: new Set(["lobby", "team"]) });
  const list = async () => {
    await fake.pass(1000);
    return only(await guest.ask({ type: "rooms", ref: "1" }), "rooms").rooms;
  };
  const fixed = [{ room: "lobby", topic: "", count: 0 }, { room: "team", topic: "", count: 0 }];
  assertEquals(await list(), fixed);
  await outcome(owner, configure({ listed: true, topic: "tea" }));
  const ack = await answer(owner, { type: "send", room: "den", text: "hi" });
  const last = ack.type === "ack" ? ack.id : "";
  assertEquals(await list(), [{ room: "den", topic: "tea", count: 4, last }, ...fixed]);
  await guest.ask({ type: "leave", room: "den" });
  assertEquals((await list())[0]?.count, 3);
  await outcome(owner, configure({ listed: false }));
  assertEquals(await list(), fixed);
});

Deno.test("rooms has rooms that are not in memory, too", async () => {
  const fake = new FakeHub({ ...BUSY, maxRooms: 1 });
  const ada = await fake.member("Ada", "den");
  const said = await answer(ada, { type: "send", room: "den", text: "hi" });
  await outcome(ada, configure({ listed: true, topic: "tea" }));
  await ada.ask({ type: "leave", room: "den" });
  await ada.join("attic");
  await fake.pass(1000);
  const { rooms } = only(await ada.ask({ type: "rooms" }), "rooms");
  const topics = rooms.map(({ room, topic }) => [room, topic]);
  assertEquals(topics, [["den", "tea"], ["lobby", ""]]);
  assert(said.type === "ack");
});

Deno.test("a full list of rooms loses the oldest of the address that listed most", async () => {
  const fake = new FakeHub(BUSY);
  const ada = await fake.member("Ada", "den");
  const flood = Array.from({ length: MAX_LISTED - 1 }, (_, i) => [`r${i}`, "eve"]);
  const op = { op: "document", room: "", key: ":listed", user: "x", ref: "" } as const;
  const body = JSON.stringify([["old", "bob"], ...flood]);
  await fake.broker.publish([{ ...op, was: "0".repeat(26), body }]);
  assertEquals(await outcome(ada, configure({ listed: true })), "settings");
  const kept = JSON.parse((await fake.broker.document(":listed"))?.body ?? "[]");
  const names = kept.map(([name]: string[]) => name);
  assertEquals(names.length, MAX_LISTED);
  assertEquals([names[0], names[1], names.at(-1)], ["old", "r1", "den"]);
});

Deno.test("rooms of the configuration are listed whatever their admins say", async () => {
  const { admin } = await staffed();
  assertEquals(await outcome(admin, configure({ listed: false }, "lobby")), "forbidden");
  const settings = await answer(admin, configure({ topic: "hi" }, "lobby"));
  assert(settings.type === "settings" && settings.listed && settings.owner === null);
});

Deno.test("two who configure at once both have their way", async () => {
  const { owner, moderator, guest } = await staffed();
  owner.send({ ...configure({ listed: true }), ref: "1" });
  moderator.send({ ...configure({ topic: "tea" }), ref: "2" });
  const told = ofType(await guest.read(), "settings").at(-1);
  assertEquals([told?.listed, told?.topic], [true, "tea"]);
});
