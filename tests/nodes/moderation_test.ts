/**
 * Moderation across instances.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type FakeClient, type FakeHub, keyOf, ofType, only } from "../support/fake_hub.ts";
import { membersAt, Network } from "./network.ts";

async function clientAt(hub: FakeHub, address: string, name: string): Promise<FakeClient> {
  const client = hub.connect(address);
  client.user = only(await client.ask({ type: "hello", name, key: keyOf(name) }), "welcome").you;
  return client;
}

for (const type of ["kick", "mute", "ban"] as const) {
  Deno.test(`Instances: a ${type} holds for the address that another instance alone knows`, async () => {
    const boss = await (async () => {
      await using network = await Network.make(1);
      return (await network.hub(0).client("Boss")).user.id;
    })();
    await using network = await Network.make(3, { admins: new Set([boss]) });
    const [one, two, three] = [network.hub(0), network.hub(1), network.hub(2)];
    const ada = await one.client("Boss");
    await ada.join("den");
    const bob = await clientAt(two, "198.51.100.7", "Bob");
    await bob.join("den");
    const friend = await clientAt(two, "198.51.100.7", "Friend");
    await friend.join("den");
    await network.pass(1_000);
    const room = type === "ban" ? {} : { room: "den" };
    only(await ada.ask({ type, user: bob.user.id, minutes: 5, ...room }), "done");
    await network.pass(1_000);
    const code = { kick: "kicked", mute: "muted", ban: "banned" }[type];
    for (const [address, codes] of [["198.51.100.7", [code]], ["198.51.100.8", []]] as const) {
      const newcomer = three.connect(address);
      const events = [
        ...await newcomer.ask({ type: "hello", name: `New ${address}`, key: keyOf(address) }),
        ...await newcomer.ask({ type: "join", room: "den" }),
        ...await newcomer.ask({ type: "send", room: "den", ref: "r", text: "hi" }),
      ];
      assertEquals(ofType(events, "error").slice(0, 1).map((error) => error.code), codes);
      newcomer.drop();
    }
    // One who was inside stays.
    only(await friend.ask({ type: "send", room: "den", ref: "r", text: "hi" }), "ack");
  });
}

for (const type of ["kick", "mute", "ban"] as const) {
  for (const [given, at] of [["where the user is", 0], ["elsewhere", 2]] as const) {
    Deno.test(`Instances: a ${type} that is given ${given} spares those inside at all instances`, async () => {
      const boss = await (async () => {
        await using network = await Network.make(1);
        return (await network.hub(0).client("Boss")).user.id;
      })();
      await using network = await Network.make(3, { admins: new Set([boss]) });
      const ada = await network.hub(at).client("Boss");
      await ada.join("den");
      const shared = "198.51.100.7";
      const bob = await clientAt(network.hub(0), shared, "Bob");
      await bob.join("den");
      const friend = await clientAt(network.hub(1), shared, "Friend");
      await friend.join("den");
      await network.pass(1_000);
      const room = type === "ban" ? {} : { room: "den" };
      only(await ada.ask({ type, user: bob.user.id, minutes: 5, ...room }), "done");
      await network.pass(1_000);
      only(await friend.ask({ type: "send", room: "den", ref: "r", text: "hi" }), "ack");
      friend.drop();
      // Back at another instance, after the grace period.
      await network.pass(10_000);
      const again = await clientAt(network.hub(2), shared, "Friend");
      await again.join("den");
      only(await again.ask({ type: "send", room: "den", ref: "s", text: "hi" }), "ack");
      const newcomer = network.hub(1).connect(shared);
      const events = [
        ...await newcomer.ask({ type: "hello", name: "New", key: keyOf("New") }),
        ...await newcomer.ask({ type: "join", room: "den" }),
        ...await newcomer.ask({ type: "send", room: "den", ref: "r", text: "hi" }),
      ];
      const [error] = ofType(events, "error");
      assertEquals(error?.code, { kick: "kicked", mute: "muted", ban: "banned" }[type]);
    });
  }
}

Deno.test("Instances: the pause of slow mode is one for all instances", async () => {
  await using network = await Network.make(2);
  const [one, two] = [network.hub(0), network.hub(1)];
  const owner = await one.client("Owner");
  await owner.join("den");
  only(await owner.ask({ type: "configure", room: "den", slowMs: 10_000 }), "settings");
  const [here, there] = [await one.member("Ada", "den"), await two.member("Ada", "den")];
  const say = (client: FakeClient, ref: string) =>
    client.ask({ type: "send", room: "den", ref, text: "hi" });
  only(await say(here, "1"), "ack");
  await network.settled();
  assertEquals(only(await say(there, "2"), "error").code, "rate_limited");
  await network.pass(10_000, 5_000);
  only(await say(there, "2"), "ack");
  await network.settled();
  assertEquals(only(await say(here, "3"), "error").code, "rate_limited");
});

Deno.test("Instances: a user who is muted at one instance takes no other name at another", async () => {
  await using network = await Network.make(2);
  const [one, two] = [network.hub(0), network.hub(1)];
  const owner = await one.member("Owner", "den");
  only(await owner.ask({ type: "configure", room: "den", topic: "Tea" }), "settings");
  const ada = await one.member("Ada", "den");
  await two.member("Eve", "den");
  await network.pass(1_000);
  only(await owner.ask({ type: "mute", room: "den", user: ada.user.id, minutes: 5 }), "done");
  await network.pass(1_000);
  const hello = { type: "hello", name: "Zed", key: keyOf("Ada") };
  assertEquals(only(await two.connect("192.0.2.7").ask(hello), "welcome").you.name, "Ada");
  const there = await two.client("Ada");
  assertEquals(only(await there.ask({ type: "rename", name: "Zed" }), "error").code, "muted");
  await network.pass(1_000);
  assertEquals(membersAt(one, "den")[ada.user.id], "Ada");
});
