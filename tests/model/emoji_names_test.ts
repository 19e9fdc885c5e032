import { assert, assertEquals } from "@std/assert";
import { emojiOf, findEmoji } from "../../static/model/emoji_names.js";
import { qualifyEmoji } from "../../chat/text/emoji.ts";

Deno.test("findEmoji() names fully qualified RGI emoji, each once", () => {
  const all = findEmoji("", Infinity);
  assert(all.length >= 400, `${all.length} emoji`);
  for (const { emoji, name } of all) assertEquals(qualifyEmoji(emoji), emoji, name);
  assertEquals(new Set(all.map(({ emoji }) => emoji)).size, all.length);
});

Deno.test("emojiOf() has one emoji for each name, and names are plain ASCII", async () => {
  const source = await Deno.readTextFile(
    new URL("../../static/model/emoji_names.js", import.meta.url),
  );
  const [, table = ""] = /const TABLE = `\n([^`]+)`/u.exec(source) ?? [];
  const names = table.split(/[,\n]/u).flatMap((entry) => entry.split(" ").slice(0, -1));
  const flags = findEmoji("flag-", Infinity).map(({ name }) => name);
  assert(names.length > 400 && flags.length > 30);
  assertEquals(new Set([...names, ...flags]).size, names.length + flags.length);
  for (const name of [...names, ...flags]) {
    assert(/^[a-z0-9_+-]+$/.test(name), name);
    assert(emojiOf(name) !== undefined, name);
  }
});

Deno.test("emojiOf() knows the names of GitHub and Slack", () => {
  const cases: [string, string | undefined][] = [
    ["joy", "😂"],
    ["+1", "👍"],
    ["thumbsup", "👍"],
    ["heart", "❤️"],
    ["tada", "🎉"],
    ["de", "🇩🇪"],
    ["flag-de", "🇩🇪"],
    ["flag-ch", "🇨🇭"],
    ["uk", "🇬🇧"],
    ["t-rex", "🦖"],
    ["xyz", undefined],
    ["", undefined],
    ["constructor", undefined],
  ];
  for (const [name, emoji] of cases) assertEquals(emojiOf(name), emoji, name);
});

Deno.test("findEmoji() finds the name, then beginnings of names, then words within", () => {
  const names = (query: string) => findEmoji(query, 8).map(({ name }) => name);
  assertEquals(names("heart").slice(0, 2), ["heart", "heart_eyes"]);
  assertEquals(names("sun")[0], "sun");
  assertEquals(names("cat"), ["cat", "smiley_cat", "joy_cat", "heart_eyes_cat"]);
  assertEquals(names("THUMBS"), ["thumbsup", "thumbsdown"]);
  assertEquals(names("germ"), ["germany"]);
  assertEquals(names("agle"), []);
  assertEquals(names("a").length, 8);
  assertEquals(findEmoji("x".repeat(4000), 8), []);
});
