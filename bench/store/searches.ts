/**
 * Searches in a filled broker.
 *
 * @module
 */

import type { SqliteBroker } from "../../chat/broker/sqlite.ts";
import { SeededRandom } from "../../tests/support/seeded_random.ts";
import { Histogram } from "../support/histogram.ts";
import { Stopwatch } from "../support/stopwatch.ts";
import { table } from "../support/table.ts";
import type { Figure } from "./figures.ts";
import type { Pieces } from "./pieces.ts";
import { character, CHARACTERS, word, WORDS, zipf } from "./texts.ts";

const TIMES = 50;
const LIMIT = 20;

/** The goals of a search among a million messages, in milliseconds. */
const P50_MS = 20;
const P99_MS = 100;

/** What people search for, by kind. */
const QUERIES: Readonly<Record<string, (random: SeededRandom) => string>> = {
  "a common word": (random) => word(random.below(20)),
  "a word of the middle": (random) => word(500 + random.below(500)),
  "a rare word": (random) => word(WORDS / 2 + random.below(WORDS / 2)),
  "two common words": (random) => `${word(random.below(20))} ${word(20 + random.below(20))}`,
  "a common and a rare word": (random) =>
    `${word(random.below(20))} ${word(WORDS - 1 - random.below(9999))}`,
  "three words of any frequency": (random) =>
    random.list(3, () => word(zipf(random, WORDS))).join(" "),
  "six common words": (random) => random.list(6, () => word(random.below(30))).join(" "),
  "a common CJK character": (random) => character(random.below(20)),
  "a rare CJK character": (random) => character(CHARACTERS / 2 + random.below(CHARACTERS / 2)),
  "two common CJK characters": (random) => character(random.below(9)) + character(random.below(9)),
  "eight common CJK characters": (random) =>
    random.list(8, () => character(random.below(9))).join(""),
  "punctuation": (random) => random.pick([".", "?!", ", ", "://", "a-b", "。"]),
  "a word that nobody said": (random) => `q${word(random.below(WORDS))}`,
  "a common word and one that nobody said": (random) => `${word(random.below(20))} qqq`,
};

/** Searches for each kind of text, in one room and in as many as a client may be in. */
export async function measureSearches(
  broker: SqliteBroker,
  roomOf: (random: SeededRandom) => string,
  pieces: Pieces,
): Promise<Figure[]> {
  const random = new SeededRandom(2);
  const all = new Histogram();
  const lines: string[][] = [];
  for (const count of [1, 20]) {
    for (const [name, queryOf] of Object.entries(QUERIES)) {
      const own = new Histogram();
      let hits = 0;
      pieces.take();
      for (let i = 0; i < TIMES; i++) {
        const rooms = new Set<string>();
        while (rooms.size < count) rooms.add(roomOf(random));
        const stopwatch = new Stopwatch();
        const { found } = await broker.search([...rooms], queryOf(random), undefined, LIMIT);
        own.add(stopwatch.ms);
        all.add(stopwatch.ms);
        hits += found.length;
        await turn();
      }
      const { max } = pieces.take().turn;
      const times = [own.quantile(0.5), own.quantile(0.99), max].map((ms) => ms.toFixed(1));
      lines.push([name, String(count), (hits / TIMES).toFixed(1), ...times]);
    }
  }
  console.log(
    `${table(["Search for", "Rooms", "Hits", "p50, ms", "p99, ms", "Piece, ms"], lines)}\n`,
  );
  return [
    { label: "search, p50", unit: "ms", value: all.quantile(0.5), atMost: P50_MS },
    { label: "search, p99", unit: "ms", value: all.quantile(0.99), atMost: P99_MS },
    { label: "search, longest", unit: "ms", value: all.quantile(1) },
  ];
}

/** Lets the timers run, which time the pieces. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}
