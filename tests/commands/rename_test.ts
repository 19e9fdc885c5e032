import { assertEquals } from "@std/assert";
import { FakeHub, only, UNLIMITED } from "../support/fake_hub.ts";

/** Letters of the Cyrillic alphabet that look like "Ada". */
const ADA_LOOK_ALIKE = "А\u0501а";

Deno.test("rename() is answered, and sent as presence to the others alone", () => {
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

Deno.test("rename() is sent as presence to the user's other connection", () => {
  const fake = new FakeHub();
  const [first, second] = [fake.member("Ada"), fake.member("Ada")];
  fake.pass(2000);
  first.send({ type: "rename", name: "Ada L" });
  const you = { id: first.user.id, name: "Ada L" };
  assertEquals(second.readOf("presence").map(({ renamed }) => renamed), [[you]]);
});

Deno.test("rename() first sends the renaming connection the presence of the others", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  const bob = fake.member("Bob");
  const carol = fake.member("Carol");
  ada.send({ type: "rename", name: "Ada L" });
  fake.pass(2000);
  const joined = ada.readOf("presence").flatMap((event) => event.joined ?? []);
  assertEquals(joined, [bob.user, carol.user]);
});

Deno.test("rename() changes the name in later messages, not in earlier ones", () => {
  const fake = new FakeHub();
  const ada = fake.member("Ada");
  ada.say("before");
  ada.send({ type: "rename", name: "Ada L" });
  ada.say("after");
  const names = fake.client("Bob").join("lobby").messages.map(({ user }) => user.name);
  assertEquals(names, ["Ada", "Ada L"]);
});

Deno.test("rename() refuses a name that looks like another's in a joined room", () => {
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

Deno.test("rename() refuses a name taken in a room of the user's other connection", () => {
  const fake = new FakeHub();
  fake.member("Ada", "other");
  fake.member("Bob", "other");
  const bob = fake.member("Bob");
  assertEquals(only(bob.ask({ type: "rename", name: "Ada" }), "error").code, "name_taken");
});

Deno.test("rename() costs its address a change for each room of the user", () => {
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

Deno.test("rename() lets a user change the capitals of the own name", () => {
  const ada = new FakeHub().member("Ada");
  assertEquals(only(ada.ask({ type: "rename", name: "ADA" }), "renamed").you.name, "ADA");
});

Deno.test("rename() to the same name is answered, and is no change of presence", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  fake.pass(2000);
  only(ada.ask({ type: "rename", name: "Ada" }), "renamed");
  fake.pass(2000);
  assertEquals(bob.read(), []);
});
