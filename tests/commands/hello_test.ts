import { assertEquals, assertMatch } from "@std/assert";
import { FakeHub, keyOf, only } from "../support/fake_hub.ts";

Deno.test("hello() is answered with the user and the limits of the client", async () => {
  const client = new FakeHub().connect();
  const welcome = only(await client.ask({ type: "hello", ref: "1", name: " Ada  L " }), "welcome");
  assertMatch(welcome.you.id, /^[a-z2-7]{16}$/);
  assertEquals(welcome, {
    type: "welcome",
    ref: "1",
    version: 1,
    you: { id: welcome.you.id, name: "Ada L" },
    heartbeatMs: 25_000,
    limits: { text: 4000, name: 32, frame: 16_384, history: 200 },
    title: "Parley",
    features: ["talk", "charge"],
  });
});

Deno.test("hello() gives the holder of a key the same id on every server", async () => {
  // base32(SHA-256("0123456789abcdef")), by coreutils.
  const { user } = await new FakeHub().client("Ada", "0123456789abcdef");
  assertEquals(user.id, "t6pvcepxwj5hqhy7");
});

Deno.test("hello() without a key makes another user of each connection", async () => {
  const fake = new FakeHub();
  const ids = await Array.fromAsync(
    [fake.connect(), fake.connect()],
    async (client) => only(await client.ask({ type: "hello", name: "Ada" }), "welcome").you.id,
  );
  assertEquals(new Set(ids).size, 2);
});

Deno.test("hello() may be sent again after an invalid name", async () => {
  const client = new FakeHub().connect();
  const refused = await client.ask({ type: "hello", ref: "1", name: "A\u200bda" });
  assertEquals(only(refused, "error").code, "name_invalid");
  assertEquals(only(await client.ask({ type: "hello", name: "Ada" }), "welcome").you.name, "Ada");
});

Deno.test("hello() is a bad request when sent twice", async () => {
  const client = await new FakeHub().client("Ada");
  const error = only(await client.ask({ type: "hello", ref: "2", name: "Ada" }), "error");
  assertEquals([error.code, error.ref], ["bad_request", "2"]);
});

Deno.test("hello() of a second connection renames the user on the first", async () => {
  const fake = new FakeHub();
  const first = await fake.member("Ada");
  const second = await fake.client("Ada L", keyOf("Ada"));
  assertEquals(second.user, { id: first.user.id, name: "Ada L" });
  await fake.pass(1000);
  assertEquals(only(await first.read(), "presence").renamed, [second.user]);
});

Deno.test("hello() keeps the user's name if the new one is taken where the user is", async () => {
  const fake = new FakeHub();
  await fake.member("Bob");
  const first = await fake.member("Ada");
  assertEquals((await fake.client("bob", keyOf("Ada"))).user, first.user);
});

Deno.test("hello() is not refused for a name that is taken in some room", async () => {
  const fake = new FakeHub();
  await fake.member("Ada");
  assertEquals((await fake.client("Ada", keyOf("another"))).user.name, "Ada");
});

Deno.test("hello() that renames a user costs its address a change for each room", async () => {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  const { address } = ada.connection;
  address.budgets.presence.spend(3998);
  await fake.client("Ada", keyOf("Ada"));
  assertEquals(address.budgets.presence.wait(fake.timers.now), 0);
  await fake.client("Ada L", keyOf("Ada"));
  assertEquals(address.budgets.presence.wait(fake.timers.now), 5);
});
