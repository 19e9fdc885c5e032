import { assert, assertEquals } from "@std/assert";
import { emojiOf } from "../../static/model/emoji_names.js";
import { writeEmoji } from "../../static/model/emoji_text.js";

Deno.test("writeEmoji() writes emoji in the place of their names", () => {
  const cases: [string, string][] = [
    [":joy:", "😂"],
    ["so :joy:!", "so 😂!"],
    [":joy::tada:", "😂🎉"],
    [":joy::xyz:", "😂:xyz:"],
    ["(:+1:)", "(👍)"],
    ["笑:joy:", "笑😂"],
    ["`a` :joy: `:joy:`", "`a` 😂 `:joy:`"],
    ["`:joy: and :joy:", "`😂 and 😂"],
  ];
  for (const [text, expected] of cases) assertEquals(writeEmoji(text, emojiOf), expected, text);
  const unchanged = [
    ...["10:30:45", "10:100:45", "h:m:s", "a:x:b", "root:x:0:0", ":xyz:", ":joy", "joy:", ": joy:"],
    ...["`:joy:`", "```\n:joy:\n```", "a ```:joy:``` b", "https://h/:joy:", "www.h.de/:joy:/a"],
    ...["Vec::new::<u8>", "::new::", "a:joy:", ":joy:s", "fe80::100:1", ":JOY:", ":constructor:"],
  ];
  for (const text of unchanged) assertEquals(writeEmoji(text, emojiOf), text);
});

Deno.test("writeEmoji() is quick with hostile texts", () => {
  const started = performance.now();
  for (const part of [":", ":a", ":joy:", "`", "```", "``` `", "`:joy:\n", "http://", "www."]) {
    writeEmoji(part.repeat(50_000 / part.length), emojiOf);
  }
  const took = performance.now() - started;
  assert(took < 1000, `took ${took} ms`);
});
