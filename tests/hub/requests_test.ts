import { assertEquals } from "@std/assert";
import { FakeHub } from "../support/fake_hub.ts";
import type { Place } from "../../chat/requests.ts";

/** A place of a request, or the reason of its refusal. */
function begin({ hub }: FakeHub, address = "192.0.2.1"): Place | string {
  const begun = hub.requests.begin(address, false);
  return "reason" in begun ? begun.reason : begun;
}

/** Takes a place. */
function hold(fake: FakeHub, address?: string, drained?: () => void): () => void {
  const place = begin(fake, address);
  if (typeof place === "string") throw new Error(place);
  return place.hold(drained);
}

Deno.test("Requests.begin() lets an address have as many requests as connections, and others theirs", () => {
  const fake = new FakeHub({ connectionsPerAddress: 2 });
  const [first, second] = [hold(fake), hold(fake)];
  assertEquals(begin(fake), "too_many_from_address");
  hold(fake, "192.0.2.2");
  first();
  // Twice is once.
  first();
  hold(fake);
  assertEquals(begin(fake), "too_many_from_address");
  // Connections are others.
  assertEquals(fake.hub.refuse("192.0.2.1"), undefined);
  fake.connect("192.0.2.1");
  fake.connect("192.0.2.1");
  second();
  hold(fake);
});

Deno.test("Requests.begin() refuses for an IPv6 network that has too many, and where the server is full", () => {
  const fake = new FakeHub({ connectionsPerAddress: 1, maxConnections: 11 });
  for (let i = 0; i < 10; i++) hold(fake, `2001:db8:1:${i}::/64`);
  assertEquals(begin(fake, "2001:db8:1:ffff::/64"), "too_many_from_address");
  hold(fake, "2001:db8:2:1::/64");
  assertEquals(begin(fake, "192.0.2.1"), "full");
});

Deno.test("Requests.begin() refuses blocked addresses, and all when memory is short", () => {
  let isShort = false;
  const fake = new FakeHub({}, { isShortOfMemory: () => isShort });
  const { hub, timers } = fake;
  const address = hub.addresses.begin("192.0.2.1", timers.now);
  while (address.blockedMs(timers.now) === 0) address.recordViolation(timers.now);
  assertEquals(begin(fake), "kept_out");
  hold(fake, "192.0.2.2")();
  isShort = true;
  assertEquals(begin(fake, "192.0.2.2"), "memory");
});

Deno.test("Requests.drain() refuses others, ends streams, and waits for those in progress", async () => {
  const fake = new FakeHub();
  const release = hold(fake);
  const endStream: () => void = hold(fake, "192.0.2.2", () => endStream());
  let isDrained = false;
  const draining = fake.hub.requests.drain().then(() => isDrained = true);
  await fake.turn();
  assertEquals([isDrained, begin(fake)], [false, "draining"]);
  release();
  await draining;
});

Deno.test("an address is remembered while a request of it is in progress", async () => {
  const fake = new FakeHub();
  const release = hold(fake);
  await fake.pass(2000);
  assertEquals(fake.hub.addresses.size, 1);
  release();
  await fake.pass(2000);
  assertEquals(fake.hub.addresses.size, 0);
});
