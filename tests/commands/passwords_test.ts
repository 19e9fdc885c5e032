import { assert, assertEquals, assertFalse } from "@std/assert";
import { Passwords } from "../../chat/commands/passwords.ts";
import { type FakeClient, FakeHub, keyOf, only } from "../support/fake_hub.ts";
import type { SqliteBroker } from "../../chat/broker/sqlite.ts";
import { testSqlite } from "../broker/sqlite_folder.ts";
import { answer, errorOf, idOf, outcome, staffed } from "../support/charge.ts";
import { MemoryBroker } from "../../chat/broker/memory.ts";

const SECRET = "p#%&+ü w";
const join = (password?: string) => ({ type: "join", room: "den", password });

/** A room that the owner has locked. */
async function locked(options: ConstructorParameters<typeof FakeHub>[1] = {}) {
  const den = await staffed({}, options);
  await outcome(den.owner, { type: "configure", room: "den", password: SECRET });
  return den;
}

/** A client at an address. */
async function clientAt(fake: FakeHub, address: string, name: string): Promise<FakeClient> {
  const client = fake.connect(address);
  client.user = only(await client.ask({ type: "hello", name, key: keyOf(name) }), "welcome").you;
  return client;
}

Deno.test("join() asks everybody without a role for the password of a room", async () => {
  const { fake } = await locked();
  const zoe = await fake.client("Zoe");
  const missing = await errorOf(zoe, join());
  assertEquals([missing.code, missing.needs], ["unauthorized", "password"]);
  const wrong = await errorOf(zoe, join("p"));
  assertEquals([wrong.code, wrong.needs], ["unauthorized", "password"]);
  assertEquals(await outcome(zoe, join(SECRET.normalize("NFD"))), "joined");
  for (const name of ["Owner", "Moderator", "Admin"]) {
    assertEquals(await outcome(await fake.client(name), join()), "joined", name);
  }
});

Deno.test("those who are in a room that is locked stay, and need the password to come back", async () => {
  const { fake, owner, guest } = await locked();
  owner.say("secret", "den");
  assertEquals((await guest.readOf("message")).length, 1);
  const tab = await fake.client("Guest");
  for (const type of ["history", "send", "typing"]) {
    assertEquals(await outcome(tab, { type, room: "den", text: "x" }), "not_joined", type);
  }
  assertEquals(await outcome(tab, join()), "unauthorized");
  assertEquals(await outcome(tab, join(SECRET)), "joined");
  assertEquals(await outcome(guest, join()), "joined", "a join of who is in");
  await owner.ask({ type: "configure", ref: "1", room: "den", password: "" });
  assertEquals(await outcome(await fake.client("Zoe"), join()), "joined");
});

Deno.test("a password is checked after a restart too, and its hash is not it", async () => {
  let broker: MemoryBroker | undefined;
  await locked({ createBroker: (o) => broker ??= new MemoryBroker(o) });
  const { body = "" } = await broker?.document("den:settings") ?? {};
  assertFalse(body.includes(SECRET) || !body.includes("iterations"));
  const fake = new FakeHub({}, { createBroker: (o) => broker ?? new MemoryBroker(o) });
  const zoe = await fake.client("Zoe");
  assertEquals(await outcome(zoe, join("wrong")), "unauthorized");
  assertEquals(await outcome(zoe, join(SECRET)), "joined");
  const yan = await fake.client("Yan");
  assertEquals(await outcome(yan, join(SECRET)), "joined");
  assertEquals(await outcome(yan, { type: "leave", room: "den" }), "left");
});

Deno.test("an address may be wrong ten times a minute, and others are not affected", async () => {
  const { fake } = await locked();
  const codes: string[] = [];
  for (let i = 0; i < 11; i++) {
    // Each by another user.
    const client = await clientAt(fake, "192.0.2.66", `Eve ${i}`);
    codes.push(await outcome(client, join(`wrong ${i}`)));
  }
  assertEquals(codes, [...Array.from({ length: 10 }, () => "unauthorized"), "rate_limited"]);
  const eve = await clientAt(fake, "192.0.2.66", "Eve");
  const refused = await errorOf(eve, join(SECRET));
  assertEquals(refused.code, "rate_limited");
  assert((refused.retryMs ?? 0) > 0 && (refused.retryMs ?? 0) <= 60_000);
  assertEquals(await outcome(eve, join()), "unauthorized", "nothing is looked at");
  assertEquals(await outcome(await clientAt(fake, "192.0.2.67", "Zoe"), join(SECRET)), "joined");
  await fake.pass(60_000);
  assertEquals(await outcome(eve, join(SECRET)), "joined");
});

Deno.test("wrong passwords that wait for each other are no more than ten", async () => {
  let broker: MemoryBroker | undefined;
  await locked({ createBroker: (o) => broker ??= new MemoryBroker(o) });
  const fake = new FakeHub({}, { createBroker: (o) => broker ?? new MemoryBroker(o) });
  const clients = [];
  for (let i = 0; i < 14; i++) clients.push(await fake.client(`Eve ${i}`));
  const codes = await Promise.all(clients.map((client, i) => outcome(client, join(`x${i}`))));
  assertEquals(codes.filter((code) => code === "unauthorized").length, 10);
  assertEquals(codes.filter((code) => code === "rate_limited").length, 4);
});

Deno.test("twenty joins without a password end the connection", async () => {
  const { fake } = await locked();
  const zoe = await fake.client("Zoe");
  for (let i = 0; i < 20; i++) zoe.send(join());
  await zoe.read();
  assertEquals(zoe.closeCode, 4500);
});

Deno.test("a room whose owner has gone is open to who knows the password alone", async () => {
  const { fake, owner, moderator, guest, admin } = await locked();
  for (const client of [owner, moderator, guest, admin]) client.drop();
  await fake.pass(10_000);
  assertEquals(fake.hub.roomCount, 0);
  const zoe = await fake.client("Zoe");
  assertEquals(await outcome(zoe, join()), "unauthorized");
  assertEquals(fake.hub.roomCount, 0);
  const joined = await answer(zoe, join(SECRET));
  assertEquals(joined.type === "joined" && joined.settings?.owner, idOf("Owner"));
});

Deno.test("Passwords.isRight() knows a password once it was right, without computing again", async () => {
  let wrong = 0;
  const guess = { mayLook: () => true, wrong: () => void wrong++ };
  const passwords = new Passwords();
  const hash = await passwords.make("secret", "here");
  assertEquals(passwords.isRight(hash, "secret", guess, "here"), true);
  assertEquals(passwords.isRight(hash, "Secret", guess, "here"), false);
  const others = new Passwords();
  assertEquals(
    await others.isRight(hash, "secret", { ...guess, mayLook: () => false }, "here"),
    false,
  );
  assertEquals(wrong, 1);
  assertEquals(await others.isRight(hash, "wrong", guess, "here"), false);
  assertEquals(await others.isRight(hash, "secret", guess, "here"), true);
  assertEquals(others.isRight(hash, "wrong", guess, "here"), false);
  assertEquals(wrong, 3);
});

Deno.test("Passwords.make() lets no address take the places of others", async () => {
  const passwords = new Passwords();
  const made = Array.from({ length: 30 }, (_, i) => passwords.make(`secret ${i}`, "here"));
  const other = passwords.make("secret", "elsewhere");
  const results = await Promise.allSettled(made);
  assertEquals(results.filter(({ status }) => status === "rejected").length, 10);
  assertEquals((await other).iterations > 0, true);
});

Deno.test("configure() sets no more passwords from an address than it may make rooms", async () => {
  const { owner } = await staffed({ connectionsPerAddress: 1 });
  const codes = new Set<string>();
  const address = owner.connection.address;
  address.budgets.rooms.spend(1000);
  codes.add(await outcome(owner, { type: "configure", room: "den", password: "a" }));
  codes.add(await outcome(owner, { type: "configure", room: "den", password: "" }));
  assertEquals([...codes], ["rate_limited", "settings"]);
});

/** The room "den" with older messages than memory has, of which the oldest is given. */
async function longDen(broker: SqliteBroker, settings: Readonly<Record<string, unknown>>) {
  const createBroker = () => broker;
  const first = await new FakeHub({}, { createBroker }).client("Owner");
  await answer(first, join());
  await answer(first, { type: "configure", room: "den", topic: "long", ...settings });
  for (let i = 0; i < 9; i++) await outcome(first, { type: "send", room: "den", text: `${i}` });
  const [oldest] = (await broker.page("den", {}, 50)).messages;
  const fake = new FakeHub({ joinHistory: 2 }, { createBroker });
  const owner = await fake.client("Owner");
  await answer(owner, join());
  return { fake, owner, since: oldest?.id };
}

/** Has a broker read no room before the function is called that it returns. */
function holdReading(broker: SqliteBroker): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  const read = broker.open.bind(broker);
  broker.open = (room, limit) => promise.then(() => read(room, limit));
  return resolve;
}

testSqlite(
  "who is put out of a locked room while joining again needs the password",
  async ({ open }) => {
    const { broker } = open();
    const { fake, owner, since } = await longDen(broker, { password: SECRET });
    const zoe = await fake.client("Zoe");
    await answer(zoe, join(SECRET));
    const resolve = holdReading(broker);
    const again = outcome(zoe, { ...join(), since });
    await fake.turn();
    const kick = { type: "kick", room: "den", user: zoe.user.id, minutes: 0 };
    assertEquals(await outcome(owner, kick), "done");
    resolve();
    assertEquals(await again, "not_joined");
    assertEquals(await outcome(zoe, join()), "unauthorized");
  },
);

testSqlite(
  "join() of a room that is locked while its messages are read needs the password",
  async ({ open }) => {
    const { broker } = open();
    const { fake, owner, since } = await longDen(broker, {});
    const zoe = await fake.client("Zoe");
    const resolve = holdReading(broker);
    const late = outcome(zoe, { ...join(), since });
    await fake.turn();
    const lock = { type: "configure", room: "den", password: SECRET };
    assertEquals(await outcome(owner, lock), "settings");
    resolve();
    assertEquals(await late, "unauthorized");
  },
);
