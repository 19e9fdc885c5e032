import { assertEquals } from "@std/assert";
import {
  charactersOf,
  cleanText,
  cutText,
  isBlank,
  isLong,
  trimLines,
} from "../../static/model/text.js";

Deno.test("isBlank() is true of texts without a visible character", () => {
  const blank = [
    "",
    " ",
    "\n\t",
    "\u00a0",
    "\u200b",
    "\u2800",
    "\u3164",
    "\u2060\ufe0f",
    "\u202e",
    "\0",
  ];
  assertEquals(blank.filter((text) => !isBlank(text)), []);
  assertEquals(["a", "`", " .", "😀", "\u200bא"].filter(isBlank), []);
});

Deno.test("trimLines() takes blank lines from both ends, and keeps the first line's indent", () => {
  assertEquals(trimLines("\n \n  a\n\n b \n\n"), "  a\n\n b");
  assertEquals(trimLines("\n\n"), "");
  assertEquals(trimLines("a"), "a");
});

Deno.test("cleanText() removes the characters that the server removes", () => {
  assertEquals(cleanText("\na\u0000\r\n\tb\u007f\u0085\n"), "a\n\tb");
  assertEquals(cleanText("a\ud800b😀"), "a\ufffdb😀");
});

/** Runs a test with Intl.Segmenter and without. */
function withAndWithoutSegmenter(run: () => void): void {
  run();
  const { Segmenter } = Intl;
  Reflect.deleteProperty(Intl, "Segmenter");
  try {
    run();
  } finally {
    Reflect.set(Intl, "Segmenter", Segmenter);
  }
}

Deno.test("charactersOf() yields characters as readers count them", () => {
  withAndWithoutSegmenter(() => {
    for (const text of ["🇩🇪", "👩‍💻", "👍🏽", "e\u0301", "❤️", "👨‍👩‍👧‍👦", "1️⃣"]) {
      assertEquals([...charactersOf(`a${text}b`)], ["a", text, "b"]);
    }
    assertEquals([...charactersOf("")], []);
  });
});

Deno.test("cutText() cuts between characters", () => {
  withAndWithoutSegmenter(() => {
    assertEquals(cutText("abc", 3), "abc");
    assertEquals(cutText("abcd", 3), "ab…");
    assertEquals(cutText("ab👩‍💻cd", 6), "ab…");
    assertEquals(cutText("a🇩🇪🇫🇷", 6), "a🇩🇪…");
    assertEquals(cutText("x".repeat(1e6), 10), `${"x".repeat(9)}…`);
  });
});

Deno.test("isLong() is true of texts that may take more than 20 lines", () => {
  assertEquals([isLong("a"), isLong("a\n".repeat(10)), isLong("a".repeat(300))], [
    false,
    false,
    false,
  ]);
  assertEquals([isLong("\n".repeat(20)), isLong("a".repeat(400))], [true, true]);
});
