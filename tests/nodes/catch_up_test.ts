/**
 * Messages that another instance has acked a moment ago.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { identifyCaller } from "../../chat/commands/caller.ts";
import { follow } from "../../chat/commands/follow.ts";
import { CatchUps } from "../../chat/broker/catch_ups.ts";
import {
  decode,
  type EventOf,
  type FakeClient,
  keyOf,
  ofType,
  only,
  settled,
  textsOf,
} from "../support/fake_hub.ts";
import { Network } from "./network.ts";

/** Says something, and returns its id as soon as it is acked: the other instance can't know by then. */
async function say(client: FakeClient, text: string, room: string): Promise<string> {
  const { frames } = client.transport;
  const { length } = frames;
  client.say(text, room);
  let ack: EventOf<"ack"> | undefined;
  while (ack === undefined) {
    await settled();
    client.hub.timers.turn();
    [ack] = ofType(frames.slice(length).flatMap(decode), "ack");
  }
  return ack.id;
}

for (const isInMemory of [true, false]) {
  const where = isInMemory ? "in memory" : "not in memory";
  Deno.test(`Instances: a since that another has acked a moment ago is answered completely, of a room ${where}`, async () => {
    await using network = await Network.make(2);
    const [one, two] = [network.hub(0), network.hub(1)];
    const [ada, again] = [await one.member("Ada"), await two.client("Ada")];
    if (isInMemory) await two.member("Bob");
    network.isDeaf = (index) => index === 1;
    const since = await say(ada, "one", "lobby");
    await say(ada, "two", "lobby");
    const { complete, messages } = await again.join("lobby", since);
    assertEquals([complete, textsOf(messages)], [true, ["two"]]);
  });
}

Deno.test("Instances: an event stream goes on after a position that another has acked a moment ago, without a gap", async () => {
  await using network = await Network.make(2);
  const [one, two] = [network.hub(0), network.hub(1)];
  const ada = await one.member("Ada");
  await two.member("Bob");
  network.isDeaf = (index) => index === 1;
  const since = await say(ada, "one", "lobby");
  const { context, addresses } = two.hub;
  const { now } = two.timers;
  const origin = { address: addresses.begin("192.0.2.9", now), proxyUser: undefined };
  const credentials = { key: keyOf("Eve") };
  const caller = await identifyCaller(context, origin, credentials, now);
  if ("code" in caller) throw new TypeError(caller.message);
  const start = await follow(context, caller, { room: "lobby", since }, now, (_, start) => start);
  assertEquals(start, { position: since, bytes: 0 });
});

Deno.test("Instances: a since of another past is answered with the newest, incomplete", async () => {
  await using network = await Network.make(2);
  const ada = await network.hub(0).member("Ada");
  ada.say("hi");
  await network.settled();
  const again = await network.hub(1).client("Ada");
  const { complete, messages } = await again.join("lobby", "7".padEnd(26, "Z"));
  assertEquals([complete, textsOf(messages)], [false, ["hi"]]);
});

Deno.test("Instances: a message is found at another instance that has not heard of it", async () => {
  await using network = await Network.make(2);
  const [one, two] = [network.hub(0), network.hub(1)];
  const ada = await one.member("Ada");
  const there = await two.member("Ada");
  network.isDeaf = (index) => index === 1;
  const said = { type: "send", room: "lobby", ref: "r", text: "hi" };
  const { id } = only(await ada.ask(said), "ack");
  assertEquals(only(await there.ask(said), "ack"), {
    ...{ type: "ack", ref: "r", room: "lobby", id, duplicate: true },
    time: only(await there.ask(said), "ack").time,
  });
  const answer = { type: "send", room: "lobby", ref: "s", text: "ho", reply: id };
  only(await there.ask(answer), "ack");
  only(
    await there.ask({ type: "react", room: "lobby", ref: "t", id, emoji: "👍", on: true }),
    "ack",
  );
  only(await there.ask({ type: "edit", room: "lobby", ref: "u", id, text: "hello" }), "ack");
  const history = only(await there.ask({ type: "history", room: "lobby", limit: 9 }), "history");
  assertEquals(textsOf(history.messages), ["hello", "ho"]);
});

Deno.test("CatchUps.run() shares a call that begins after it", async () => {
  const calls: PromiseWithResolvers<void>[] = [];
  const catchUps = new CatchUps(() => {
    const call = Promise.withResolvers<void>();
    calls.push(call);
    return call.promise;
  });
  const [first, second, third] = [catchUps.run(), catchUps.run(), catchUps.run()];
  assertEquals(calls.length, 1);
  calls[0]?.reject(new Error("down"));
  await assertRejects(() => first);
  await Promise.resolve();
  await Promise.resolve();
  assertEquals(calls.length, 2);
  calls[1]?.resolve();
  await Promise.all([second, third]);
  const last = catchUps.run();
  calls[2]?.resolve();
  await last;
  assertEquals(calls.length, 3);
});
