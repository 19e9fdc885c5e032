import { assertEquals } from "@std/assert";
import { FakeHub, keyOf } from "../support/fake_hub.ts";

Deno.test("Presence of many users who join within a second is sent to the others at once", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  const others = ["Bob", "Carol", "Dan"].map((name) => fake.member(name).user);
  fake.pass(1000);
  assertEquals(ada.read(), [{ type: "presence", room: "lobby", joined: others, count: 4 }]);
});

Deno.test("Presence that changes after a quiet second is sent at the end of the turn", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  fake.pass(1000);
  fake.member("Bob");
  assertEquals(ada.readOf("presence").length, 1);
});

Deno.test("Presence of a user who comes and goes within a second is not sent", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  fake.member("Bob").ask({ type: "leave", room: "lobby" });
  fake.pass(2000);
  assertEquals(ada.read(), []);
});

Deno.test("Presence of a user who joins and renames within a second is in one list", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  const bob = fake.member("Bob");
  bob.ask({ type: "rename", name: "Rob" });
  fake.pass(2000);
  const joined = [{ id: bob.user.id, name: "Rob" }];
  assertEquals(ada.read(), [{ type: "presence", room: "lobby", joined, count: 2 }]);
});

Deno.test("Presence of a user who renames and leaves within a second is in one list", () => {
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

Deno.test("Presence repeats nothing of a newcomer's joined", () => {
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

Deno.test("Presence of a page that is reloaded is not sent", () => {
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

Deno.test("Presence of a user whose last connection is lost is sent after the grace period", () => {
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

Deno.test("Presence of a user with another connection is not sent as left", () => {
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

Deno.test("Presence in a room of more than 200 users has the exact count", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  for (let i = 0; i < 200; i++) fake.client(`user ${i}`).send({ type: "join", room: "lobby" });
  fake.pass(2000);
  assertEquals(ada.readOf("presence").at(-1)?.count, 201);
});
