import { assert, assertEquals } from "@std/assert";
import { documentKey } from "../../chat/broker/broker.ts";
import { MemoryBroker } from "../../chat/broker/memory.ts";
import { FakeHub, ofType, only } from "../support/fake_hub.ts";
import { answer, BUSY, idOf, outcome, staffed } from "../support/charge.ts";

Deno.test("join() makes who comes first the owner of a room, and nobody else", async () => {
  const fake = new FakeHub();
  const ada = await fake.client("Ada");
  const first = await ada.join("den");
  assertEquals(first.settings?.owner, ada.user.id);
  assertEquals(first.members, [{ ...ada.user, role: "owner" }]);
  const bob = await fake.client("Bob");
  const second = await bob.join("den");
  assertEquals(second.settings?.owner, ada.user.id);
  assertEquals(second.members, [{ ...ada.user, role: "owner" }, bob.user]);
  assertEquals((await bob.join("lobby")).settings?.owner, null);
});

Deno.test("join() makes of two who come at once one the owner", async () => {
  const fake = new FakeHub();
  const clients = [await fake.client("Ada"), await fake.client("Bob")];
  for (const client of clients) client.send({ type: "join", room: "den" });
  const owners: unknown[] = [];
  for (const client of clients) owners.push(only(await client.read(), "joined").settings?.owner);
  assert(owners[0] === owners[1] && clients.some(({ user }) => user.id === owners[0]));
});

Deno.test("the owner of a room stays its owner when it empties and the server restarts", async () => {
  let broker: MemoryBroker | undefined;
  const hub = () => new FakeHub(BUSY, { createBroker: (o) => broker ??= new MemoryBroker(o) });
  const before = hub();
  const ada = await before.member("Ada", "den");
  await outcome(ada, { type: "configure", room: "den", topic: "tea" });
  ada.drop();
  await before.pass(10_000);
  assertEquals(before.hub.roomCount, 0);
  const after = hub();
  const bob = await (await after.client("Bob")).join("den");
  assertEquals([bob.settings?.owner, bob.settings?.topic], [ada.user.id, "tea"]);
  assertEquals((await (await after.client("Ada")).join("den")).members.at(-1)?.role, "owner");
});

Deno.test("join() makes nobody the owner of a room that has messages already", async () => {
  const fake = new FakeHub();
  await fake.broadcast("den", { id: idOf("Bot"), name: "Bot" }, "hi", "1");
  const { settings } = await (await fake.client("Ada")).join("den");
  assertEquals(settings?.owner, null);
});

Deno.test("users have their roles in welcome, members, presence, typing and messages", async () => {
  const { fake, admin, owner, moderator, guest } = await staffed();
  assertEquals(admin.user.role, "admin");
  const { members } = await (await fake.client("Zoe")).join("den");
  assertEquals(members.map(({ name, role }) => [name, role]), [
    ["Owner", "owner"],
    ["Moderator", "moderator"],
    ["Guest", undefined],
    ["Admin", "admin"],
    ["Zoe", undefined],
  ]);
  await guest.read();
  for (const client of [owner, moderator, guest, admin]) client.say("hi", "den");
  owner.send({ type: "typing", room: "den" });
  const told = await guest.read();
  assertEquals(ofType(told, "message").map(({ user }) => user.role), [
    "owner",
    "moderator",
    undefined,
    "admin",
  ]);
  assertEquals(only(told, "typing").user.role, "owner");
  owner.send({ type: "leave", room: "den" });
  await fake.pass(2000);
  await guest.read();
  await owner.join("den");
  await fake.pass(2000);
  const [presence] = await guest.readOf("presence");
  assertEquals(presence?.joined, [{ id: owner.user.id, name: "Owner", role: "owner" }]);
});

Deno.test("members have a new role at once, and lose it at once", async () => {
  const { fake, owner, guest } = await staffed();
  const moderators = [idOf("Moderator"), idOf("Guest")];
  await outcome(owner, { type: "configure", room: "den", moderators });
  const roles = async () => {
    const zoe = await fake.client("Zoe");
    const { members } = await zoe.join("den");
    return members.map(({ role = "" }) => role).join(" ");
  };
  assertEquals(await roles(), "owner moderator moderator admin ");
  assertEquals(await outcome(guest, { type: "configure", room: "den", topic: "x" }), "settings");
  await outcome(owner, { type: "configure", room: "den", moderators: [] });
  assertEquals(await roles(), "owner   admin ");
  assertEquals(await outcome(guest, { type: "configure", room: "den", topic: "x" }), "forbidden");
});

Deno.test("delete is for authors, and for those above them", async () => {
  const { admin, owner, moderator, guest } = await staffed();
  const clients = { admin, owner, moderator, guest };
  const allowed: Record<string, string[]> = {
    admin: ["admin", "owner", "moderator", "guest"],
    owner: ["owner", "moderator", "guest"],
    moderator: ["moderator", "guest"],
    guest: ["guest"],
  };
  for (const [name, client] of Object.entries(clients)) {
    for (const [author, other] of Object.entries(clients)) {
      const ack = await answer(other, { type: "send", room: "den", text: "hi" });
      const id = ack.type === "ack" ? ack.id : "";
      assertEquals(
        await outcome(client, { type: "edit", room: "den", id, text: "ho" }),
        name === author ? "ack" : "forbidden",
      );
      const expected = allowed[name]?.includes(author) ? "ack" : "forbidden";
      assertEquals(
        await outcome(client, { type: "delete", room: "den", id }),
        expected,
        `${name} deletes what ${author} said`,
      );
    }
  }
});

Deno.test("a room that its broker has forgotten stays its owner's while somebody is in it", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada", "den");
  const key = documentKey("den", "settings");
  fake.timers.block(31 * 86_400_000);
  await fake.broker.publish([]);
  assertEquals(await fake.broker.document(key), undefined);
  const settings = await answer(ada, { type: "configure", room: "den", topic: "tea" });
  assertEquals(settings.type === "settings" && settings.owner, ada.user.id);
  assert(await fake.broker.document(key) !== undefined);
});
