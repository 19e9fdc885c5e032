import { assert } from "@std/assert";
import { isMentioned, markMentions } from "../../static/model/mentions.js";
import {
  charactersOf,
  cleanText,
  cutText,
  isBlank,
  isLong,
  trimLines,
} from "../../static/model/text.js";
import { plainText } from "../../static/model/plain_text.js";
import { tokenize } from "../../static/model/tokens.js";

/** The default limit of a text, in code points. */
const MAX_TEXT = 4000;
/**
 * The most time that one text may take, in milliseconds. A quadratic step takes about ten times as
 * long.
 */
const MAX_MS = 5;
const RUNS = 40;

interface Reader {
  name: string;
  members: { id: string; name: string }[];
}

/** Users whose names are prefixes of many others, or are costly to compare. */
const READERS: Record<string, Reader> = {
  "Ada among 199 whose names begin with Ada": {
    name: "Ada",
    members: Array.from({ length: 199 }, (_, i) => ({ id: `${i}`, name: `Ada ${i}` })),
  },
  "é ×32 among 199 others": {
    name: "é".repeat(32),
    members: Array.from({ length: 199 }, (_, i) => ({ id: `${i}`, name: "é".repeat(29) + i })),
  },
  "@ ×32": { name: "@".repeat(32), members: [] },
};

/** A beginning, a part that is repeated up to the length of the longest text, and an end. */
const HOSTILE: readonly (readonly [start: string, piece: string, end?: string])[] = [
  ["http://a", ")"],
  ["http://a", "("],
  ["http://a", "()"],
  ["http://a", "[("],
  ["http://a", ".,"],
  ["http://a", "."],
  ["http://a", "a", "."],
  ["", "http://a)"],
  ["", "http://["],
  ["", "http://"],
  ["", "https://a,"],
  ["", "https://a。"],
  ["", "h"],
  ["", "www."],
  ["", "www.@"],
  ["", "www.a.b)"],
  ["", "a", "@a.example"],
  ["a@", "a", "."],
  ["a@", "a."],
  ["a@", "a-", "!"],
  ["", "a@"],
  ["", "a@b.cd "],
  ["", ".@"],
  ["", "@"],
  ["", "＠"],
  ["", "@Ada "],
  ["", "@Ada`x`"],
  ["", "@Ada 1"],
  ["", "@é"],
  ["", `@${"é".repeat(32)} `],
  ["", `@${"é".repeat(32)}\`é\``],
  ["@", "é"],
  ["@", "e\u0301"],
  ["@", "\u0301"],
  ["", "#"],
  ["", "#a"],
  ["#", "a"],
  ["", "#a#"],
  ["", "`"],
  ["", "```"],
  ["", "`a\n"],
  ["`", "a"],
  ["", "` `"],
  ["", "```\n"],
  ["", "```a\n"],
  ["```", "a"],
  ["```", "\n", "```"],
  ["", "\n"],
  ["a", "\n", "b"],
  ["", "\n ", "b"],
  ["", " \n", "b"],
  ["a", " ", "b"],
  ["a", "\u0301"],
  ["", "\ud800"],
  ["", "\u0001"],
  ["", "😀"],
  ["", "👩‍💻"],
  ["👩", "\u200d👩"],
  ["", "🇩"],
  ["", "🏽"],
  ["", "\ufdfa"],
  ["", "ﷺ@ﷺ"],
  ["", "\u1100\u1161\u11a8"],
  ["@", "\u11a8"],
  ["", "\u200c"],
  ["", "\u202e"],
  ["", "*"],
  ["", "_"],
  ["", "~"],
  ["", "_*~"],
  ["", "*a "],
  ["", "**a"],
  ["", "**a "],
  ["", "*a **b _c ~~d "],
  ["", "*a **b _c ~~d ", " a* b** c_ d~~"],
  ["", "*a **b* "],
  ["", "*a* "],
  ["", "***a*** "],
  ["", "_~~***a***~~_ "],
  ["*", ".* "],
  ["*", "*"],
  ["*", "…* _** "],
  ["*a", "\u200b*"],
  ["_", "https://a/_ "],
  ["_https://a/", "_"],
  ["_~~**https://a/", "_~~**"],
  ["*a", " \n"],
  ["", "*a\n\n"],
  ["", "*a_\n \n"],
  ["", "*@Ada* "],
  ["", "*@é "],
  ["", "> "],
  ["", "> \n"],
  ["", ">\n"],
  ["> a", "\n>"],
  ["", "> a\n"],
  ["", "> a\n\n"],
  ["", "- a\n"],
  ["", "- \n"],
  ["- ", " "],
  ["", "- *a\n"],
  ["", "> a\n- b\n"],
  ["", "> ```a```\n"],
  ["", "- @Ada\n"],
];

/** The functions that read a text before it is drawn, sent or announced. */
const STEPS: Record<string, (text: string, reader: Reader) => unknown> = {
  isBlank,
  trimLines,
  isLong,
  cleanText,
  cutText: (text) => cutText(text, 200),
  charactersOf: (text) => charactersOf(text).next(),
  tokenize,
  plainText,
  markMentions: (text, { name, members }) => markMentions(tokenize(text), name, members),
  isMentioned: (text, { name, members }) => isMentioned(text, name, members),
};

for (const [description, reader] of Object.entries(READERS)) {
  Deno.test(`a hostile text takes at most ${MAX_MS} ms, read by ${description}`, () => {
    const slow: string[] = [];
    for (const [start, piece, end = ""] of HOSTILE) {
      const count = (MAX_TEXT - [...start + end].length) / [...piece].length;
      const text = start + piece.repeat(count) + end;
      for (const [name, step] of Object.entries(STEPS)) {
        const ms = bestOf(() => step(text, reader));
        if (ms > MAX_MS) slow.push(`${name} of ${JSON.stringify([start, piece, end])}: ${ms} ms`);
      }
    }
    assert(slow.length === 0, slow.join("\n"));
  });
}

/** The shortest of several runs, since the machine may be busy. */
function bestOf(run: () => void): number {
  let best = Infinity;
  for (let i = 0; i < RUNS && best > MAX_MS; i++) {
    const begin = performance.now();
    run();
    best = Math.min(best, performance.now() - begin);
  }
  return best;
}
