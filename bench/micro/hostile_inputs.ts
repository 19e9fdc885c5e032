/**
 * The times that readers of untrusted text take on inputs made to slow them down: a part of
 * `deno task bench:micro`.
 *
 * @module
 */

import { READERS, worstOf } from "../../tests/support/hostile_inputs.ts";
import { table } from "../support/table.ts";

const lines = READERS.map((reader) => {
  // The first run compiles.
  worstOf(reader);
  const { ms, input } = worstOf(reader);
  return [reader.name, reader.maxLength.toLocaleString("en"), ms.toFixed(3), input] as const;
});
console.log(table(["Reader", "Allowed length", "Worst, ms", "Worst input"], lines));
