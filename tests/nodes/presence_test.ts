/**
 * Members of rooms across instances.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Config } from "../../chat/config/config.ts";
import { type FakeClient, keyOf, only } from "../support/fake_hub.ts";
import { membersAt, Network } from "./network.ts";

/** Runs a test with some hubs that share a broker. */
function testHubs(
  count: number,
  behaviour: string,
  run: (network: Network) => Promise<void>,
  settings: Partial<Config> = {},
): void {
  Deno.test(`Instances: ${behaviour}`, async () => {
    await using network = await Network.make(count, settings);
    await run(network);
  });
}

const joined = async (client: FakeClient) =>
  (await client.readOf("presence")).flatMap(({ joined = [] }) => joined.map(({ name }) => name));
const left = async (client: FakeClient) =>
  (await client.readOf("presence")).flatMap(({ left = [] }) => left);
const renamed = async (client: FakeClient) =>
  (await client.readOf("presence")).flatMap(({ renamed = [] }) => renamed.map(({ name }) => name));

testHubs(
  2,
  "a newcomer is told of the members at others, and they of the newcomer",
  async (network) => {
    const [one, two] = [network.hub(0), network.hub(1)];
    const ada = await one.member("Ada");
    await network.pass(1_000);
    const bob = await two.client("Bob");
    const event = await bob.join("lobby");
    assertEquals([event.count, event.members.map(({ name }) => name)], [2, ["Ada", "Bob"]]);
    await network.pass(1_000);
    assertEquals(await joined(ada), ["Bob"]);
    await bob.ask({ type: "leave", room: "lobby" });
    await network.pass(1_000);
    assertEquals(await left(ada), [bob.user.id]);
    assertEquals((await (await one.client("Carol")).join("lobby")).count, 2);
  },
);

testHubs(3, "an instance that starts later is told of everybody", async (network) => {
  const names = Array.from({ length: 300 }, (_, i) => `user ${i}`);
  network.loses = (from) => from === 2;
  for (const name of names) await network.hub(0).member(name);
  await network.hub(1).member("Eve", "other");
  network.loses = () => false;
  await network.pass(4_000);
  const event = await (await network.hub(2).client("Zoe")).join("lobby");
  assertEquals(event.count, 301);
  assertEquals(network.hub(2).hub.context.instances?.count, 3);
  assertEquals((await (await network.hub(2).client("Zoe")).join("other")).count, 2);
});

testHubs(2, "a user at two instances is one member, and leaves with the last", async (network) => {
  const [one, two] = [network.hub(0), network.hub(1)];
  const watcher = await one.member("Watcher");
  const [here, there] = [await one.member("Ada"), await two.member("Ada")];
  await network.pass(1_000);
  assertEquals(await joined(watcher), ["Ada"]);
  await here.ask({ type: "leave", room: "lobby" });
  await network.pass(6_000);
  assertEquals(await left(watcher), []);
  await there.ask({ type: "leave", room: "lobby" });
  await network.pass(1_000);
  assertEquals(await left(watcher), [there.user.id]);
});

testHubs(2, "a new name of a user is that of all connections everywhere", async (network) => {
  const [one, two] = [network.hub(0), network.hub(1)];
  const [watcher, far] = [await one.member("Watcher"), await two.member("Far")];
  const [here, there] = [await one.member("Ada"), await two.member("Ada")];
  await network.pass(1_000);
  for (const each of [watcher, far, here, there]) await each.read();
  await here.ask({ type: "rename", name: "Countess" });
  await network.pass(1_000);
  for (const each of [watcher, far, there]) assertEquals(await renamed(each), ["Countess"]);
  there.say("hi");
  await network.settled();
  assertEquals(only(await watcher.read(), "message").user.name, "Countess");
  // A later one wins, wherever it is given.
  const again = two.connect();
  const welcome = only(
    await again.ask({ type: "hello", name: "Lady", key: keyOf("Ada") }),
    "welcome",
  );
  assertEquals(welcome.you.name, "Lady");
  await network.pass(1_000);
  assertEquals(await renamed(watcher), ["Lady"]);
  assertEquals(membersAt(one, "lobby"), membersAt(two, "lobby"));
  assertEquals(
    one.hub.context.memberships.get(again.connection.session?.user.id ?? "")?.user.name,
    "Lady",
  );
});

testHubs(
  2,
  "a hello at another instance has the name that the user has, if its own is taken",
  async (network) => {
    const [one, two] = [network.hub(0), network.hub(1)];
    const ada = await one.member("Ada");
    await one.member("Bob");
    await network.pass(1_000);
    const again = two.connect();
    const welcome = only(
      await again.ask({ type: "hello", name: "B0b", key: keyOf("Ada") }),
      "welcome",
    );
    assertEquals(welcome.you, ada.user);
  },
);

testHubs(
  2,
  "a user who comes back elsewhere within the grace neither leaves nor joins",
  async (network) => {
    const [one, two] = [network.hub(0), network.hub(1)];
    const watchers = [await one.member("Watcher"), await two.member("Far")];
    const ada = await one.member("Ada");
    await network.pass(1_000);
    for (const each of watchers) await each.read();
    ada.drop();
    await network.pass(4_000);
    const back = await two.member("Ada");
    await network.pass(8_000);
    for (const each of watchers) assertEquals(await each.readOf("presence"), []);
    // Then a leave is told at once.
    await back.ask({ type: "leave", room: "lobby" });
    await network.pass(1_000);
    for (const each of watchers) assertEquals(await left(each), [ada.user.id]);
  },
);

testHubs(2, "a leave elsewhere ends the grace", async (network) => {
  const [one, two] = [network.hub(0), network.hub(1)];
  const watcher = await one.member("Watcher");
  const ada = await one.member("Ada");
  await network.pass(1_000);
  await watcher.read();
  ada.drop();
  await (await two.member("Ada")).ask({ type: "leave", room: "lobby" });
  await network.pass(1_500);
  assertEquals(await left(watcher), [ada.user.id]);
});

testHubs(
  2,
  "a user whose connection is lost leaves after the grace, everywhere",
  async (network) => {
    const [one, two] = [network.hub(0), network.hub(1)];
    const far = await two.member("Far");
    const ada = await one.member("Ada");
    await network.pass(1_000);
    await far.read();
    ada.drop();
    await network.pass(4_500);
    assertEquals(await left(far), []);
    await network.pass(1_500);
    assertEquals(await left(far), [ada.user.id]);
  },
);

testHubs(
  3,
  "the users of an instance that is killed leave within ten seconds after the grace",
  async (network) => {
    const [one, two] = [network.hub(0), network.hub(1)];
    const watcher = await one.member("Watcher");
    const [gone, moves] = [await two.member("Gone"), await two.member("Moves")];
    await network.hub(2).member("Stays");
    await network.pass(2_000);
    await watcher.read();
    assertEquals(one.hub.context.instances?.count, 3);
    await network.kill(1);
    await network.pass(5_000);
    assertEquals(await left(watcher), []);
    await network.hub(2).member("Moves");
    await network.pass(2_000);
    assertEquals(one.hub.context.instances?.count, 2);
    await network.pass(8_000);
    assertEquals(await left(watcher), [gone.user.id]);
    assertEquals((await (await one.client("New")).join("lobby")).count, 4);
    assert(moves.user.id in membersAt(one, "lobby"));
  },
);

testHubs(2, "the users of an instance that ends leave after the grace", async (network) => {
  const [one, two] = [network.hub(0), network.hub(1)];
  const watcher = await one.member("Watcher");
  const ada = await two.member("Ada");
  await network.pass(2_000);
  await watcher.read();
  two.hub.sendAway();
  two.hub.context.instances?.close();
  network.loses = (from) => from === 1;
  await network.pass(4_000);
  assertEquals(await left(watcher), []);
  await network.pass(1_500);
  assertEquals(await left(watcher), [ada.user.id]);
});

testHubs(
  2,
  "an instance that stood still for a while is there again, with what happened meanwhile",
  async (network) => {
    const [one, two] = [network.hub(0), network.hub(1)];
    const [watcher, far] = [await one.member("Watcher"), await two.member("Far")];
    await network.pass(2_000);
    for (const each of [watcher, far]) await each.read();
    network.loses = (from) => from === 1;
    await one.member("Ada");
    await network.pass(8_000);
    const bob = await two.member("Bob");
    network.loses = () => false;
    await network.pass(4_000);
    assertEquals(await joined(watcher), ["Ada", "Bob"]);
    assertEquals(membersAt(one, "lobby"), membersAt(two, "lobby"));
    network.timers.block(10_000);
    await network.pass(3_000);
    assertEquals(await left(watcher), []);
    assert(bob.user.id in membersAt(one, "lobby"));
  },
);

testHubs(2, "changes that are lost on their way are told again", async (network) => {
  const [one, two] = [network.hub(0), network.hub(1)];
  const watcher = await one.member("Watcher");
  await network.pass(2_000);
  network.loses = (_from, signal) => signal.kind === "node" && signal.body.includes("changes");
  const ada = await two.member("Ada");
  await network.pass(1_000);
  await ada.ask({ type: "rename", name: "Countess" });
  await network.pass(2_500);
  assertEquals((await watcher.readOf("presence")).at(-1)?.count, 2);
  assertEquals(membersAt(one, "lobby"), membersAt(two, "lobby"));
  assertEquals(membersAt(one, "lobby")[ada.user.id], "Countess");
  await ada.ask({ type: "leave", room: "lobby" });
  await network.pass(3_000);
  assertEquals(await left(watcher), [ada.user.id]);
});

testHubs(
  2,
  "rooms are counted with the members at others, also such as are not in memory",
  async (network) => {
    const [one, two] = [network.hub(0), network.hub(1)];
    await two.member("Ada");
    await two.member("Bob");
    await network.pass(1_000);
    const carol = await one.client("Carol");
    const count = async () => only(await carol.ask({ type: "rooms" }), "rooms").rooms[0]?.count;
    assertEquals(await count(), 2);
    assertEquals(one.hub.context.rooms.get("lobby"), undefined);
    await network.pass(600);
    await carol.join("lobby");
    await network.pass(600);
    assertEquals(await count(), 3);
  },
);

testHubs(2, "a room is full when it has all its users everywhere", async (network) => {
  const [one, two] = [network.hub(0), network.hub(1)];
  await one.member("Ada");
  await two.member("Bob");
  await network.pass(1_000);
  const carol = await two.client("Carol");
  assertEquals(only(await carol.ask({ type: "join", room: "lobby" }), "error").code, "room_full");
  assertEquals((await (await two.client("Ada")).join("lobby")).count, 2);
}, { membersPerRoom: 2 });

testHubs(2, "roles of members at others are told", async (network) => {
  const [one, two] = [network.hub(0), network.hub(1)];
  const ada = await one.client("Ada");
  await ada.join("den");
  await network.pass(1_000);
  const { members } = await (await two.client("Bob")).join("den");
  assertEquals(members[0], { ...ada.user, role: "owner" });
});

testHubs(2, "who is kicked at one instance is put out at another", async (network) => {
  const [one, two] = [network.hub(0), network.hub(1)];
  const ada = await one.client("Ada");
  await ada.join("den");
  const bob = await two.member("Bob", "den");
  await network.pass(1_000);
  await ada.read();
  const done = await ada.ask({ type: "kick", room: "den", user: bob.user.id, minutes: 1 });
  only(done, "done");
  await network.pass(1_000);
  only(await bob.read(), "kicked");
  assertEquals(await left(ada), [bob.user.id]);
  assertEquals(only(await bob.ask({ type: "join", room: "den" }), "error").code, "kicked");
});
