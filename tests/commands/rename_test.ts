import { assertEquals } from "@std/assert";
import { FakeHub, only, UNLIMITED } from "../support/fake_hub.ts";

/** Letters of the Cyrillic alphabet that look like "Ada". */
const ADA_LOOK_ALIKE = "А\u0501а";

Deno.test("rename() is answered, and sent as presence to the others alone", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  await fake.pass(2000);
  await ada.read();
  await bob.read();
  const you = { id: ada.user.id, name: "Ada L" };
  assertEquals(await ada.ask({ type: "rename", ref: "1", name: " Ada L" }), [
    { type: "renamed", ref: "1", you },
  ]);
  await fake.pass(2000);
  assertEquals(await ada.read(), []);
  assertEquals(await bob.read(), [{ type: "presence", room: "lobby", renamed: [you], count: 2 }]);
});

Deno.test("rename() is sent as presence to the user's other connection", async () => {
  const fake = new FakeHub();
  const [first, second] = [await fake.member("Ada"), await fake.member("Ada")];
  await fake.pass(2000);
  first.send({ type: "rename", name: "Ada L" });
  const you = { id: first.user.id, name: "Ada L" };
  assertEquals((await second.readOf("presence")).map(({ renamed }) => renamed), [[you]]);
});

Deno.test("rename() first sends the renaming connection the presence of the others", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  const bob = await fake.member("Bob");
  const carol = await fake.member("Carol");
  ada.send({ type: "rename", name: "Ada L" });
  await fake.pass(2000);
  const joined = (await ada.readOf("presence")).flatMap((event) => event.joined ?? []);
  assertEquals(joined, [bob.user, carol.user]);
});

Deno.test("rename() changes the name in later messages, not in earlier ones", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  ada.say("before");
  ada.send({ type: "rename", name: "Ada L" });
  ada.say("after");
  const names = (await (await fake.client("Bob")).join("lobby")).messages.map(({ user }) =>
    user.name
  );
  assertEquals(names, ["Ada", "Ada L"]);
});

Deno.test("rename() refuses a name that looks like another's in a joined room", async () => {
  const fake = new FakeHub();
  await fake.member("Ada");
  const bob = await fake.member("Bob");
  const events = await bob.ask({ type: "rename", ref: "1", name: ADA_LOOK_ALIKE });
  assertEquals(only(events, "error").code, "name_taken");
  await fake.pass(2000);
  assertEquals((await (await fake.client("Carol")).join("lobby")).members.map(({ name }) => name), [
    "Ada",
    "Bob",
    "Carol",
  ]);
});

Deno.test("rename() refuses a name taken in a room of the user's other connection", async () => {
  const fake = new FakeHub();
  await fake.member("Ada", "other");
  await fake.member("Bob", "other");
  const bob = await fake.member("Bob");
  assertEquals(only(await bob.ask({ type: "rename", name: "Ada" }), "error").code, "name_taken");
});

Deno.test("rename() costs its address a change for each room of the user", async () => {
  const fake = new FakeHub({ commandRate: UNLIMITED });
  const ada = await fake.member("Ada");
  for (let i = 1; i < 20; i++) await ada.join(`room${i}`);
  // With the 20 joins these are 4,000 changes.
  for (let i = 0; i < 199; i++) {
    only(await ada.ask({ type: "rename", name: i % 2 === 0 ? "Ada L" : "Ada" }), "renamed");
  }
  const neighbour = await fake.client("Eve");
  const refused = [
    only(await ada.ask({ type: "rename", name: "Ada" }), "error"),
    only(await neighbour.ask({ type: "join", room: "lobby" }), "error"),
  ];
  assertEquals(
    refused.map(({ code, retryMs }) => [code, retryMs]),
    Array(2).fill(["rate_limited", 5]),
  );
  // What changes nothing is free, and others have a budget of their own.
  only(await ada.ask({ type: "rename", name: "Ada L" }), "renamed");
  await ada.join("lobby");
  const bob = fake.connect("192.0.2.2");
  await bob.ask({ type: "hello", name: "Bob" });
  only(await bob.ask({ type: "rename", name: "Rob" }), "renamed");
});

Deno.test("rename() lets a user change the capitals of the own name", async () => {
  const ada = await new FakeHub().member("Ada");
  assertEquals(only(await ada.ask({ type: "rename", name: "ADA" }), "renamed").you.name, "ADA");
});

Deno.test("rename() to the same name is answered, and is no change of presence", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  await fake.pass(2000);
  only(await ada.ask({ type: "rename", name: "Ada" }), "renamed");
  await fake.pass(2000);
  assertEquals(await bob.read(), []);
});
