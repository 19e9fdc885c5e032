import { assertEquals } from "@std/assert";
import { FakeHub, keyOf } from "../support/fake_hub.ts";

Deno.test("Presence of many users who join within a second is sent to the others at once", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  const others = await Array.fromAsync(
    ["Bob", "Carol", "Dan"],
    async (name) => (await fake.member(name)).user,
  );
  await fake.pass(1000);
  assertEquals(await ada.read(), [{ type: "presence", room: "lobby", joined: others, count: 4 }]);
});

Deno.test("Presence that changes after a quiet second is sent at the end of the turn", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  await fake.pass(1000);
  await fake.member("Bob");
  assertEquals((await ada.readOf("presence")).length, 1);
});

Deno.test("Presence of a user who comes and goes within a second is not sent", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  await (await fake.member("Bob")).ask({ type: "leave", room: "lobby" });
  await fake.pass(2000);
  assertEquals(await ada.read(), []);
});

Deno.test("Presence of a user who joins and renames within a second is in one list", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  const bob = await fake.member("Bob");
  await bob.ask({ type: "rename", name: "Rob" });
  await fake.pass(2000);
  const joined = [{ id: bob.user.id, name: "Rob" }];
  assertEquals(await ada.read(), [{ type: "presence", room: "lobby", joined, count: 2 }]);
});

Deno.test("Presence of a user who renames and leaves within a second is in one list", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  await fake.member("Carol");
  await fake.pass(1000);
  await ada.read();
  bob.send({ type: "rename", name: "Rob" });
  bob.send({ type: "leave", room: "lobby" });
  await fake.pass(2000);
  assertEquals(await ada.read(), [
    { type: "presence", room: "lobby", left: [bob.user.id], count: 2 },
  ]);
});

Deno.test("Presence repeats nothing of a newcomer's joined", async () => {
  const fake = new FakeHub();
  await fake.member("Ada");
  await fake.member("Bob");
  const carol = await fake.member("Carol");
  const dan = await fake.member("Dan");
  await fake.pass(2000);
  assertEquals(await carol.read(), [
    { type: "presence", room: "lobby", joined: [dan.user], count: 4 },
  ]);
});

Deno.test("Presence of a page that is reloaded is not sent", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  await fake.pass(2000);
  await ada.read();
  bob.drop();
  await fake.pass(4900);
  assertEquals((await fake.member("Bob")).user, bob.user);
  await fake.pass(20_000);
  assertEquals(await ada.read(), []);
});

Deno.test("Presence of a user whose last connection is lost is sent after the grace period", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  await fake.pass(2000);
  await ada.read();
  bob.drop();
  await fake.pass(4900);
  assertEquals(await ada.read(), []);
  await fake.pass(200);
  assertEquals(await ada.read(), [
    { type: "presence", room: "lobby", left: [bob.user.id], count: 1 },
  ]);
});

Deno.test("Presence of a user with another connection is not sent as left", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  await fake.member("Bob");
  await fake.pass(2000);
  await ada.read();
  bob.drop();
  await fake.pass(20_000);
  assertEquals(await ada.read(), []);
});

Deno.test("Presence of a user who comes back by another name is a rename", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  await fake.pass(2000);
  await ada.read();
  bob.drop();
  await (await fake.client("Rob", keyOf("Bob"))).join("lobby");
  await fake.pass(20_000);
  const renamed = [{ id: bob.user.id, name: "Rob" }];
  assertEquals(await ada.read(), [{ type: "presence", room: "lobby", renamed, count: 2 }]);
});

Deno.test("Presence in a room of more than 200 users has the exact count", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  for (let i = 0; i < 200; i++) {
    (await fake.client(`user ${i}`)).send({ type: "join", room: "lobby" });
  }
  await fake.pass(2000);
  assertEquals((await ada.readOf("presence")).at(-1)?.count, 201);
});
