import { assertEquals } from "@std/assert";
import { qualifyEmoji } from "../../chat/text/emoji.ts";

const FORMS = [
  ["👍", "👍"],
  ["👍\uFE0F", "👍"],
  ["👍🏽", "👍🏽"],
  ["👍\uFE0F🏽", "👍🏽"],
  ["❤", "❤\uFE0F"],
  ["❤\uFE0F", "❤\uFE0F"],
  ["❤\uFE0F\uFE0F", "❤\uFE0F"],
  ["1\u20E3", "1\uFE0F\u20E3"],
  ["#\uFE0F\u20E3", "#\uFE0F\u20E3"],
  ["☝🏿", "☝🏿"],
  ["☝", "☝\uFE0F"],
  ["🏻", "🏻"],
  ["🇩🇪", "🇩🇪"],
  ["🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"],
  ["👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"],
  ["👩‍❤‍👨", "👩‍❤\uFE0F‍👨"],
  ["🧑🏻‍❤️‍💋‍🧑🏼", "🧑🏻‍❤️‍💋‍🧑🏼"],
  ["🏳‍🌈", "🏳\uFE0F‍🌈"],
  ["🤷🏽‍♀", "🤷🏽‍♀\uFE0F"],
  ["🕵‍♂", "🕵\uFE0F‍♂\uFE0F"],
] as const;

Deno.test("qualifyEmoji() gives all forms of an emoji one form", () => {
  for (const [given, qualified] of FORMS) assertEquals(qualifyEmoji(given), qualified, given);
});

Deno.test("qualifyEmoji() takes nothing but one emoji", () => {
  const others = [
    ...["", "a", "1", "#", "👍👍", "👍 ", " 👍", ":+1:", "\uFE0F", "\u200D", "🇩", "🇩🇪🇩🇪"],
    ...["👍\n", "👨‍👩‍👧‍", "é", "上", "\ud83d", "🏴󠁧󠁢󠁥", "👍".repeat(32), "👍".repeat(1e6)],
  ];
  for (const text of others) assertEquals(qualifyEmoji(text), undefined, text.slice(0, 64));
});
