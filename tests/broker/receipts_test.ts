import { assert, assertEquals } from "@std/assert";
import type { Receipt } from "../../chat/broker/broker.ts";
import { Receipts as AllReceipts } from "../../chat/broker/receipts.ts";

class Receipts extends AllReceipts<Receipt> {}

const KEPT_MS = 300_000;
const NOW = 1_789_057_529_454;
const ID = "01J9ZX3Q4R5S6T7V8W9XYZABCD";
const RECEIPT: Receipt = { room: "lobby", id: ID, position: ID };

const receiptsOf = (maxBytes = 1e6): Receipts => new Receipts(KEPT_MS, maxBytes, NOW);

/** Remembers a receipt at a time, up to which the generations have aged. */
function remember(receipts: Receipts, ref: string, now: number): void {
  receipts.sweep(now);
  receipts.remember("ada", ref, RECEIPT);
}

/** Remembers other receipts every ten seconds from one time up to and including another. */
function busy(receipts: Receipts, from: number, to: number): void {
  for (let now = from; now < to; now += 10_000) remember(receipts, `other ${now}`, now);
  remember(receipts, `other ${to}`, to);
}

Deno.test("Receipts.find() gives the receipt of a user's ref and no other", () => {
  const receipts = receiptsOf();
  const second = { ...RECEIPT, room: "kitchen" };
  receipts.remember("ada", "1", RECEIPT);
  receipts.remember("ada", "2", second);
  const found = [["ada", "1"], ["ada", "2"], ["ada", "3"], ["bob", "1"], ["ada", ""]].map((
    [user = "", ref = ""],
  ) => receipts.find(user, ref));
  assertEquals(found, [RECEIPT, second, undefined, undefined, undefined]);
});

Deno.test("Receipts.find() finds refs such as __proto__ and a space", () => {
  const refs = ["__proto__", "constructor", " ", "a b", "\u0000", "ada 1"];
  const receipts = receiptsOf();
  assertEquals(refs.map((ref) => receipts.find("ada", ref)), refs.map(() => undefined));
  refs.forEach((ref) => receipts.remember("ada", ref, { ...RECEIPT, room: ref }));
  assertEquals(refs.map((ref) => receipts.find("ada", ref)?.room), refs);
});

Deno.test("Receipts never forgets a receipt before its time, whenever it came", () => {
  for (const came of [0, 1, KEPT_MS / 2, KEPT_MS - 1, KEPT_MS, KEPT_MS + 1, 1.9 * KEPT_MS]) {
    const receipts = receiptsOf();
    busy(receipts, NOW, NOW + came);
    remember(receipts, "1", NOW + came);
    busy(receipts, NOW + came, NOW + came + KEPT_MS - 1);
    assertEquals(receipts.find("ada", "1"), RECEIPT, `after ${came} ms`);
  }
});

Deno.test("Receipts never forgets a receipt before its time when nothing else comes", () => {
  for (const came of [0, KEPT_MS - 1, KEPT_MS, 99 * KEPT_MS]) {
    const receipts = receiptsOf();
    remember(receipts, "1", NOW + came);
    receipts.sweep(NOW + came + KEPT_MS - 1);
    assertEquals(receipts.find("ada", "1"), RECEIPT, `after ${came} ms`);
  }
});

Deno.test("Receipts forgets a receipt after twice its time", () => {
  for (const came of [0, 1, KEPT_MS / 2, KEPT_MS - 1]) {
    const receipts = receiptsOf();
    remember(receipts, "1", NOW + came);
    busy(receipts, NOW + came, NOW + 2 * KEPT_MS + came);
    assertEquals(receipts.find("ada", "1"), undefined, `after ${came} ms`);
  }
});

Deno.test("Receipts.size is bounded by the receipts of twice the time", () => {
  const receipts = receiptsOf();
  let largest = 0;
  for (let i = 0; i < 1000; i++) {
    remember(receipts, `${i}`, NOW + i * 10_000);
    largest = Math.max(largest, receipts.size);
  }
  assertEquals(largest, 60);
});

/** Remembers receipts as long as there is place. Returns how many. */
function fill(receipts: Receipts, address: string | undefined, most = 10_000): number {
  let count = 0;
  while (count < most && receipts.hasPlace(address)) {
    receipts.remember(address ?? "nowhere", `${count++}`, RECEIPT, address);
  }
  return count;
}

Deno.test("Receipts.hasPlace() is false until the old generation is gone, too", () => {
  const receipts = receiptsOf(1000);
  assertEquals(fill(receipts, undefined), 5);
  receipts.sweep(NOW + KEPT_MS - 1);
  assertEquals(receipts.hasPlace(), false);
  receipts.sweep(NOW + KEPT_MS);
  assertEquals([receipts.hasPlace(), receipts.size], [false, 5]);
  receipts.sweep(NOW + 2 * KEPT_MS);
  assertEquals([receipts.hasPlace(), receipts.size, receipts.bytes], [true, 0, 0]);
});

Deno.test("Receipts.hasPlace() lets an address fill a fifth, and the next one a fifth of what is left", () => {
  const receipts = receiptsOf(1_000_000);
  const counts = Array.from({ length: 20 }, (_, i) => fill(receipts, `192.0.2.${i}`));
  const share = (counts[0] ?? 0) * 155 / 1_000_000;
  assert(share > 0.19 && share < 0.21, `${share} of it is the first one's`);
  assert(counts.every((count, i) => i === 0 || count <= (counts[i - 1] ?? 0)), `${counts}`);
  assert(receipts.hasPlace("192.0.2.99"), "whoever has sent nothing yet");
  assert(receipts.bytes <= 1_000_000, `${receipts.bytes} bytes`);
});

Deno.test("Receipts.hasPlace() counts what an address has in both generations", () => {
  const receipts = receiptsOf(1_000_000);
  const first = fill(receipts, "192.0.2.1");
  receipts.sweep(NOW + KEPT_MS);
  assertEquals(fill(receipts, "192.0.2.1"), 0);
  receipts.sweep(NOW + 2 * KEPT_MS);
  assertEquals(fill(receipts, "192.0.2.1"), first);
});

Deno.test("Receipts.bytes counts the characters of refs, and users more than receipts", () => {
  const sizes = ["r", "✓".repeat(64)].map((ref) => {
    const receipts = receiptsOf();
    receipts.remember("ada", ref, RECEIPT);
    const { bytes } = receipts;
    receipts.remember("ada", `${ref}2`, RECEIPT);
    return [bytes, receipts.bytes - bytes];
  });
  assertEquals(sizes, [[401, 152], [528, 280]]);
});

Deno.test("Receipts.remember() counts a receipt that it has once", () => {
  const receipts = receiptsOf();
  receipts.remember("ada", "1", RECEIPT);
  receipts.remember("ada", "1", RECEIPT);
  assertEquals(receipts.size, 1);
});

Deno.test("Receipts forgets nothing early when the clock is set back", () => {
  const receipts = receiptsOf();
  const back = NOW - 3_600_000;
  remember(receipts, "1", NOW + 1000);
  busy(receipts, back, back + KEPT_MS - 1);
  assertEquals(receipts.find("ada", "1"), RECEIPT);
});
