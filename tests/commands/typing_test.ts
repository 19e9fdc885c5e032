import { assertEquals } from "@std/assert";
import { FakeHub } from "../support/fake_hub.ts";

Deno.test("typing() is sent to the room's other users, and not answered", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  await fake.pass(2000);
  await ada.read();
  assertEquals(await ada.ask({ type: "typing", ref: "1", room: "LOBBY" }), []);
  assertEquals(await bob.read(), [{ type: "typing", room: "lobby", user: ada.user }]);
});

Deno.test("typing() is not sent to the user's other connections", async () => {
  const fake = new FakeHub();
  const [first, second] = [await fake.member("Ada"), await fake.member("Ada")];
  first.send({ type: "typing", room: "lobby" });
  assertEquals(await second.read(), []);
});

Deno.test("typing() of a user is sent at most four times a second in a room, without an answer", async () => {
  const fake = new FakeHub();
  const [ada, bob] = [await fake.member("Ada"), await fake.member("Bob")];
  const again = await fake.member("Ada");
  for (const room of ["lobby", "other"]) {
    for (const each of [ada, again, bob]) await each.join(room);
  }
  const told = await Array.fromAsync([0, 1, 248, 1], async (ms) => {
    await fake.pass(ms);
    for (const each of [ada, again]) {
      each.send({ type: "typing", room: "lobby" });
      each.send({ type: "typing", room: "other" });
    }
    assertEquals([...await ada.readOf("error"), ...await again.readOf("error")], []);
    return (await bob.readOf("typing")).map(({ room }) => room);
  });
  assertEquals(told, [["lobby", "other"], [], [], ["lobby", "other"]]);
});

Deno.test("typing() of one user does not delay another's", async () => {
  const fake = new FakeHub();
  const [ada, bob, carol] = [
    await fake.member("Ada"),
    await fake.member("Bob"),
    await fake.member("Carol"),
  ];
  for (const each of [ada, bob]) await each.ask({ type: "typing", room: "lobby" });
  assertEquals((await carol.readOf("typing")).map(({ user }) => user), [ada.user, bob.user]);
});

Deno.test("typing() of two users in one turn is sent to each of them", async () => {
  const fake = new FakeHub();
  const [ada, bob, carol] = [
    await fake.member("Ada"),
    await fake.member("Bob"),
    await fake.member("Carol"),
  ];
  for (const client of [ada, bob]) client.send({ type: "typing", room: "lobby" });
  const namesTold = await Array.fromAsync(
    [ada, bob, carol],
    async (client) => (await client.readOf("typing")).map(({ user }) => user.name),
  );
  assertEquals(namesTold, [["Bob"], ["Ada"], ["Ada", "Bob"]]);
});

Deno.test("typing() of an address is sent a hundred times a second, after four for each connection", async () => {
  const fake = new FakeHub();
  const bob = fake.connect("192.0.2.2");
  await bob.ask({ type: "hello", name: "Bob" });
  await bob.join("lobby");
  const clients = await Array.fromAsync({ length: 90 }, (_, i) => fake.member(`Ada ${i}`));
  const told = async () => {
    for (const client of clients) client.send({ type: "typing", room: "lobby" });
    return (await bob.readOf("typing")).length;
  };
  const counts: number[] = [];
  for (let i = 0; i < 8; i++) {
    counts.push(await told());
    await fake.pass(250);
  }
  assertEquals(counts.slice(0, 4), [90, 90, 90, 90]);
  assertEquals(counts.slice(6), [25, 25]);
});
