import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Checked } from "../../chat/text/texts.ts";
import { checkName, checkRoom, MAX_NAME_LENGTH, MAX_NAME_UNITS } from "../../chat/text/names.ts";
import { REAL_NAMES } from "./real_names.ts";

const valueOf = (checked: Checked): string | undefined => checked.ok ? checked.value : undefined;
const messageOf = (checked: Checked): string => checked.ok ? "" : checked.message;

/** Values as they can be told apart in a failure: `"\u{200b}"` and not nothing. */
const escape = (text: string): string =>
  text.replace(/[^!-~]/gu, (each) => `\\u{${each.codePointAt(0)?.toString(16)}}`);

Deno.test("checkRoom() returns the name in lower case", () => {
  const table = [
    ["lobby", "lobby"],
    ["LOBBY", "lobby"],
    ["0", "0"],
    ["a-_", "a-_"],
    ["x".repeat(64), "x".repeat(64)],
    ["constructor", "constructor"],
  ] as const;
  for (const [room, value] of table) assertEquals(checkRoom(room), { ok: true, value });
});

Deno.test("checkRoom() refuses all but 1 to 64 letters, digits, underscores and hyphens", () => {
  const rooms = [
    ...["", " ", "x".repeat(65), "-a", "_a", "__proto__", "a b", " a", "a ", "a\n", "\na"],
    ...["a.b", "a/b", "#a", "a\u0000", "ä", "лобби", "İ", "ａ", "a\u200b", "🙂", "../etc"],
  ];
  for (const room of rooms) {
    const message = messageOf(checkRoom(room));
    assertStringIncludes(message, '"room" must be 1 to 64', escape(room));
  }
});

Deno.test("checkName() normalises to NFKC, trims and folds spaces", () => {
  const table: [name: string, value: string][] = [
    ["Ada", "Ada"],
    ["  Ada  ", "Ada"],
    ["Ada   Lovelace", "Ada Lovelace"],
    ["\u00a0Ada\u3000\u2003 L\u1680", "Ada L"],
    ["Ａｄａ", "Ada"],
    ["𝒜𝒹𝒶", "Ada"],
    ["ﬁn", "fin"],
    ["e\u0301", "\u00e9"],
    ["\u212b", "\u00c5"],
    ["①", "1"],
    ["李 小龙", "李 小龙"],
    ["❤\ufe0f", "❤\ufe0f"],
    ["👍🏽", "👍🏽"],
  ];
  for (const [name, value] of table) {
    assertEquals(checkName(name), { ok: true, value }, escape(name));
  }
});

Deno.test("checkName() does not change a name that it returned", () => {
  for (const name of [" A\u00a0 b ", "e\u0301", "O´B", "Ａ\u3000ｂ", "ﷺ", "❤\ufe0f  x"]) {
    const value = valueOf(checkName(name)) ?? "";
    assertEquals(valueOf(checkName(value)), value, escape(name));
  }
});

Deno.test("checkName() counts 1 to 32 code points after normalising", () => {
  const table: [name: string, accepted: boolean][] = [
    ["x", true],
    ["x".repeat(MAX_NAME_LENGTH), true],
    ["x".repeat(33), false],
    ["🙂".repeat(32), true],
    ["🙂".repeat(33), false],
    [`${" ".repeat(50)}x${" ".repeat(50)}y`, true],
    ["e\u0301".repeat(32), true],
    // One code point that NFKC makes 18 of.
    ["\ufdfa", true],
    ["\ufdfa\ufdfa", false],
    ["", false],
    [" \u3000 ", false],
  ];
  assertEquals(MAX_NAME_LENGTH, 32);
  for (const [name, accepted] of table) {
    const message = messageOf(checkName(name));
    assertEquals(message, accepted ? "" : '"name" must be 1 to 32 characters', escape(name));
  }
});

Deno.test("checkName() refuses control, invisible and bidi characters", () => {
  const characters = [
    ...["\u0000", "\u0007", "\t", "\n", "\r", "\u001b", "\u007f", "\u0085", "\u009b"],
    ...["\u00ad", "\u034f", "\u061c", "\u115f", "\u1160", "\u17b4", "\u180e", "\u3164", "\uffa0"],
    ...["\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2028", "\u2029"],
    ...["\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2060", "\u2064"],
    ...["\u2066", "\u2067", "\u2068", "\u2069", "\u206a", "\u2800", "\ufeff", "\ufff9"],
    ...["\ufe00", "\ufe0e", "\u{e0001}", "\u{e0041}", "\u{e0100}", "\u{1d173}"],
    ...["\ud800", "\udfff"],
  ];
  for (const each of characters) {
    for (const name of [each, `a${each}b`, `${each}a`, `a${each}`]) {
      assertStringIncludes(messageOf(checkName(name)), "invisible", escape(name));
    }
  }
});

Deno.test("checkName() refuses a name of U+FE0F and spaces only", () => {
  for (const name of ["\ufe0f", "\ufe0f\ufe0f", " \ufe0f ", "\ufe0f \ufe0f"]) {
    assertEquals(checkName(name).ok, false, escape(name));
  }
});

Deno.test("checkName() accepts names of people in a hundred languages", () => {
  for (const [language, names] of Object.entries(REAL_NAMES)) {
    for (const name of names) {
      const checked = checkName(name);
      assertEquals(messageOf(checked), "", `${language}: ${name} (${escape(name)})`);
      assertEquals(checkName(valueOf(checked) ?? ""), checked, name);
    }
  }
});

Deno.test("checkName() does not look at a name of over 256 UTF-16 units", () => {
  const name = `a${"\u0344".repeat(3900)}${"\u0334".repeat(3900)}`;
  const message = '"name" must be 1 to 32 characters';
  assertEquals(MAX_NAME_UNITS, 256);
  assertEquals(checkName(name), { ok: false, message });
  assertEquals(checkName(" ".repeat(257)), { ok: false, message });
  assertEquals(checkName(`${" ".repeat(256)}x`), { ok: false, message });
  assertEquals(checkName(`${" ".repeat(255)}x`), { ok: true, value: "x" });
  assertEquals(checkName("x".repeat(256)), { ok: false, message });
});

Deno.test("checkName() refuses private-use, unassigned and other characters without a glyph", () => {
  const characters = [
    // Private use, noncharacters, and code points that no version of Unicode will assign soon.
    ...["\ue000", "\uf8ff", "\u{f0000}", "\u{10fffd}", "\ufdd0", "\uffff", "\u{1ffff}"],
    ...["\u0378", "\u{e0080}", "\u{3fffd}"],
    // Blanks, fillers, and the controls of hieroglyphs and annotations.
    ...["\u{1d159}", "\u{13441}", "\u{13442}", "\u{13440}", "\u{1343f}", "\u{16fe4}", "\ufffc"],
    ...["\ufff9", "\ufffb", "\u115f", "\u1160", "\u3164", "\uffa0", "\u2800", "\u{1bca0}"],
    // Tag characters, and a flag with a tag too many.
    ...["\u{e0001}", "\u{e0020}", "\u{e007f}", "🏴\u{e0067}\u{e0062}\u{e007f}"],
    ...["🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}\u{e007f}"],
    // Signs that join letters, without one behind them.
    ...["\u{11d45}", "\u{11d97}"],
  ];
  for (const each of characters) {
    for (const name of [each, `a${each}`, `${each}a`, `a${each}1`, `a ${each}`]) {
      if (name.endsWith("\u{11d45}a") || name.endsWith("\u{11d97}a")) continue;
      assertEquals(checkName(name).ok, false, escape(name));
    }
  }
});

Deno.test("checkName() refuses joiners that join no letters and no emoji", () => {
  const names = [
    ...[
      "A\u200dda",
      "Ada\u200c",
      "\u200dAda",
      "Ada \u200d L",
      "1\u200d2",
      "王\u200d王",
      "б\u200cб",
    ],
    ...["علی\u200c", "\u200cعلی", "علی\u200c\u200cرضا", "علی\u200c رضا", "क्\u200d", "क\u200da"],
    ...[
      "👩\u200d",
      "\u200d👩",
      "👩\u200d\u200d👧",
      "👩\u200c👧",
      "😀\u200d😀",
      "क\u200d👩\u200d👧",
    ],
    ...["क\u200d👩‍👩‍👧\u200dक", "👩‍👩‍👧\u200d", "ሀ\u200dሀ", "α\u200dα", "가\u200d나"],
  ];
  for (const name of names) assertStringIncludes(messageOf(checkName(name)), "invisible", name);
});

Deno.test("checkName() refuses marks at the start, and more than three in a row", () => {
  const table: [name: string, message: string][] = [
    ["\u0301Ada", "start with a mark"],
    ["\u0301\u0336Ada", "start with a mark"],
    [" \u0301Ada", "start with a mark"],
    ["\ufe0f\u0301Ada", "start with a mark"],
    ["\u20ddAda", "start with a mark"],
    ["\u093eक", "start with a mark"],
    ["\u0301", "start with a mark"],
    ["´Ada", "start with a mark"],
    ["a\u0301\u0301\u0301\u0301", "more than 3 marks"],
    ["á\u0301\u0301\u0301", "more than 3 marks"],
    ["ế\u0301\u0301", "more than 3 marks"],
    ["Ada\u0336\u0338\u20dd\u0301b", "more than 3 marks"],
    ["Z\u0351\u036b\u0343\u036a\u0302algo", "more than 3 marks"],
    ["क\u0951\u0951\u093e\u0951\u0951", "more than 3 marks"],
  ];
  for (const [name, message] of table) {
    assertStringIncludes(messageOf(checkName(name)), message, escape(name));
  }
  assertEquals(messageOf(checkName("a\u0316\u0327\u0334da")), "");
  assertEquals(messageOf(checkName("ế\u0323")), "");
});

Deno.test("checkName() refuses a dot above a letter that has one", () => {
  const names = [
    ...["Di\u0307lan", "j\u0307an", "Dı\u0307lan", "ȷ\u0307an", "i\u0323\u0307", "i\u0307\u0323"],
    ...["і\u0307", "ј\u0307", "ɨ\u0307", "į\u0307", "i\u0300\u0307"],
  ];
  for (const name of names) {
    assertStringIncludes(messageOf(checkName(name)), "second dot", escape(name));
  }
  for (const name of ["İpek", "I\u0307pek", "ė", "ż", "ï"]) {
    assertEquals(messageOf(checkName(name)), "", escape(name));
  }
});

Deno.test("checkName() refuses mixed scripts", () => {
  const names = [
    ...["Аda", "Adа", "Νina", "Adա", "ᎪDA", "ꓮda", "Ⲁda", "ᗅda", "Ada अ", "Иван Ivanov", "Σam"],
    ...[
      "Привет Ελένη",
      "王Иван",
      "김たろう",
      "カタカナ한글",
      "ㄅカ",
      "דודAda",
      "محمد Ali",
      "שלום أحمد",
    ],
    ...["กขAda", "क্", "אα", "Ada־b", "Aー b и", "ಠ_ಠ Ada", "1٥a", "Ада٥", "a՚b", "𐌰ⲁ", "ᚠ𐌰"],
  ];
  for (const name of names) assertStringIncludes(messageOf(checkName(name)), "scripts", name);
  const together = [
    ...["田中Taro", "ひらカタ漢字Latin", "김金Kim", "王ㄨㄤˊWang", "Иван·2", "٥٦ علي"],
    ...["Боб 😀", "दादा ★", "ロー-ラ", "Ада #1", "Ελένη & 2", "A·B", "Ada ー"],
  ];
  for (const name of together) assertEquals(messageOf(checkName(name)), "", name);
});
