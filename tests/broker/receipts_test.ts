import { assert, assertEquals } from "@std/assert";
import { type Receipt, Receipts } from "../../chat/broker/receipts.ts";

const KEPT_MS = 300_000;
const NOW = 1_789_057_529_454;
const RECEIPT: Receipt = { room: "lobby", id: "01J9ZX3Q4R5S6T7V8W9XYZABCD", time: NOW };

const acksOf = (maxBytes = 1e6): Receipts => new Receipts(KEPT_MS, maxBytes, NOW);

/** Remembers a receipt at a time, up to which the generations have aged. */
function remember(acks: Receipts, ref: string, now: number): void {
  acks.sweep(now);
  acks.remember("ada", ref, RECEIPT);
}

/** Remembers other receipts every ten seconds from one time up to and including another. */
function busy(acks: Receipts, from: number, to: number): void {
  for (let now = from; now < to; now += 10_000) remember(acks, `other ${now}`, now);
  remember(acks, `other ${to}`, to);
}

Deno.test("Receipts.find() gives the receipt of a user's ref and no other", () => {
  const acks = acksOf();
  const second = { ...RECEIPT, room: "kitchen" };
  acks.remember("ada", "1", RECEIPT);
  acks.remember("ada", "2", second);
  const found = [["ada", "1"], ["ada", "2"], ["ada", "3"], ["bob", "1"], ["ada", ""]].map((
    [user = "", ref = ""],
  ) => acks.find(user, ref));
  assertEquals(found, [RECEIPT, second, undefined, undefined, undefined]);
});

Deno.test("Receipts.find() takes any ref for a ref", () => {
  const refs = ["__proto__", "constructor", " ", "a b", "\u0000", "ada 1"];
  const acks = acksOf();
  assertEquals(refs.map((ref) => acks.find("ada", ref)), refs.map(() => undefined));
  refs.forEach((ref, time) => acks.remember("ada", ref, { ...RECEIPT, time }));
  assertEquals(refs.map((ref) => acks.find("ada", ref)?.time), refs.map((_, time) => time));
});

Deno.test("Receipts never forgets a receipt before its time, whenever it came", () => {
  for (const came of [0, 1, KEPT_MS / 2, KEPT_MS - 1, KEPT_MS, KEPT_MS + 1, 1.9 * KEPT_MS]) {
    const acks = acksOf();
    busy(acks, NOW, NOW + came);
    remember(acks, "1", NOW + came);
    busy(acks, NOW + came, NOW + came + KEPT_MS - 1);
    assertEquals(acks.find("ada", "1"), RECEIPT, `after ${came} ms`);
  }
});

Deno.test("Receipts never forgets a receipt before its time when nothing else comes", () => {
  for (const came of [0, KEPT_MS - 1, KEPT_MS, 99 * KEPT_MS]) {
    const acks = acksOf();
    remember(acks, "1", NOW + came);
    acks.sweep(NOW + came + KEPT_MS - 1);
    assertEquals(acks.find("ada", "1"), RECEIPT, `after ${came} ms`);
  }
});

Deno.test("Receipts forgets a receipt after twice its time", () => {
  for (const came of [0, 1, KEPT_MS / 2, KEPT_MS - 1]) {
    const acks = acksOf();
    remember(acks, "1", NOW + came);
    busy(acks, NOW + came, NOW + 2 * KEPT_MS + came);
    assertEquals(acks.find("ada", "1"), undefined, `after ${came} ms`);
  }
});

Deno.test("Receipts.size is bounded by what came within twice the time", () => {
  const acks = acksOf();
  let largest = 0;
  for (let i = 0; i < 1000; i++) {
    remember(acks, `${i}`, NOW + i * 10_000);
    largest = Math.max(largest, acks.size);
  }
  assertEquals(largest, 60);
});

/** Remembers receipts as long as there is place. Returns how many. */
function fill(acks: Receipts, address: string | undefined, most = 10_000): number {
  let count = 0;
  while (count < most && acks.hasPlace(address)) {
    acks.remember(address ?? "nowhere", `${count++}`, RECEIPT, address);
  }
  return count;
}

Deno.test("Receipts.hasPlace() is false until the old generation is gone, too", () => {
  const acks = acksOf(1000);
  assertEquals(fill(acks, undefined), 5);
  acks.sweep(NOW + KEPT_MS - 1);
  assertEquals(acks.hasPlace(), false);
  acks.sweep(NOW + KEPT_MS);
  assertEquals([acks.hasPlace(), acks.size], [false, 5]);
  acks.sweep(NOW + 2 * KEPT_MS);
  assertEquals([acks.hasPlace(), acks.size, acks.bytes], [true, 0, 0]);
});

Deno.test("Receipts.hasPlace() lets an address fill a fifth, and the next one a fifth of what is left", () => {
  const acks = acksOf(1_000_000);
  const counts = Array.from({ length: 20 }, (_, i) => fill(acks, `192.0.2.${i}`));
  const share = (counts[0] ?? 0) * 155 / 1_000_000;
  assert(share > 0.19 && share < 0.21, `${share} of it is the first one's`);
  assert(counts.every((count, i) => i === 0 || count <= (counts[i - 1] ?? 0)), `${counts}`);
  assert(acks.hasPlace("192.0.2.99"), "whoever has sent nothing yet");
  assert(acks.bytes <= 1_000_000, `${acks.bytes} bytes`);
});

Deno.test("Receipts.hasPlace() counts what an address has in both generations", () => {
  const acks = acksOf(1_000_000);
  const first = fill(acks, "192.0.2.1");
  acks.sweep(NOW + KEPT_MS);
  assertEquals(fill(acks, "192.0.2.1"), 0);
  acks.sweep(NOW + 2 * KEPT_MS);
  assertEquals(fill(acks, "192.0.2.1"), first);
});

Deno.test("Receipts.bytes counts the characters of refs, and users more than receipts", () => {
  const sizes = ["r", "✓".repeat(64)].map((ref) => {
    const acks = acksOf();
    acks.remember("ada", ref, RECEIPT);
    const { bytes } = acks;
    acks.remember("ada", `${ref}2`, RECEIPT);
    return [bytes, acks.bytes - bytes];
  });
  assertEquals(sizes, [[401, 152], [528, 280]]);
});

Deno.test("Receipts.remember() counts a receipt that it has once", () => {
  const acks = acksOf();
  acks.remember("ada", "1", RECEIPT);
  acks.remember("ada", "1", RECEIPT);
  assertEquals(acks.size, 1);
});

Deno.test("Receipts forgets nothing early when the clock is set back", () => {
  const acks = acksOf();
  const back = NOW - 3_600_000;
  remember(acks, "1", NOW + 1000);
  busy(acks, back, back + KEPT_MS - 1);
  assertEquals(acks.find("ada", "1"), RECEIPT);
});
