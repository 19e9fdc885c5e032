import { assertEquals } from "@std/assert";
import { Acks, type Receipt } from "../chat/acks.ts";

const KEPT_MS = 300_000;
const NOW = 1_789_057_529_454;
const RECEIPT: Receipt = { room: "lobby", id: "01J9ZX3Q4R5S6T7V8W9XYZABCD", time: NOW };

const acksOf = (max = 1000): Acks => new Acks(KEPT_MS, max, NOW);

/** Remembers a receipt at a time, up to which the generations have aged. */
function remember(acks: Acks, ref: string, now: number): void {
  acks.sweep(now);
  acks.remember("ada", ref, RECEIPT);
}

/** Remembers other receipts every ten seconds from one time up to and including another. */
function busy(acks: Acks, from: number, to: number): void {
  for (let now = from; now < to; now += 10_000) remember(acks, `other ${now}`, now);
  remember(acks, `other ${to}`, to);
}

Deno.test("Acks.find() gives the receipt of a user's ref and no other", () => {
  const acks = acksOf();
  const second = { ...RECEIPT, room: "kitchen" };
  acks.remember("ada", "1", RECEIPT);
  acks.remember("ada", "2", second);
  const found = [["ada", "1"], ["ada", "2"], ["ada", "3"], ["bob", "1"], ["ada", ""]].map((
    [user = "", ref = ""],
  ) => acks.find(user, ref));
  assertEquals(found, [RECEIPT, second, undefined, undefined, undefined]);
});

Deno.test("Acks.find() takes any ref for a ref", () => {
  const refs = ["__proto__", "constructor", " ", "a b", "\u0000", "ada 1"];
  const acks = acksOf();
  assertEquals(refs.map((ref) => acks.find("ada", ref)), refs.map(() => undefined));
  refs.forEach((ref, time) => acks.remember("ada", ref, { ...RECEIPT, time }));
  assertEquals(refs.map((ref) => acks.find("ada", ref)?.time), refs.map((_, time) => time));
});

Deno.test("Acks never forgets a receipt before its time, whenever it came", () => {
  for (const came of [0, 1, KEPT_MS / 2, KEPT_MS - 1, KEPT_MS, KEPT_MS + 1, 1.9 * KEPT_MS]) {
    const acks = acksOf();
    busy(acks, NOW, NOW + came);
    remember(acks, "1", NOW + came);
    busy(acks, NOW + came, NOW + came + KEPT_MS - 1);
    assertEquals(acks.find("ada", "1"), RECEIPT, `after ${came} ms`);
  }
});

Deno.test("Acks never forgets a receipt before its time when nothing else comes", () => {
  for (const came of [0, KEPT_MS - 1, KEPT_MS, 99 * KEPT_MS]) {
    const acks = acksOf();
    remember(acks, "1", NOW + came);
    acks.sweep(NOW + came + KEPT_MS - 1);
    assertEquals(acks.find("ada", "1"), RECEIPT, `after ${came} ms`);
  }
});

Deno.test("Acks forgets a receipt after twice its time", () => {
  for (const came of [0, 1, KEPT_MS / 2, KEPT_MS - 1]) {
    const acks = acksOf();
    remember(acks, "1", NOW + came);
    busy(acks, NOW + came, NOW + 2 * KEPT_MS + came);
    assertEquals(acks.find("ada", "1"), undefined, `after ${came} ms`);
  }
});

Deno.test("Acks.size is bounded by what came within twice the time", () => {
  const acks = acksOf();
  let largest = 0;
  for (let i = 0; i < 1000; i++) {
    remember(acks, `${i}`, NOW + i * 10_000);
    largest = Math.max(largest, acks.size);
  }
  assertEquals(largest, 60);
});

Deno.test("Acks.isFull() is true until the young generation has become the old one", () => {
  const acks = acksOf(2);
  assertEquals(acks.isFull, false);
  acks.remember("ada", "1", RECEIPT);
  assertEquals(acks.isFull, false);
  acks.remember("ada", "2", RECEIPT);
  assertEquals(acks.isFull, true);
  acks.sweep(NOW + KEPT_MS - 1);
  assertEquals(acks.isFull, true);
  acks.sweep(NOW + KEPT_MS);
  assertEquals(acks.isFull, false);
  assertEquals([acks.find("ada", "1"), acks.size], [RECEIPT, 2]);
});

Deno.test("Acks.remember() counts a receipt that it has once", () => {
  const acks = acksOf();
  acks.remember("ada", "1", RECEIPT);
  acks.remember("ada", "1", RECEIPT);
  assertEquals(acks.size, 1);
});

Deno.test("Acks forgets nothing early when the clock is set back", () => {
  const acks = acksOf();
  const back = NOW - 3_600_000;
  remember(acks, "1", NOW + 1000);
  busy(acks, back, back + KEPT_MS - 1);
  assertEquals(acks.find("ada", "1"), RECEIPT);
});
