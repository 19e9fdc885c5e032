import { assertEquals } from "@std/assert";
import { charBytes, exceedsBytes } from "../../chat/limits/bytes.ts";
import { SeededRandom } from "../support/seeded_random.ts";

Deno.test("charBytes() counts two for each unit if one of them is beyond Latin-1", () => {
  const texts = ["", "a", "\u0000é\u00ff", "Ā", "a🙂", "x".repeat(999) + "中"];
  assertEquals(texts.map(charBytes), [0, 1, 3, 2, 6, 2000]);
});

Deno.test("exceedsBytes() is exact at the border of every kind of character", () => {
  const encoder = new TextEncoder();
  const texts = [
    ...["", "a", "\u0000", "\u007f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff"],
    ...["\u{10000}", "\u{10ffff}", "ä€🙂a".repeat(50), "🙂".repeat(99), "€".repeat(99)],
  ];
  for (const text of texts) {
    const bytes = encoder.encode(text).length;
    const around = [bytes - 1, bytes, bytes + 1].map((max) => exceedsBytes(text, max));
    assertEquals(around, [true, false, false], JSON.stringify(text));
  }
});

Deno.test("exceedsBytes() agrees with TextEncoder on random texts", () => {
  const chance = new SeededRandom(1);
  const encoder = new TextEncoder();
  const ranges = [[0, 0x80], [0x80, 0x800], [0x800, 0xd800], [0xe000, 0x10000], [
    0x10000,
    0x110000,
  ]];
  for (let run = 0; run < 500; run++) {
    let text = "";
    for (let length = chance.below(40); length > 0; length--) {
      const [from = 0, to = 0] = ranges[chance.below(ranges.length)] ?? [];
      text += String.fromCodePoint(from + chance.below(to - from));
    }
    const bytes = encoder.encode(text).length;
    for (const max of [bytes - 1, bytes, chance.below(160)]) {
      assertEquals(exceedsBytes(text, max), bytes > max, JSON.stringify({ text, max }));
    }
  }
});
