import { assertEquals } from "@std/assert";
import { FakeHub } from "../support/fake_hub.ts";

Deno.test("typing() is sent to the room's other users, and not answered", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  fake.pass(2000);
  ada.read();
  assertEquals(ada.ask({ type: "typing", ref: "1", room: "LOBBY" }), []);
  assertEquals(bob.read(), [{ type: "typing", room: "lobby", user: ada.user }]);
});

Deno.test("typing() is not sent to the user's other connections", () => {
  const fake = new FakeHub();
  const [first, second] = [fake.member("Ada"), fake.member("Ada")];
  first.send({ type: "typing", room: "lobby" });
  assertEquals(second.read(), []);
});

Deno.test("typing() of a user is sent at most four times a second in a room, without an answer", () => {
  const fake = new FakeHub();
  const [ada, bob] = [fake.member("Ada"), fake.member("Bob")];
  const again = fake.member("Ada");
  for (const room of ["lobby", "other"]) for (const each of [ada, again, bob]) each.join(room);
  const told = [0, 1, 248, 1].map((ms) => {
    fake.pass(ms);
    for (const each of [ada, again]) {
      each.send({ type: "typing", room: "lobby" });
      each.send({ type: "typing", room: "other" });
    }
    assertEquals([...ada.readOf("error"), ...again.readOf("error")], []);
    return bob.readOf("typing").map(({ room }) => room);
  });
  assertEquals(told, [["lobby", "other"], [], [], ["lobby", "other"]]);
});

Deno.test("typing() of one user does not delay another's", () => {
  const fake = new FakeHub();
  const [ada, bob, carol] = [fake.member("Ada"), fake.member("Bob"), fake.member("Carol")];
  for (const each of [ada, bob]) each.ask({ type: "typing", room: "lobby" });
  assertEquals(carol.readOf("typing").map(({ user }) => user), [ada.user, bob.user]);
});

Deno.test("typing() of two users in one turn is sent to each of them", () => {
  const fake = new FakeHub();
  const [ada, bob, carol] = [fake.member("Ada"), fake.member("Bob"), fake.member("Carol")];
  for (const client of [ada, bob]) client.send({ type: "typing", room: "lobby" });
  const namesTold = [ada, bob, carol].map((client) =>
    client.readOf("typing").map(({ user }) => user.name)
  );
  assertEquals(namesTold, [["Bob"], ["Ada"], ["Ada", "Bob"]]);
});
