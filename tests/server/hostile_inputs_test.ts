import { assert } from "@std/assert";
import { MAX_MS, READERS, worstOf } from "../support/hostile_inputs.ts";

// A quadratic reader of 16 kB takes 100 ms and more.
for (const reader of READERS) {
  const { name, maxLength, maxGiven = maxLength } = reader;
  Deno.test(`${name} is linear in ${maxGiven} hostile characters`, () => {
    const { ms, input } = worstOf(reader);
    assert(ms < MAX_MS, `${input}: ${ms} ms`);
  });
}
