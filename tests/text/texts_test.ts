import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Checked, checkText } from "../../chat/text/texts.ts";

const messageOf = (checked: Checked): string => checked.ok ? "" : checked.message;

/** Values as they can be told apart in a failure: `"\u{200b}"` and not nothing. */
const escape = (text: string): string =>
  text.replace(/[^!-~]/gu, (each) => `\\u{${each.codePointAt(0)?.toString(16)}}`);

Deno.test("checkText() removes controls and makes the rest well-formed", () => {
  const table: [text: string, value: string][] = [
    ["hi", "hi"],
    [" hi ", " hi "],
    ["a\n\tb", "a\n\tb"],
    ["a\r\nb", "a\nb"],
    ["\u0000a\u0008\u000b\u000c\u001b[0m\u001fb", "a[0mb"],
    ["a\u007f\u0080\u0085\u009fb", "ab"],
    ["a\u00a0b", "a\u00a0b"],
    ["a\ud800b\udc00c", "a\ufffdb\ufffdc"],
    ["\ud83d\u0000\ude42", "🙂"],
    ["👩‍👩‍👧 \u202e \u200b", "👩‍👩‍👧 \u202e \u200b"],
    ["e\u0301 ﬁ", "e\u0301 ﬁ"],
    ["<b>", "<b>"],
  ];
  for (const [text, value] of table) {
    assertEquals(checkText(text, 100), { ok: true, value }, escape(text));
  }
});

/** Characters that are drawn as nothing, by code point. */
const INVISIBLE = [
  ...[0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b, 0x180e, 0x180f, 0x200b, 0x200c],
  ...[0x200d, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2061, 0x2064],
  ...[0x2065, 0x2066, 0x2069, 0x206f, 0x2800, 0x3164, 0xfe00, 0xfe0e, 0xfe0f, 0xfeff, 0xffa0],
  ...[0xfff0, 0xfff9, 0xfffb, 0xfffc, 0xffff, 0xfdd0, 0x11d45, 0x11d97, 0x13430, 0x1343f, 0x13440],
  ...[0x13441, 0x13442, 0x16fe4, 0x1bca0, 0x1d159, 0x1d173, 0x1d17a, 0xe0001, 0xe0020, 0xe0041],
  ...[0xe007f, 0xe0100, 0xe01ef, 0xe0fff, 0x10ffff],
];

Deno.test("checkText() refuses a text without a visible character", () => {
  const white = [
    "",
    " ",
    "\n\t\n",
    "\u0000",
    " \r ",
    "\u00a0\u3000\u2028",
    "\u1680\u205f",
    "\u0085",
  ];
  for (const text of white) {
    assertStringIncludes(messageOf(checkText(text, 100)), "visible", escape(text));
  }
  for (const code of INVISIBLE) {
    const each = String.fromCodePoint(code);
    for (const text of [each, each.repeat(40), ` ${each}\n`, `\u0000${each} ${each}\u200b`]) {
      assertStringIncludes(messageOf(checkText(text, 100)), "visible", escape(text));
    }
  }
  const all = String.fromCodePoint(...INVISIBLE);
  assertStringIncludes(messageOf(checkText(` ${all} `, 4000)), "visible");
});

Deno.test("checkText() accepts one visible character among invisible ones", () => {
  const all = String.fromCodePoint(...INVISIBLE);
  for (
    const seen of ["x", ".", "🙂", "\u0301", "\ufffd", "\ue000", "\u06dd", "\ud800", "0", "가"]
  ) {
    const text = `${all} ${seen}${all}`;
    assertEquals(checkText(text, 4000), { ok: true, value: text.toWellFormed() }, escape(seen));
  }
});

Deno.test("checkText() counts code points after cleaning", () => {
  const table: [text: string, accepted: boolean][] = [
    ["xxxx", true],
    ["xxxxx", false],
    ["🙂🙂🙂🙂", true],
    ["🙂🙂🙂🙂🙂", false],
    ["\ud800".repeat(4), true],
    ["\ud800".repeat(5), false],
    ["\u0000".repeat(9) + "x", true],
    ["e\u0301e\u0301", true],
    ["e\u0301e\u0301e", false],
  ];
  for (const [text, accepted] of table) {
    const message = messageOf(checkText(text, 4));
    assertEquals(message, accepted ? "" : '"text" must be at most 4 characters', escape(text));
  }
});
