import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  type Checked,
  checkName,
  checkRoom,
  checkText,
  MAX_NAME_LENGTH,
  skeletonsOf,
  userIdOf,
} from "../chat/names.ts";

const valueOf = (checked: Checked): string | undefined => checked.ok ? checked.value : undefined;
const messageOf = (checked: Checked): string => checked.ok ? "" : checked.message;

/** Values as they can be told apart in a failure: `"\u{200b}"` and not nothing. */
const escape = (text: string): string =>
  text.replace(/[^!-~]/gu, (each) => `\\u{${each.codePointAt(0)?.toString(16)}}`);

Deno.test("checkRoom() gives the name in lower case", () => {
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

Deno.test("checkName() changes nothing in a name that it gave", () => {
  for (const name of [" A\u00a0 b ", "e\u0301", "\u00a8", "Ａ\u3000ｂ", "ﷺ", "❤\ufe0f  x"]) {
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

Deno.test("checkName() refuses a name that only U+FE0F and spaces are left of", () => {
  for (const name of ["\ufe0f", "\ufe0f\ufe0f", " \ufe0f ", "\ufe0f \ufe0f"]) {
    assertEquals(checkName(name).ok, false, escape(name));
  }
});

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

Deno.test("checkText() refuses what is empty or only white space", () => {
  for (const text of ["", " ", "\n\t\n", "\u0000", " \r ", "\u00a0\u3000\u2028"]) {
    assertStringIncludes(messageOf(checkText(text, 100)), '"text"', escape(text));
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

Deno.test("userIdOf() is the start of the base32 of the key's SHA-256", () => {
  // By Python: b32encode(sha256(key.encode()).digest()).lower()[:10]
  const table: [key: string, id: string][] = [
    ["0123456789abcdef", "t6pvcepxwj"],
    ["correct horse battery staple", "ys54wh56zg"],
    ["ключ-от-квартиры", "x3lmkswcwk"],
    ["🔑🔑🔑🔑🔑🔑🔑🔑", "q4bmls2rdv"],
    ["k".repeat(128), "nhgtitja73"],
    // A lone surrogate has the UTF-8 bytes of U+FFFD.
    ["\ud800".repeat(16), "b2b7u5omuu"],
  ];
  for (const [key, id] of table) assertEquals(userIdOf(key), id);
});

/** Whether two names, as users type them, look the same. */
function lookAlike(one: string, other: string): boolean {
  const [a, b] = [one, other].map((name) => {
    const checked = checkName(name);
    if (!checked.ok) throw new TypeError(`"${escape(name)}" is no name: ${checked.message}`);
    return skeletonsOf(checked.value);
  });
  return a?.some((each) => b?.includes(each)) ?? false;
}

Deno.test("skeletonsOf() has one in common for names that look the same", () => {
  const pairs = [
    // Case.
    ...[["Ada", "ada"], ["Ada", "ADA"], ["Weiß", "WEISS"], ["Élodie", "éLODIE"]],
    // Cyrillic.
    ...[["Ada", "Аda"], ["Ada", "Adа"], ["Bob", "Воb"], ["Bob", "Bоb"], ["peace", "реасе"]],
    ...[["Max", "Мах"], ["Tom", "Тоm"], ["Kate", "Катe"], ["Jess", "Јеѕѕ"], ["Iris", "Іrіѕ"]],
    ...[["Анна", "Aннa"], ["Анна", "АННА"], ["Петр", "ПЕТР"], ["Юля", "юля"]],
    // Greek.
    ...[["Nina", "Νina"], ["Nina", "Νιna"], ["Ivo", "Ιvο"], ["vera", "νera"], ["Zoe", "Ζοe"]],
    ...[["Νίκος", "νίκος"], ["Νίκος", "ΝΊΚΟΣ"], ["ΝΙΚΟΣ", "νικος"], ["Ηρα", "ηρα"]],
    // Greek and Cyrillic.
    ...[["Ρο", "Ро"], ["Ατα", "Ата"]],
    // Digits and signs.
    ...[["Bob", "B0b"], ["lola", "1ola"], ["lola", "|ola"]],
    // Other forms of Latin letters.
    ...[["Ada", "Ａｄａ"], ["Ada", "𝐀𝐝𝐚"], ["Ada", "Ⓐda"], ["ada", "ɑda"], ["gina", "ɡina"]],
    // Accents and spaces.
    ...[["José", "Jose\u0301"], ["José", "Jоsе\u0301"], ["Ёлка", "Ëлка"], ["Ada L", "Ada\u3000 L"]],
    // What is drawn as nothing.
    ...[["Ada", "Ada\ufe0f"], ["Ada", "\ufe0fA\ufe0fda"], ["❤", "❤\ufe0f"]],
  ];
  for (const [one = "", other = ""] of pairs) {
    assertEquals(lookAlike(one, other), true, `${one} and ${other} (${escape(other)})`);
  }
});

Deno.test("skeletonsOf() folds the spaces around U+FE0F", () => {
  const pairs = [["Ada", "Ada \ufe0f"], ["Ada", "\ufe0f Ada"], ["Ada L", "Ada \ufe0f L"]];
  for (const [one = "", other = ""] of pairs) {
    assertEquals(lookAlike(one, other), true, `${one} and ${escape(other)}`);
  }
});

Deno.test("skeletonsOf() has none in common for names that look different", () => {
  const pairs = [
    ...[["Nina", "Vina"], ["José", "Jose"], ["Ian", "Lan"], ["Ada", "Adam"], ["Ada", "Adda"]],
    ...[["Ada L", "AdaL"], ["Ada", "Eda"], ["Max", "Мак"], ["Zoë", "Zoé"], ["Bob", "Rob"]],
    ...[["Анна", "Инна"], ["Νίκος", "Νίκη"], ["Nina", "Νίνα"], ["Ёлка", "Елка"], ["Tim", "Tom"]],
    ...[["Иван", "Йван"], ["ada_1", "ada_2"], ["user3", "user8"], ["李", "季"], ["😀", "😁"]],
    ...[["Hana", "Nana"], ["Pia", "Ria"], ["Uwe", "Ywe"], ["Mona", "Nona"], ["a-b", "a_b"]],
  ];
  for (const [one = "", other = ""] of pairs) {
    assertEquals(lookAlike(one, other), false, `${one} and ${other}`);
  }
});

Deno.test("skeletonsOf() has two only where capitals look different", () => {
  const counts = ["Ada", "ada", "Νina", "νina", "Нина"].map((name) => skeletonsOf(name).length);
  assertEquals(counts, [1, 1, 2, 1, 1]);
});
