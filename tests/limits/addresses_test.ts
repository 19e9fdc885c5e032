import { assert, assertEquals } from "@std/assert";
import type { AddressConfig } from "../../chat/limits/address_budgets.ts";
import { type Address, Addresses } from "../../chat/limits/addresses.ts";
import { UNLIMITED } from "../support/fake_hub.ts";

const NOW = 1_000_000;
const HERE = "192.0.2.1";
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const DEFAULTS: AddressConfig = {
  connectionsPerAddress: 100,
  messageRate: { burst: 10, perSecond: 5 },
};

function addressesWith(options: Partial<AddressConfig> = {}): Addresses {
  return new Addresses({ ...DEFAULTS, ...options });
}

/** Opens connections until one is refused. Returns how many, and the reason. */
function enterAll(addresses: Addresses, name: (i: number) => string): [number, string] {
  for (let i = 0; i < 10_000; i++) {
    const refusal = addresses.refuse(name(i), NOW);
    if (refusal !== undefined) return [i, refusal.reason];
    addresses.enter(name(i), NOW);
  }
  return [Infinity, ""];
}

/** Opens and closes connections at an interval. Returns how many were allowed. */
function visit(addresses: Addresses, from: number, to: number, everyMs: number): number {
  let entered = 0;
  for (let now = from; now < to; now += everyMs) {
    if (addresses.refuse(HERE, now) !== undefined) continue;
    addresses.leave(addresses.enter(HERE, now));
    entered++;
  }
  return entered;
}

function violate(address: Address, times: number, now = NOW): number[] {
  return Array.from({ length: times }, () => address.recordViolation(now));
}

Deno.test("Addresses.refuse() limits the connections of an address until one ends", () => {
  const addresses = addressesWith({ connectionsPerAddress: 2 });
  const address = addresses.enter(HERE, NOW);
  addresses.enter(HERE, NOW);
  assertEquals(addresses.refuse(HERE, NOW)?.reason, "too_many_from_address");
  assertEquals(addresses.refuse("192.0.2.2", NOW), undefined);
  addresses.leave(address);
  assertEquals(addresses.refuse(HERE, NOW), undefined);
});

Deno.test("Addresses.refuse() allows an IPv6 network of 48 bits ten times as many", () => {
  const addresses = addressesWith({ connectionsPerAddress: 2 });
  const [count, reason] = enterAll(addresses, (i) => `2001:db8:1:${i.toString(16)}::/64`);
  assertEquals([count, reason], [20, "too_many_from_address"]);
  assertEquals(addresses.refuse("2001:db8:2:0::/64", NOW), undefined);
  assertEquals(addresses.refuse(HERE, NOW), undefined);
});

Deno.test("Addresses.leave() frees a connection of the network of 48 bits", () => {
  const addresses = addressesWith({ connectionsPerAddress: 1 });
  const nameOf = (i: number) => `2001:db8:1:${i}::/64`;
  const first = addresses.enter(nameOf(0), NOW);
  for (let i = 1; i < 10; i++) addresses.enter(nameOf(i), NOW);
  addresses.leave(first);
  assertEquals(addresses.refuse(nameOf(10), NOW), undefined);
});

Deno.test("Addresses.refuse() counts IPv4 addresses separately", () => {
  const addresses = addressesWith({ connectionsPerAddress: 1 });
  assertEquals(enterAll(addresses, (i) => `192.0.${i >> 8}.${i & 255}`)[0], Infinity);
});

Deno.test("Addresses.refuse() allows a hundred people to reconnect ten times at once", () => {
  const addresses = addressesWith();
  for (let i = 0; i < 10; i++) {
    const crowd = Array.from({ length: 100 }, () => {
      assertEquals(addresses.refuse(HERE, NOW), undefined);
      return addresses.enter(HERE, NOW);
    });
    for (const address of crowd) addresses.leave(address);
  }
});

Deno.test("Addresses.refuse() limits the rate of new connections", () => {
  const addresses = addressesWith();
  const inTheFirst = visit(addresses, NOW, NOW + 10 * SECOND, 1);
  const later = visit(addresses, NOW + 10 * SECOND, NOW + 20 * SECOND, 1);
  assertEquals([inTheFirst, later], [1999, 1000]);
});

Deno.test("Addresses.refuse() returns when to try again after too many new connections", () => {
  const addresses = addressesWith();
  visit(addresses, NOW, NOW + 10 * SECOND, 1);
  const refusal = addresses.refuse(HERE, NOW + 10 * SECOND - 1);
  assertEquals(refusal?.reason, "too_fast_from_address");
  const retryMs = refusal?.retryMs ?? 0;
  assert(retryMs > 0 && retryMs <= 10, `retryMs: ${retryMs}`);
  assertEquals(addresses.refuse(HERE, NOW + 10 * SECOND - 1 + retryMs), undefined);
});

Deno.test("Addresses.refuse() allows reloads of a page where an address may have one connection", () => {
  const addresses = addressesWith({ connectionsPerAddress: 1 });
  assertEquals(visit(addresses, NOW, NOW + 10 * SECOND, 100), 100);
});

Deno.test("Addresses neither limits nor blocks with connectionsPerAddress: Infinity", () => {
  const addresses = addressesWith({ connectionsPerAddress: Infinity });
  assertEquals(enterAll(addresses, () => HERE)[0], Infinity);
  const address = addresses.enter(HERE, NOW);
  assertEquals(violate(address, 100).some((ms) => ms > 0), false);
  for (let i = 0; i < 10_000; i++) assertEquals(address.takeMessage(1, NOW), 0);
  address.spendAnswer(1e12, NOW);
  assertEquals([
    address.budgets.answers.wait(NOW),
    address.budgets.rooms.wait(NOW),
    address.budgetKey,
  ], [
    0,
    0,
    undefined,
  ]);
});

Deno.test("Address.takeMessage() allows what all its connections may send, across reconnects", () => {
  const messageRate = { burst: 2, perSecond: 5 };
  const addresses = addressesWith({ connectionsPerAddress: 3, messageRate });
  let taken = 0;
  for (let i = 0; i < 3000; i++) {
    const address = addresses.enter(HERE, NOW);
    if (address.takeMessage(1, NOW) === 0) taken++;
    addresses.leave(address);
    addresses.sweep(NOW);
  }
  // A burst for each of 1,000 new connections.
  assertEquals(taken, 2000);
  // Three times five a second.
  assertEquals(addresses.enter(HERE, NOW).takeMessage(1, NOW), 67);
});

Deno.test("Address.takeMessage() has no limit where users have none", () => {
  const address = addressesWith({ messageRate: UNLIMITED }).enter(HERE, NOW);
  for (let i = 0; i < 10_000; i++) assertEquals(address.takeMessage(1, NOW), 0);
});

Deno.test("Address.takeMessage() counts bytes as well: 16 MiB at once, then 256 KiB a second", () => {
  const address = addressesWith().enter(HERE, NOW);
  const bytes = 16_000;
  let taken = 0;
  while (address.takeMessage(bytes, NOW) === 0) taken++;
  assertEquals(taken, Math.ceil(16 * 2 ** 20 / bytes));
  assertEquals(address.takeMessage(1, NOW) > 0, true);
  let later = 0;
  for (let now = NOW; now <= NOW + 10 * SECOND; now++) {
    if (address.takeMessage(bytes, now) === 0) later++;
  }
  assertEquals(Math.round(later * bytes / 2 ** 20 * 10), 25);
});

Deno.test("Address.takeMessage() takes nothing from one budget while the other is empty", () => {
  const address = addressesWith().enter(HERE, NOW);
  address.takeMessage(16.25 * 2 ** 20, NOW);
  for (let i = 0; i < 20_000; i++) assert(address.takeMessage(1, NOW) > 0);
  for (let i = 0; i < 9_999; i++) assertEquals(address.takeMessage(1, NOW + 2 * SECOND), 0);
});

Deno.test("Address.budgets.rooms allows 200 new rooms at once, then one a second", () => {
  const address = addressesWith().enter(HERE, NOW);
  let made = 0;
  for (; address.budgets.rooms.wait(NOW) === 0; made++) address.budgets.rooms.spend(1);
  assertEquals([made, address.budgets.rooms.wait(NOW)], [200, SECOND]);
  assert(address.budgets.rooms.wait(NOW + 990) > 0);
  assertEquals(address.budgets.rooms.wait(NOW + SECOND), 0);
});

Deno.test("Address.budgets.rooms allows more new rooms where more connections are allowed", () => {
  const address = addressesWith({ connectionsPerAddress: 1000 }).enter(HERE, NOW);
  for (let i = 0; i < 2000; i++) {
    assertEquals(address.budgets.rooms.wait(NOW), 0);
    address.budgets.rooms.spend(1);
  }
  assert(address.budgets.rooms.wait(NOW) > 0);
});

Deno.test("Address.budgets.presence allows 4,000 changes at once, then 200 a second", () => {
  const address = addressesWith().enter(HERE, NOW);
  for (let i = 0; i < 4000; i++) {
    assertEquals(address.budgets.presence.wait(NOW), 0);
    address.budgets.presence.spend(1);
  }
  assertEquals([address.budgets.presence.wait(NOW), address.budgets.presence.wait(NOW + 5)], [
    5,
    0,
  ]);
});

Deno.test("Address.budgets.presence has a longer wait after a user was renamed in very many rooms", () => {
  const address = addressesWith().enter(HERE, NOW);
  address.budgets.presence.spend(6000);
  assertEquals(address.budgets.presence.wait(NOW), 10_005);
});

Deno.test("Address.mustPause() is true until the end of a used-up time slice", () => {
  const address = addressesWith().enter(HERE, NOW);
  address.spendAnswer(2 ** 20 - 1, NOW);
  assertEquals(address.mustPause(NOW), false);
  address.spendSlice(1, NOW + 9);
  assertEquals([address.mustPause(NOW + 9), address.mustPause(NOW + 10)], [true, false]);
  address.spendSlice(2 ** 20 - 1, NOW + 10);
  assertEquals(address.mustPause(NOW + 10), false);
});

Deno.test("Address.budgets.answers has a wait until the debt of answers is paid", () => {
  const address = addressesWith().enter(HERE, NOW);
  const burst = 100 * 2 ** 18;
  address.spendAnswer(burst - 1, NOW);
  assertEquals(address.budgets.answers.wait(NOW), 0);
  address.spendAnswer(100 * 2 ** 18, NOW);
  assertEquals(address.budgets.answers.wait(NOW), SECOND);
  assertEquals(address.budgets.answers.wait(NOW + SECOND), 0);
});

Deno.test("Address.recordViolation() forgives five, then blocks for longer each time", () => {
  const address = addressesWith().enter(HERE, NOW);
  const seconds: number[] = [];
  for (let i = 0, now = NOW; i < 16; i++) {
    const ms = address.recordViolation(now);
    seconds.push(ms / SECOND);
    now += ms;
  }
  assertEquals(seconds, [0, 0, 0, 0, 0, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
});

Deno.test("Address.recordViolation() counts violations at the same time as one", () => {
  const address = addressesWith().enter(HERE, NOW);
  assertEquals(violate(address, 100).filter((ms) => ms > 0), [10 * SECOND]);
  assertEquals(address.recordViolation(NOW + 10 * SECOND), 20 * SECOND);
});

Deno.test("Address.recordViolation() forgives one more every two minutes", () => {
  const table: [apartMs: number, isBlocked: boolean][] = [
    [0, true],
    [MINUTE, true],
    [2 * MINUTE, false],
    [HOUR, false],
  ];
  for (const [apartMs, isBlocked] of table) {
    const address = addressesWith().enter(HERE, NOW);
    const kept = Array.from({ length: 30 }, (_, i) => address.recordViolation(NOW + i * apartMs));
    assertEquals(kept.some((ms) => ms > 0), isBlocked, `${apartMs} ms apart`);
  }
});

Deno.test("Address.recordViolation() forgives everything after half an hour without violations", () => {
  const address = addressesWith().enter(HERE, NOW);
  let now = NOW;
  for (let i = 0; i < 30; i++) now += address.recordViolation(now);
  assertEquals(violate(address, 6, now + 30 * MINUTE).filter((ms) => ms > 0), [10 * SECOND]);
});

Deno.test("Address.recordViolation() does not count time spent blocked as good behaviour", () => {
  const address = addressesWith().enter(HERE, NOW);
  let now = NOW;
  for (let i = 0; i < 15; i++) now += address.recordViolation(now);
  // The address was blocked for the last hour.
  assertEquals(address.recordViolation(now), HOUR);
});

Deno.test("Addresses.refuse() blocks an address for a time, and no other", () => {
  const addresses = addressesWith();
  violate(addresses.enter(HERE, NOW), 6);
  const times = [0, 9_999, 10_000].map((ms) => addresses.refuse(HERE, NOW + ms));
  assertEquals(times, [
    { reason: "kept_out", retryMs: 10_000 },
    { reason: "kept_out", retryMs: 1 },
    undefined,
  ]);
  assertEquals(addresses.refuse("192.0.2.2", NOW), undefined);
});

Deno.test("Addresses.sweep() forgets addresses with the state of new ones", () => {
  const table: [what: string, act: (address: Address) => void, keptMs: number][] = [
    ["one connection", () => {}, 10],
    [
      "ten messages",
      (address) => Array.from({ length: 10 }, () => address.takeMessage(1, NOW)),
      20,
    ],
    [
      "600 messages",
      (address) => Array.from({ length: 600 }, () => address.takeMessage(1, NOW)),
      1200,
    ],
    ["an answer", (address) => address.spendAnswer(100 * 2 ** 18, NOW), SECOND],
    ["one violation", (address) => violate(address, 1), 2 * MINUTE],
    ["six violations", (address) => violate(address, 6), 12 * MINUTE + 10 * SECOND],
  ];
  for (const [what, act, keptMs] of table) {
    const addresses = addressesWith();
    const address = addresses.enter(HERE, NOW);
    act(address);
    addresses.sweep(NOW + HOUR);
    assertEquals(addresses.size, 1, `${what}, connected`);
    addresses.leave(address);
    addresses.sweep(NOW + keptMs - 1);
    assertEquals(addresses.size, 1, `${what}, just before`);
    addresses.sweep(NOW + keptMs);
    assertEquals(addresses.size, 0, what);
  }
});

Deno.test("Addresses.sweep() keeps violations", () => {
  const addresses = addressesWith();
  const address = addresses.enter(HERE, NOW);
  violate(address, 6);
  addresses.leave(address);
  addresses.sweep(NOW + 10 * SECOND);
  assertEquals(
    addresses.enter(HERE, NOW + 10 * SECOND).recordViolation(NOW + 10 * SECOND),
    20 * SECOND,
  );
});

Deno.test("Addresses.leave() keeps the last 20,000 idle addresses, and all connected ones", () => {
  const addresses = addressesWith({ connectionsPerAddress: 1 });
  addresses.enter(HERE, NOW);
  const nameOf = (i: number) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
  for (let i = 0; i < 30_000; i++) {
    const address = addresses.enter(nameOf(i), NOW);
    violate(address, 6);
    addresses.leave(address);
  }
  assertEquals(addresses.size, 20_001);
  assertEquals(addresses.refuse(HERE, NOW)?.reason, "too_many_from_address");
  assertEquals(addresses.refuse(nameOf(9_999), NOW), undefined);
  assertEquals(addresses.refuse(nameOf(10_000), NOW)?.reason, "kept_out");
});

Deno.test("Addresses.refuse() remembers no address without a connection", () => {
  const addresses = addressesWith();
  for (let i = 0; i < 100; i++) addresses.refuse(`192.0.2.${i}`, NOW);
  assertEquals(addresses.size, 0);
});

/** Takes requests at once. Returns how many there were, and when there is one again. */
function takeAll(addresses: Addresses, name = HERE, now = NOW): [number, number] {
  for (let i = 0; i < 1_000_000; i++) {
    const waitMs = addresses.takeRequest(name, now);
    if (waitMs > 0) return [i, waitMs];
  }
  return [Infinity, 0];
}

Deno.test("Addresses.takeRequest() allows 10,000 at once, then 500 a second", () => {
  const addresses = addressesWith();
  assertEquals(takeAll(addresses), [10_000, 2]);
  assertEquals(takeAll(addresses, HERE, NOW + SECOND), [500, 2]);
  assertEquals(takeAll(addresses, "192.0.2.2"), [10_000, 2]);
  assertEquals(takeAll(addresses, HERE, NOW + MINUTE), [10_000, 2]);
});

Deno.test("Addresses.takeRequest() allows more where more connections are allowed", () => {
  const table: [connectionsPerAddress: number, requests: number][] = [
    [1, 10_000],
    [100, 10_000],
    [300, 30_000],
    [Infinity, Infinity],
  ];
  for (const [connectionsPerAddress, requests] of table) {
    assertEquals(takeAll(addressesWith({ connectionsPerAddress }))[0], requests);
  }
});

Deno.test("Addresses.takeRequest() and connections have separate budgets", () => {
  const addresses = addressesWith();
  takeAll(addresses);
  assertEquals(addresses.refuse(HERE, NOW), undefined);
  assertEquals(addresses.size, 0);
  assertEquals(enterAll(addresses, () => HERE)[0], 100);
  assertEquals(takeAll(addressesWith())[0], 10_000);
});

Deno.test("Addresses.takeRequest() remembers the last 20,000 addresses", () => {
  const addresses = addressesWith();
  const nameOf = (i: number) => `192.0.${i >> 8}.${i & 255}`;
  takeAll(addresses, nameOf(0));
  takeAll(addresses, nameOf(1));
  for (let i = 2; i < 20_001; i++) addresses.takeRequest(nameOf(i), NOW);
  assertEquals(addresses.takeRequest(nameOf(1), NOW), 2);
  assertEquals(addresses.takeRequest(nameOf(0), NOW), 0);
});

Deno.test("Addresses.sweep() forgets full budgets of requests and no others", () => {
  const addresses = addressesWith();
  takeAll(addresses);
  addresses.sweep(NOW + SECOND);
  assertEquals(takeAll(addresses, HERE, NOW + SECOND)[0], 500);
  addresses.sweep(NOW + MINUTE);
  assertEquals(takeAll(addresses, HERE, NOW + MINUTE)[0], 10_000);
});
