/**
 * Times what reads text of strangers, on inputs that try to make it slow: a part of
 * `deno task bench:micro`.
 *
 * @module
 */

import { READERS, worstOf } from "../tests/support/hostile_inputs.ts";
import { table } from "./results.ts";

const lines = READERS.map((reader) => {
  // The first time is the compiler's.
  worstOf(reader);
  const { ms, input } = worstOf(reader);
  return [reader.name, reader.maxLength.toLocaleString("en"), ms.toFixed(3), input] as const;
});
console.log(table(["What reads it", "Allowed length", "Worst, ms", "Worst input"], lines));
