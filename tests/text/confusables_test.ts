import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { CONFUSABLES, UNICODE_VERSION } from "../../chat/text/confusables.ts";
import { isMet, packConfusables, readConfusables } from "./make_confusables.ts";

const SAMPLE = `\uFEFF# confusables.txt
# Version: 17.0.0

0430 ;\t0061 ;\tMA\t# ( а → a ) CYRILLIC SMALL LETTER A → LATIN SMALL LETTER A\t#
0251 ;\t0061 ;\tMA\t# ( ɑ → a ) LATIN SMALL LETTER ALPHA → LATIN SMALL LETTER A\t# →α→
006D ;\t0072 006E ;\tMA\t# ( m → rn )
1D41A ;\t0061 ;\tMA\t# ( 𝐚 → a ) gone after NFKC
0406 ;\t006C ;\tMA\t# ( І → l ) a capital
04CF ;\t006C ;\tMA\t# ( ӏ → l ) a small letter
`;

Deno.test("packConfusables() keeps the characters that a skeleton can have, by their look-alikes", () => {
  const { version, rows } = readConfusables(SAMPLE);
  assertEquals([version, rows.length], ["17.0.0", 6]);
  assertEquals(packConfusables(rows), "I \u0406\na \u0251\u0430\nl \u04cf");
});

Deno.test("readConfusables() throws at a text of another form", () => {
  assertThrows(() => readConfusables("0430 ; 0061 ; MA"), SyntaxError, "no version");
  assertThrows(() => readConfusables("# Version: 17.0.0\n0430 ; 0061 ; XX"), SyntaxError, "XX");
});

Deno.test("CONFUSABLES has a line for each target, and each character once", () => {
  assertMatch(UNICODE_VERSION, /^\d+\.0\.0$/);
  const lines = CONFUSABLES.split("\n");
  const sources = lines.flatMap((line) => {
    const [target = "", characters = "", ...rest] = line.split(" ");
    assertEquals([target === "", characters === "", rest], [false, false, []], line);
    return [...characters];
  });
  assertEquals(new Set(lines.map((line) => line.split(" ")[0])).size, lines.length);
  assertEquals(new Set(sources).size, sources.length);
  assertEquals(sources.filter((each) => !isMet(each)), []);
});
