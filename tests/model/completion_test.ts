import { assert, assertEquals } from "@std/assert";
import {
  completionAt,
  hasEmojiName,
  type Sources,
  writeItem,
} from "../../static/model/completion.js";
import { findEmoji } from "../../static/model/emoji_names.js";
import { commandsOf } from "../../static/model/slash.js";

const people = ["Bob", "Ada Lovelace", "Ann", "Ann Lee", "Åsa", "李雷", "Łukasz", "Max Ada"]
  .map((name) => ({ id: name, name }));

const SOURCES: Sources = {
  people: () => people,
  rooms: () => ["lobby", "garden", "old-garden", "2fa"],
  findEmoji,
  commands: commandsOf({ namer: "user" }),
};

/** The suggestions at the "|" of a text, as "start:label label". */
function suggest(marked: string, sources: Partial<Sources> = {}): string {
  const caret = marked.indexOf("|");
  const found = completionAt(marked.replace("|", ""), caret, { ...SOURCES, ...sources });
  if (found === undefined) return "";
  assertEquals(found.end, caret);
  return `${found.start}:${found.items.map(({ label }) => label).join(",")}`;
}

/** A text after the choice of the first suggestion, with a "|" at the caret. */
function take(marked: string): string {
  const caret = marked.indexOf("|");
  const text = marked.replace("|", "");
  const found = completionAt(text, caret, SOURCES);
  const [item] = found?.items ?? [];
  if (found === undefined || item === undefined) return "";
  const change = writeItem(text, found, item);
  const written = text.slice(0, change.start) + change.text + text.slice(change.end);
  return `${written.slice(0, change.caret)}|${written.slice(change.caret)}`;
}

Deno.test("completionAt() suggests names after an @", () => {
  const cases: [string, string][] = [
    ["@|", "0:Bob,Ada Lovelace,Ann,Ann Lee,Åsa,李雷,Łukasz,Max Ada"],
    ["hi @an|", "3:Ann,Ann Lee"],
    ["@ANN|", "0:Ann,Ann Lee"],
    ["@ann l|", "0:Ann Lee"],
    ["@lee|", "0:Ann Lee"],
    ["@ada|", "0:Ada Lovelace,Max Ada"],
    ["＠an|", "0:Ann,Ann Lee"],
    ["﹫ａｎ|", "0:Ann,Ann Lee"],
    ["@as|", "0:Åsa"],
    ["@a\u030as|", "0:Åsa"],
    ["你好＠李|", "2:李雷"],
    ["(@bo|)", "1:Bob"],
    ["one\n@bo|", "4:Bob"],
    ["@bo|, see", "0:Bob"],
    // Written in full.
    ["@Bob|", ""],
    ["@Bob |", ""],
    ["@Ann |", ""],
    ["@Ann Lee |", ""],
    ["@Ann l|", "0:Ann Lee"],
    // Not a name.
    ["mail@bo|", ""],
    ["a.b@bo|", ""],
    ["@@bo|", ""],
    ["@ bo|", ""],
    ["@bo\n|", ""],
    ["@xyz|", ""],
    ["@b|ob", ""],
    ["`@bo|", ""],
    ["`a` @bo|", "4:Bob"],
    ["```\n@bo|", ""],
    ["```\na\n```\n@bo|", "10:Bob"],
    ["https://social.example/@bo|", ""],
    ["see www.example.com/@bo|", ""],
    [`@${"b".repeat(200)}|`, ""],
  ];
  for (const [marked, expected] of cases) assertEquals(suggest(marked), expected, marked);
  // A name in full comes before a longer one whose bearer spoke later.
  const reversed = { people: () => [...people].reverse() };
  assertEquals(suggest("@ann|", reversed), "0:Ann,Ann Lee");
  assertEquals(suggest("@an|", reversed), "0:Ann Lee,Ann");
});

Deno.test("completionAt() suggests emoji after a colon and two letters", () => {
  for (const marked of [":jo|", "so :jo|", "(:jo|", "😀:jo|", "笑:jo|", ":JO|", "@ann :jo|"]) {
    const place = marked.indexOf(":");
    assert(suggest(marked).startsWith(`${place}:😂,`), marked);
  }
  assertEquals(suggest(":+1|"), "0:👍");
  assertEquals(suggest(":flag-d|"), "0:🇩🇪,🇩🇰");
  const none = [
    ...[":|", ":j|", ":)|", ":-D|", ":10|", "10:30|", "10:30:45|", "h:mm|", "root:xx|", "a:jo|"],
    ...["http://jo|", "https:jo|", "::jo|", "std::jo|", ":joy:|", ":jo y|", "`:jo|", "```\n:jo|"],
    ...[":xyzw|", "https://h/:jo|", `:${"a".repeat(200)}|`],
  ];
  for (const marked of none) assertEquals(suggest(marked), "", marked);
  assertEquals(suggest(":jo|", { findEmoji: undefined }), "");
});

Deno.test("completionAt() suggests rooms after a #", () => {
  const cases: [string, string][] = [
    ["#|", "0:#lobby,#garden,#old-garden,#2fa"],
    ["see #GAR|", "4:#garden,#old-garden"],
    ["#2|", "0:#2fa"],
    ["(#lob|", "1:#lobby"],
    ["C#|", ""],
    ["##lob|", ""],
    ["&#lob|", ""],
    ["/#lob|", ""],
    ["# lob|", ""],
    ["https://h/x#lob|", ""],
    ["`#lob|", ""],
    ["#xyz|", ""],
  ];
  for (const [marked, expected] of cases) assertEquals(suggest(marked), expected, marked);
});

Deno.test("completionAt() suggests commands at the start of the text", () => {
  const cases: [string, string][] = [
    ["/|", "0:/join,/leave,/me,/name,/help"],
    ["/J|", "0:/join"],
    ["/j| garden", "0:/join"],
    // Enter carries it out.
    ["/leave|", ""],
    ["/join |", ""],
    ["/join #gar|", "6:#garden,#old-garden"],
    [" /j|", ""],
    ["a\n/j|", ""],
    ["//j|", ""],
    ["/|/j", ""],
    ["|/j", ""],
    ["/usr|", ""],
  ];
  for (const [marked, expected] of cases) assertEquals(suggest(marked), expected, marked);
  assertEquals(suggest("/j|", { commands: [] }), "");
});

Deno.test("writeItem() writes the suggestion, with one space after all but emoji", () => {
  const cases: [string, string][] = [
    ["@lo|", "@Ada Lovelace |"],
    ["hi ＠bo| there", "hi @Bob |there"],
    ["你好＠李|", "你好 @李雷 |"],
    [":joy|", "😂|"],
    ["so :joy| there", "so 😂| there"],
    ["#gar|", "#garden |"],
    ["/j|", "/join |"],
    ["/j| garden", "/join |garden"],
  ];
  for (const [marked, expected] of cases) assertEquals(take(marked), expected, marked);
});

Deno.test("hasEmojiName() says whether the table is needed", () => {
  for (const text of [":jo", "a :joy:", ":v:", ":+1", ":100:"]) assert(hasEmojiName(text), text);
  for (const text of ["", ":", ":)", "10:30:45", "http://x", "root:xx:0", "a::bc"]) {
    assert(!hasEmojiName(text), text);
  }
});

Deno.test("completionAt() and hasEmojiName() are quick with hostile texts", () => {
  const many = Array.from({ length: 200 }, (_, index) => ({
    id: `${index}`,
    name: `@ ${"@ ".repeat(14)}${index}`,
  }));
  const started = performance.now();
  for (const part of ["@ ", "@", ":", "`", "```", "#", ":a", "x".repeat(79) + "@", "/"]) {
    const text = part.repeat(50_000 / part.length);
    completionAt(text, text.length, { ...SOURCES, people: () => many });
    hasEmojiName(text);
  }
  const took = performance.now() - started;
  assert(took < 1000, `took ${took} ms`);
});
