import { assert, assertEquals } from "@std/assert";
import { hasPhrases, phrasesOf } from "../../chat/broker/sqlite/search_text.ts";
import { excerptOf, findMarks } from "../../static/model/marks.js";

/** A text with its marks in brackets. */
const marked = (text: string, searched: string): string =>
  excerptOf(text, searched).map((part) => part.isMarked ? `[${part.text}]` : part.text).join("");

Deno.test("findMarks() marks what the server finds", () => {
  const cases: [string, string, string][] = [
    ["The deploy failed", "failed deploy", "The [deploy] [failed]"],
    ["Deploys are no deploy.", "deploy", "Deploys are no [deploy]."],
    ["Ein Café, ein CAFE\u0301", "cafe", "Ein [Café], ein [CAFE\u0301]"],
    ["Straße and STRASSE", "strasse", "[Straße] and [STRASSE]"],
    ["ΟΔΟΣ, οδος", "οδός", "[ΟΔΟΣ], [οδος]"],
    ["snake_case is two", "snake", "[snake]_case is two"],
    ["soft\u00adhyphen", "softhyphen", "[soft\u00adhyphen]"],
    ["今日は東京都へ", "東京", "今日は[東京]都へ"],
    ["東京は東京", "東京", "[東京]は[東京]"],
    ["한국어를 배우다", "국어", "한[국어]를 배우다"],
    ["mixed東京text", "text 東京", "mixed[東京][text]"],
    ["a != b", "!=", "a [!=] b"],
    ["👍 done", "👍", "[👍] done"],
    ["nothing", "else", "nothing"],
    ["nothing", "", "nothing"],
  ];
  for (const [text, searched, expected] of cases) {
    assertEquals(marked(text, searched), expected);
    const isFound = searched !== "" && hasPhrases(text, phrasesOf(searched));
    assertEquals(isFound, expected.includes("["), `${text}, ${searched}`);
  }
});

Deno.test("excerptOf() cuts a long text around the first mark, between characters", () => {
  const long = `${"word ".repeat(100)}needle ${"😀".repeat(300)}`;
  const parts = excerptOf(long, "needle");
  const text = parts.map((part) => part.text).join("");
  assert(text.startsWith("…word ") && text.endsWith("😀…"), text);
  assert(text.length <= 242);
  assertEquals(parts.filter(({ isMarked }) => isMarked).map(({ text }) => text), ["needle"]);
  const solid = excerptOf(`${"😀".repeat(100)} needle`, "needle").map((part) => part.text).join("");
  assertEquals(solid, `…${"😀".repeat(29)} needle`);
  const isWhole = (each: string) => !/\p{Cs}/u.test(each);
  for (let shift = 0; shift < 4; shift++) {
    const shifted = "x".repeat(shift) + "😀".repeat(200) + " needle " + "😀".repeat(200);
    assert(excerptOf(shifted, "needle").every((part) => isWhole(part.text)));
  }
});

Deno.test("findMarks() takes time linear in the text", () => {
  const texts = ["a ", "東", "e\u0301", "a\u00ad", "ﷺ", "x\u0301\u0302"];
  for (const unit of texts) {
    const time = (count: number): number => {
      const start = performance.now();
      findMarks(unit.repeat(count), `a 東 ${"東".repeat(90)} é x`);
      return performance.now() - start;
    };
    const small = Math.min(...[1, 2, 3].map(() => time(1000)));
    // 100 times as long where it is linear, 10,000 times where it is quadratic.
    const bound = 1000 * small + 500;
    const isWithin = () => time(100_000) < bound;
    assert(
      isWithin() || isWithin() || isWithin(),
      `${unit}: ${small} ms, and more than ${bound} ms for 100 times as much`,
    );
  }
});
