import { assert, assertEquals } from "@std/assert";
import { isMentioned, markMentions, mentionToWrite } from "../../static/model/mentions.js";
import { type Token, tokenize } from "../../static/model/tokens.js";
import { REAL_NAMES } from "../text/real_names.ts";

const members = (...names: string[]) => names.map((name) => ({ id: name, name }));

/** A text with *mentions*. */
function sketch(text: string, reader: string, ...others: string[]): string {
  const tokens = markMentions(tokenize(text), reader, members(reader, ...others));
  return sketchOf(tokens);
}

function sketchOf(tokens: readonly Token[]): string {
  return tokens.map((token) => {
    if (token.type === "list") return token.items.map(sketchOf).join("|");
    if ("tokens" in token) return sketchOf(token.tokens);
    return token.type === "mention" ? `*${token.text}*` : token.text;
  }).join("");
}

Deno.test("isMentioned() finds every valid name", () => {
  const ascii = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
  const names = [
    ...ascii.map((mark) => `a${mark}b`),
    ...ascii,
    "Hohenstein-Wald",
    "Ada L",
    "יעל",
    "😀",
  ];
  for (const name of names) {
    assert(isMentioned(`hi @${name} there`, name, []), name);
    assert(!isMentioned(`hi ${name} there`, name, []), name);
  }
});

Deno.test("isMentioned() ignores longer words", () => {
  const texts = ["@Adam", "a@Ada", "@Ada_", "@ Ada", "Ada"];
  assertEquals(texts.filter((text) => isMentioned(text, "Ada", [])), []);
  assertEquals(isMentioned("@", "", []), false);
});

Deno.test("markMentions() finds whole words, in any case", () => {
  assertEquals(sketch("hi @Ada, and @ada!", "Ada"), "hi *@Ada*, and *@ada*!");
  assertEquals(sketch("@Adam mail@Ada @Ada_ @Adä", "Ada"), "@Adam mail@Ada @Ada_ @Adä");
  assertEquals(sketch("hi @a.b* (you)", "a.b* (you)"), "hi *@a.b* (you)*");
  assertEquals(sketch("@STRASSE @ΟΔΥΣΣΕΥΣ", "straße"), "*@STRASSE* @ΟΔΥΣΣΕΥΣ");
  assertEquals(sketch("@ΟΔΥΣΣΕΥΣ", "Οδυσσευς"), "*@ΟΔΥΣΣΕΥΣ*");
  assertEquals(sketch("@Ada", ""), "@Ada");
});

Deno.test("markMentions() prefers the longest name of a member", () => {
  assertEquals(sketch("@Ada 2, @Ada", "Ada", "Ada 2"), "@Ada 2, *@Ada*");
  assertEquals(sketch("@Grace Hopper, @Grace", "Grace", "grace hopper"), "@Grace Hopper, *@Grace*");
  assertEquals(sketch("@Grace Hopper", "Grace Hopper", "Grace"), "*@Grace Hopper*");
  assertEquals(sketch("@王小明你好", "王小", "王小明"), "@王小明你好");
  // No member has this name.
  assertEquals(sketch("@Ada 2", "Ada", "Ada 3"), "*@Ada* 2");
});

Deno.test("markMentions() finds none in code or links", () => {
  const text = "`@Ada` https://a.example/@Ada #x@Ada";
  assertEquals(sketch(text, "Ada"), "@Ada https://a.example/@Ada #x@Ada");
  assert(!isMentioned(text, "Ada", []));
  assert(!isMentioned("```\n@Ada\n```", "Ada", []));
  assert(isMentioned("```\n@Ada\n```\n@Ada", "Ada", []));
});

Deno.test("markMentions() finds those in emphasis and lists", () => {
  assertEquals(sketch("**@Ada** _@ada: a_ ~~*@Ada*~~", "Ada"), "*@Ada* *@ada*: a *@Ada*");
  assertEquals(sketch("- a\n- *b @Ada*", "Ada"), "a|b *@Ada*");
  assert(isMentioned("a ***@Ada***", "Ada", []));
  assert(isMentioned("- a\n- **@Ada**", "Ada", []));
});

Deno.test("markMentions() finds none in a quoted text, which speaks to nobody", () => {
  assertEquals(sketch("> @Ada said *@Ada*\nyes @Ada", "Ada"), "@Ada said @Adayes *@Ada*");
  assert(!isMentioned("> @Ada", "Ada", []));
  assert(isMentioned("> a\n@Ada", "Ada", []));
});

Deno.test("markMentions() finds names that have marks of emphasis", () => {
  for (const name of ["_ada_", "*ada*", "**ada**", "~~ada~~", "a_b_c", "ada*", "*", "__ada__"]) {
    const text = `hi @${name}, and @${name}!`;
    assertEquals(sketch(text, name), `hi *@${name}*, and *@${name}*!`);
  }
});

Deno.test("markMentions() finds the ends of words in all scripts", () => {
  assertEquals(sketch("你好@王小明你好", "王小明"), "你好*@王小明*你好");
  assertEquals(sketch("＠Ada やあ", "Ada"), "*＠Ada* やあ");
  assertEquals(sketch("@田中さん", "田中"), "*@田中*さん");
  assertEquals(sketch("@각님", "각"), "*@각*님");
  assertEquals(sketch(`@${"각".normalize("NFD")}`, "각"), `*@${"각".normalize("NFD")}*`);
  assertEquals(sketch("hi @Jose\u0301!", "José"), "hi *@Jose\u0301*!");
  assertEquals(sketch("@Jose\u0301", "Jose"), "@Jose\u0301");
  assertEquals(sketch("@रामा @राम", "राम"), "@रामा *@राम*");
  assertEquals(sketch("@می\u200cم @میم", "میم"), "*@می\u200cم* *@میم*");
  assertEquals(sketch("@ශ්රී @ශ්\u200dරී", "ශ්\u200dරී"), "*@ශ්රී* *@ශ්\u200dරී*");
});

Deno.test("isMentioned() finds names of all languages", () => {
  for (const name of Object.values(REAL_NAMES).flat()) {
    assert(isMentioned(`hi @${name}, come`, name, members(name)), name);
    // The joiners of emoji are significant.
    const unjoined = name.replace(/(?<=\p{L}\p{M}*)[\u200c\u200d]/gu, "");
    assert(isMentioned(`hi @${unjoined}!`, name, members(name)), name);
  }
});

Deno.test("markMentions() takes an emoji as a whole", () => {
  assertEquals(sketch("@👩‍💻 @👩🏽 @👩", "👩"), "@👩‍💻 @👩🏽 *@👩*");
  assertEquals(sketch("@❤️ @❤", "❤"), "*@❤️* *@❤*");
  assertEquals(sketch("@👩‍💻", "👩‍💻"), "*@👩‍💻*");
});

Deno.test("mentionToWrite() adds missing spaces, and the result is a mention", () => {
  const cases = [
    ["", "", "@Ada 2 "],
    ["hi", "", " @Ada 2 "],
    ["hi ", "there", "@Ada 2 "],
    ["(", " there)", "@Ada 2"],
    ["line\n", "\nline", "@Ada 2 "],
    ["@Ada 2", "", " @Ada 2 "],
  ] as const;
  for (const [before, after, expected] of cases) {
    const written = mentionToWrite("Ada 2", before, after);
    assertEquals(written, expected);
    assert(isMentioned(before + written + after, "Ada 2", []));
  }
});
