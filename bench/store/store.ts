/**
 * The costs of messages that are kept: `deno task bench:store`, or with few messages in seconds
 * `deno task bench:store --short`. `--only=NAME` runs one part: `steady`, `restart` or `month`.
 *
 * @module
 */

import { flag } from "../support/flags.ts";
import { type Figure, figuresTable } from "./figures.ts";
import { measureMonth } from "./month.ts";
import { measureRestart } from "./restart.ts";
import { measureSteady } from "./steady.ts";

const short = Deno.args.includes("--short");

const PARTS: Readonly<Record<string, () => Promise<Figure[]>>> = {
  steady: () => short ? measureSteady(1, 3) : measureSteady(3, 10),
  restart: () => short ? measureRestart(20, 1000) : measureRestart(1000, 1000),
  month: () => short ? measureMonth(40, 20_000) : measureMonth(2000, 1_000_000),
};

const only = flag("only");
const names = only === undefined ? Object.keys(PARTS) : [only];
for (const name of names) {
  const measure = PARTS[name];
  if (measure === undefined) {
    console.error(`There is no part "${name}": it must be one of ${Object.keys(PARTS).join(", ")}`);
    Deno.exit(2);
  }
  console.log(`${figuresTable(await measure())}\n`);
}
Deno.exit(0);
