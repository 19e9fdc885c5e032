import { assertEquals } from "@std/assert";
import { Verifier } from "../../bench/soak/verifier.ts";

Deno.test("Verifier.follow() accepts the same order from several users", () => {
  const verifier = new Verifier();
  for (let times = 0; times < 2; times++) {
    verifier.follow("a", "b");
    verifier.follow("b", "c");
  }
  assertEquals(verifier.faults, {});
});

Deno.test("Verifier.follow() reports a message that others got in between", () => {
  const verifier = new Verifier();
  verifier.follow("a", "b");
  verifier.follow("a", "c");
  assertEquals(verifier.faults, { skipped: 1 });
});

for (const [before, id] of [["b", "a"], ["b", "b"]] as const) {
  Deno.test(`Verifier.follow() reports "${id}" after "${before}"`, () => {
    const verifier = new Verifier();
    verifier.follow(before, id);
    assertEquals(verifier.faults, { disordered: 1 });
  });
}
