import { assert, assertEquals } from "@std/assert";
import { ORIGIN, type Subscriber } from "../../chat/broker/broker.ts";
import { MemoryBroker } from "../../chat/broker/memory.ts";
import { banDocument, encodeBans, SERVER_DOCUMENTS } from "../../chat/room/bans.ts";
import { type FakeClient, FakeHub, keyOf, ofType, only } from "../support/fake_hub.ts";
import { answer, BUSY, errorOf, idOf, outcome, staffed } from "../support/charge.ts";

const MINUTE_MS = 60_000;
const JOIN = { type: "join", room: "den" };
const say = { type: "send", room: "den", text: "hi" };
let refs = 0;

const kick = (name: string, minutes = 10) => (
  { type: "kick", room: "den", user: idOf(name), minutes }
);
const mute = (name: string, minutes = 10) => ({ ...kick(name, minutes), type: "mute" });
const ban = (name: string, minutes = 10) => ({ type: "ban", user: idOf(name), minutes });

/** A client at an address that has said `hello`, or tried to. */
async function clientAt(fake: FakeHub, address: string, name: string): Promise<FakeClient> {
  const client = fake.connect(address);
  client.send({ type: "hello", name, key: keyOf(name) });
  await fake.turn();
  client.user = { id: idOf(name), name };
  return client;
}

/** Two hubs, one after the other, of one broker. */
function restartable() {
  let broker: MemoryBroker | undefined;
  return {
    createBroker: (o: ConstructorParameters<typeof MemoryBroker>[0]) => (
      broker ??= new MemoryBroker(o)
    ),
  };
}

Deno.test("kick() puts every tab of a user out at once, and keeps the user out until it ends", async () => {
  const { fake, owner, moderator, guest } = await staffed();
  const tab = await fake.member("Guest", "den");
  await guest.read();
  await owner.read();
  assertEquals(await outcome(moderator, kick("Guest")), "done");
  owner.say("they are gone", "den");
  for (const client of [guest, tab]) {
    const events = await client.read();
    assertEquals(events.map(({ type }) => type), ["kicked"]);
    assertEquals(only(events, "kicked").until, fake.timers.now + 10 * MINUTE_MS);
    assertEquals(await outcome(client, say), "not_joined");
    const { code, retryMs } = await errorOf(client, JOIN);
    assertEquals([code, retryMs], ["kicked", 10 * MINUTE_MS]);
  }
  await fake.pass(1000);
  const [presence] = await owner.readOf("presence");
  assertEquals(presence?.left, [idOf("Guest")]);
  fake.timers.now += 10 * MINUTE_MS;
  assertEquals(await outcome(guest, JOIN), "joined");
});

Deno.test("kick() for no time puts a user out, who may come back at once; it ends a kick, too", async () => {
  const { moderator, guest } = await staffed();
  await outcome(moderator, kick("Guest", 0));
  assertEquals((await guest.read()).map(({ type }) => type), ["kicked"]);
  assertEquals(await outcome(guest, JOIN), "joined");
  await outcome(moderator, kick("Guest", 10));
  assertEquals(await outcome(guest, JOIN), "kicked");
  await outcome(moderator, kick("Guest", 0));
  assertEquals(await outcome(guest, JOIN), "joined");
});

Deno.test("kick() gives nothing that was on its way to who is kicked", async () => {
  const { fake, owner, guest } = await staffed();
  owner.say("old", "den");
  await guest.read();
  // In one turn, so that the answers come after the kick.
  guest.send({ type: "history", room: "den", ref: "h", limit: 10 });
  owner.send({ ...kick("Guest"), ref: "k" });
  guest.send({ ...JOIN, ref: "j" });
  await fake.turn();
  const events = await guest.read();
  const last = events.findIndex(({ type }) => type === "kicked");
  assert(last !== -1);
  const codes = ofType(events.slice(last), "error").map(({ ref, code }) => `${ref} ${code}`);
  assertEquals(codes, ["h not_joined", "j kicked"]);
});

Deno.test("a new key from the address of who was kicked stays outside, who is inside stays", async () => {
  const { fake, owner, moderator } = await staffed();
  const spammer = await clientAt(fake, "192.0.2.66", "Spammer");
  const neighbour = await clientAt(fake, "192.0.2.66", "Neighbour");
  for (const client of [spammer, neighbour]) await client.join("den");
  assertEquals(await outcome(moderator, kick("Spammer")), "done");
  const again = await clientAt(fake, "192.0.2.66", "Another");
  assertEquals((await errorOf(again, JOIN)).code, "kicked");
  assertEquals(await outcome(again, { type: "join", room: "attic" }), "joined");
  assertEquals(await outcome(neighbour, say), "ack");
  // Also after a reconnect.
  neighbour.drop();
  await fake.pass(10_000);
  const back = await clientAt(fake, "192.0.2.66", "Neighbour");
  assertEquals(await outcome(back, JOIN), "joined");
  assertEquals(await outcome(await clientAt(fake, "192.0.2.67", "Else"), JOIN), "joined");
  assertEquals(await outcome(await clientAt(fake, "192.0.2.66", "Moderator"), JOIN), "joined");
  const bans = await answer(owner, { type: "bans", room: "den" });
  assertEquals(bans.type === "bans" && bans.bans, [{
    user: { id: idOf("Spammer"), name: "Spammer" },
    kind: "kick",
    until: bans.type === "bans" ? bans.bans[0]?.until ?? 0 : 0,
    by: idOf("Moderator"),
  }]);
  await outcome(owner, kick("Spammer", 0));
  assertEquals(await outcome(again, JOIN), "joined");
});

Deno.test("who is inside from an address stays, wherever the latest hello came from", async () => {
  const { fake, moderator } = await staffed();
  const spammer = await clientAt(fake, "192.0.2.66", "Spammer");
  const laptop = await clientAt(fake, "192.0.2.66", "Neighbour");
  for (const client of [spammer, laptop]) await client.join("den");
  const phone = await clientAt(fake, "198.51.100.7", "Neighbour");
  await phone.join("den");
  await outcome(moderator, kick("Spammer"));
  laptop.drop();
  const back = await clientAt(fake, "192.0.2.66", "Neighbour");
  assertEquals(await outcome(back, JOIN), "joined");
});

Deno.test("who has left already is kept out by the address, too", async () => {
  const { fake, moderator } = await staffed();
  const spammer = await clientAt(fake, "192.0.2.66", "Spammer");
  await spammer.join("den");
  spammer.drop();
  await fake.pass(10_000);
  await outcome(moderator, kick("Spammer"));
  assertEquals(await outcome(await clientAt(fake, "192.0.2.66", "Another"), JOIN), "kicked");
});

Deno.test("an address that many share is not kept out, and the log says so", async () => {
  const { fake, moderator } = await staffed();
  for (let i = 0; i < 21; i++) await clientAt(fake, "192.0.2.66", `Pupil ${i}`);
  await clientAt(fake, "192.0.2.66", "Spammer");
  await outcome(moderator, kick("Spammer"));
  assert(fake.logged.includes("address_shared"));
  assertEquals(await outcome(await clientAt(fake, "192.0.2.66", "Another"), JOIN), "joined");
  assertEquals(await outcome(await clientAt(fake, "192.0.2.66", "Spammer"), JOIN), "kicked");
});

Deno.test("the address of a proxy that is not trusted is not kept out where others share it", async () => {
  const { fake, moderator } = await staffed();
  fake.hub.release(fake.hub.reserve("192.0.2.66", true));
  await clientAt(fake, "192.0.2.66", "Spammer");
  for (const name of ["Yan", "Zoe", "Xia"]) await clientAt(fake, "192.0.2.66", name);
  await outcome(moderator, kick("Spammer"));
  assertEquals(await outcome(await clientAt(fake, "192.0.2.66", "Another"), JOIN), "joined");
});

Deno.test("mute() refuses send, edit, react and answers, until it ends or is ended", async () => {
  const { fake, moderator, guest, owner } = await staffed();
  const ack = await answer(guest, say);
  const id = ack.type === "ack" ? ack.id : "";
  assertEquals(await outcome(moderator, mute("Guest")), "done");
  const message = { room: "den", id };
  const { code, retryMs } = await errorOf(guest, say);
  assertEquals([code, retryMs], ["muted", 10 * MINUTE_MS]);
  assertEquals(await outcome(guest, { ...say, reply: id }), "muted");
  assertEquals(await outcome(guest, { ...message, type: "edit", text: "x" }), "muted");
  assertEquals(await outcome(guest, { ...message, type: "react", emoji: "👍", on: true }), "muted");
  await owner.read();
  guest.send({ type: "typing", room: "den" });
  await fake.turn();
  assertEquals(await owner.readOf("typing"), []);
  assertEquals(await outcome(guest, { ...message, type: "delete" }), "ack");
  assertEquals(await outcome(guest, { type: "history", room: "den" }), "history");
  await outcome(moderator, mute("Guest", 0));
  assertEquals(await outcome(guest, say), "ack");
  await outcome(moderator, mute("Guest", 1));
  fake.timers.now += MINUTE_MS;
  assertEquals(await outcome(guest, say), "ack");
});

Deno.test("mute() and kick() refuse an edit and an answer that wait for their message", async () => {
  const { fake, moderator, guest } = await staffed();
  const ack = await answer(guest, say);
  const { promise, resolve } = Promise.withResolvers<void>();
  const get = fake.broker.get.bind(fake.broker);
  fake.broker.get = (room, id) => promise.then(() => get(room, id));
  const id = ack.type === "ack" ? ack.id : "";
  const late = await fake.member("Late", "den");
  const edited = outcome(guest, { type: "edit", room: "den", id, text: "x" });
  const replied = outcome(await fake.member("Guest", "den"), { ...say, reply: id });
  const left = outcome(late, { ...say, reply: id });
  await fake.turn();
  await outcome(moderator, mute("Guest"));
  await outcome(moderator, kick("Late"));
  resolve();
  assertEquals([await edited, await replied, await left], ["muted", "muted", "not_joined"]);
});

Deno.test("a user who is muted can take no other name, by rename or hello", async () => {
  const { fake, moderator, guest } = await staffed();
  await outcome(moderator, mute("Guest"));
  const rename = { type: "rename", name: "Buy now" };
  const { code, retryMs } = await errorOf(guest, rename);
  assertEquals([code, retryMs], ["muted", 10 * MINUTE_MS]);
  assertEquals(await outcome(guest, { type: "rename", name: "Guest" }), "renamed");
  const hello = { type: "hello", name: "Buy now", key: keyOf("Guest") };
  assertEquals(only(await fake.connect().ask(hello), "welcome").you.name, "Guest");
  assertEquals(await outcome(guest, { type: "leave", room: "den" }), "left");
  await outcome(moderator, mute("Guest", 0));
  await guest.join("den");
  assertEquals(await outcome(guest, rename), "renamed");
});

Deno.test("a newcomer from the address of who was muted is muted, and who was inside is not", async () => {
  const { fake, moderator } = await staffed();
  const spammer = await clientAt(fake, "192.0.2.66", "Spammer");
  const neighbour = await clientAt(fake, "192.0.2.66", "Neighbour");
  for (const client of [spammer, neighbour]) await client.join("den");
  await outcome(moderator, mute("Spammer"));
  const again = await clientAt(fake, "192.0.2.66", "Another");
  await again.join("den");
  assertEquals(await outcome(again, say), "muted");
  assertEquals(await outcome(neighbour, say), "ack");
});

Deno.test("a repetition of what was said before a mute is acknowledged", async () => {
  const { moderator, guest } = await staffed();
  await outcome(guest, { ...say, ref: "once" });
  await outcome(moderator, mute("Guest"));
  const again = await answer(guest, { ...say, ref: "once" });
  assert(again.type === "ack" && again.duplicate);
});

Deno.test("kick() and mute() are for moderators, and not against somebody above them", async () => {
  const { admin, owner, moderator, guest } = await staffed();
  const table: [FakeClient, string, string][] = [
    [guest, "Moderator", "forbidden"],
    [guest, "Guest", "forbidden"],
    [moderator, "Owner", "forbidden"],
    [moderator, "Admin", "forbidden"],
    [moderator, "Moderator", "forbidden"],
    [owner, "Admin", "forbidden"],
    [owner, "Owner", "forbidden"],
    [admin, "Admin", "forbidden"],
    [owner, "Moderator", "done"],
    [admin, "Owner", "done"],
    [moderator, "Guest", "done"],
  ];
  for (const [client, name, expected] of table) {
    assertEquals(await outcome(client, mute(name, 0)), expected, `${client.user.name} ${name}`);
    if (expected !== "forbidden") continue;
    assertEquals(await outcome(client, kick(name)), expected, `${client.user.name} ${name}`);
  }
  assertEquals(await outcome(guest, { type: "bans", room: "den" }), "forbidden");
  assertEquals(await outcome(owner, { type: "bans" }), "forbidden");
  // In another room they are nobody.
  assertEquals(await outcome(owner, { ...kick("Guest"), room: "lobby" }), "forbidden");
});

Deno.test("ban() ends all connections of a user, and keeps user and address off the server", async () => {
  const { fake, admin, owner } = await staffed();
  const spammer = await clientAt(fake, "192.0.2.66", "Spammer");
  const tab = await clientAt(fake, "192.0.2.77", "Spammer");
  const neighbour = await clientAt(fake, "192.0.2.77", "Neighbour");
  await spammer.join("den");
  assertEquals(await outcome(owner, ban("Spammer")), "forbidden");
  assertEquals(await outcome(admin, ban("Spammer")), "done");
  for (const client of [spammer, tab]) {
    assertEquals(client.closeCode, 4502);
    const { code, retryMs } = only(await client.read(), "error");
    assertEquals([code, retryMs], ["banned", 10 * MINUTE_MS]);
  }
  assertEquals(neighbour.closeCode, undefined);
  for (const [address, name] of [["192.0.2.1", "Spammer"], ["192.0.2.77", "Another"]] as const) {
    const again = await clientAt(fake, address, name);
    assertEquals(only(await again.read(), "error").code, "banned");
    assertEquals(again.closeCode, 4502);
  }
  neighbour.drop();
  const back = await clientAt(fake, "192.0.2.77", "Neighbour");
  assertEquals(only(await back.read(), "welcome").you.name, "Neighbour");
  const bans = await answer(admin, { type: "bans" });
  assertEquals(bans.type === "bans" && bans.bans.map(({ kind, user }) => [kind, user.name]), [
    ["ban", "Spammer"],
  ]);
  await outcome(admin, ban("Spammer", 0));
  const free = await clientAt(fake, "192.0.2.77", "Spammer");
  assertEquals(ofType(await free.read(), "welcome").length, 1);
});

Deno.test("admins can neither be banned nor lock each other out", async () => {
  const admins = new Set([idOf("Admin"), idOf("Root")]);
  const { fake, admin } = await staffed({ admins });
  const root = await fake.member("Root", "den");
  assertEquals(await outcome(admin, ban("Root")), "forbidden");
  assertEquals(await outcome(admin, kick("Root")), "forbidden");
  // At an address that is banned.
  const spammer = await clientAt(fake, "192.0.2.66", "Spammer");
  await spammer.join("den");
  await outcome(root, ban("Spammer"));
  const again = await clientAt(fake, "192.0.2.66", "Root");
  assertEquals(ofType(await again.read(), "welcome").length, 1);
});

Deno.test("bans hold over a restart, and who was banned becomes an admin by the configuration", async () => {
  const options = restartable();
  const { fake: { timers }, admin, moderator } = await staffed({}, options);
  await outcome(admin, ban("Spammer"));
  await outcome(moderator, kick("Guest"));
  await outcome(moderator, mute("Zoe"));
  const after = new FakeHub(BUSY, { ...options, timers });
  const spammer = await clientAt(after, "192.0.2.9", "Spammer");
  assertEquals([only(await spammer.read(), "error").code, spammer.closeCode], ["banned", 4502]);
  assertEquals(await outcome(await after.client("Guest"), JOIN), "kicked");
  const zoe = await clientAt(after, "192.0.2.8", "Zoe");
  await zoe.join("den");
  assertEquals(await outcome(zoe, say), "muted");
  const last = new FakeHub({ ...BUSY, admins: new Set([idOf("Spammer")]) }, { ...options, timers });
  const root = await clientAt(last, "192.0.2.9", "Spammer");
  assertEquals(only(await root.read(), "welcome").you.role, "admin");
});

Deno.test("bans() has all of the server's, since one that is not shown can't be ended", async () => {
  const { fake, admin } = await staffed();
  const at = fake.timers.now;
  const of = {
    kind: "ban",
    name: "🙂".repeat(32),
    until: at + MINUTE_MS,
    at,
    address: "",
  } as const;
  for (let i = 0; i < 20; i++) {
    const bans = Array.from({ length: 100 }, (_, j) => (
      { ...of, by: idOf("Admin"), inside: [], id: idOf(`${i} ${j}`) }
    ));
    const key = `:bans/${i}`;
    const op = { op: "document", room: "", key, user: "x", ref: "", was: ORIGIN } as const;
    await fake.broker.publish([{ ...op, body: encodeBans(bans) }]);
  }
  const listed = await answer(admin, { type: "bans" });
  assertEquals(listed.type === "bans" && listed.bans.length, 2000);
});

Deno.test("hello() waits until it is known who is banned", async () => {
  const options = restartable();
  let isDown = true;
  class Slow extends MemoryBroker {
    override documents(room: string) {
      return isDown ? Promise.reject(new Error("down")) : super.documents(room);
    }
  }
  const fake = new FakeHub(BUSY, { ...options, createBroker: (o) => new Slow(o) });
  const ada = fake.connect();
  const [refused] = await ada.ask({ type: "hello", name: "Ada" });
  assertEquals(refused?.type === "error" && refused.code, "unavailable");
  isDown = false;
  await fake.pass(1000);
  assertEquals(ofType(await ada.ask({ type: "hello", name: "Ada" }), "welcome").length, 1);
});

Deno.test("a ban that was given while the server heard nothing holds when it is read", async () => {
  let hear: Subscriber | undefined;
  class Deaf extends MemoryBroker {
    override subscribe(subscriber: Subscriber) {
      hear = subscriber;
      super.subscribe({
        published: (room, message) => subscriber.published(room, message),
        signalled: (signal) => subscriber.signalled(signal),
        dropped: (room, floor) => subscriber.dropped(room, floor),
        lost: () => subscriber.lost(),
        documented() {},
      });
    }
  }
  const fake = new FakeHub(BUSY, { createBroker: (o) => new Deaf(o) });
  const spammer = await fake.client("Spammer");
  const at = fake.timers.now;
  const given = { kind: "ban", id: idOf("Spammer"), name: "", by: "x", at, address: "" } as const;
  const body = encodeBans([{ ...given, until: at + MINUTE_MS, inside: [] }]);
  const key = `:${banDocument(idOf("Spammer"), SERVER_DOCUMENTS)}`;
  const op = { op: "document", room: "", key, user: "x", ref: "", was: ORIGIN, body } as const;
  await fake.broker.publish([op]);
  assertEquals(spammer.closeCode, undefined);
  hear?.lost();
  await fake.turn();
  assertEquals(spammer.closeCode, 4502);
});

Deno.test("a moderator who was kicked from a room has no say there", async () => {
  const { owner, moderator, guest } = await staffed();
  assertEquals(await outcome(owner, kick("Moderator")), "done");
  const commands = [
    kick("Guest"),
    mute("Guest", 0),
    { type: "bans", room: "den" },
    { type: "configure", room: "den", topic: "mine" },
  ];
  for (const command of commands) {
    assertEquals(await outcome(moderator, command), "kicked", command.type);
  }
  assertEquals(await outcome(guest, say), "ack");
});

Deno.test("an owner who is kicked while a password is computed sets none", async () => {
  const { fake, admin, owner } = await staffed();
  const configured = outcome(owner, { type: "configure", room: "den", password: "mine" });
  assertEquals(await outcome(admin, kick("Owner")), "done");
  assertEquals(await configured, "kicked");
  assertEquals(await outcome(await clientAt(fake, "192.0.2.9", "Zoe"), JOIN), "joined");
});

Deno.test("kick() and configure() cost an address what is written again", async () => {
  const { owner } = await staffed({
    connectionsPerAddress: 1,
    messageRate: { burst: 99, perSecond: 99 },
  });
  const { address } = owner.connection;
  const spent: number[] = [];
  address.budgets.texts.spend = (bytes) => void spent.push(bytes);
  await outcome(owner, kick("Guest"));
  await outcome(owner, { type: "configure", room: "den", readOnly: true });
  assert(Math.max(...spent.slice(0, -1)) > 50 && (spent.at(-1) ?? 0) > 100, String(spent));
});

Deno.test("kick(), mute() and ban() refuse bad fields", async () => {
  const { admin } = await staffed();
  const good = { room: "den", user: idOf("Guest"), minutes: 1 };
  for (const type of ["kick", "mute", "ban"]) {
    const fields: Record<string, unknown>[] = [
      { user: "Guest" },
      { user: undefined },
      { minutes: -1 },
      { minutes: 43_201 },
      { minutes: 1.5 },
      { minutes: undefined },
    ];
    for (const each of fields) {
      const { code, message } = await errorOf(admin, { type, ...good, ...each });
      assertEquals(code, "bad_request");
      assert(message.includes(Object.keys(each)[0] ?? ""), message);
    }
    assertEquals(await outcome(admin, { type, ...good, ref: `r${++refs}` }), "done");
    await admin.ask({ type: "ping" });
  }
});
