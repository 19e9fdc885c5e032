import { assertEquals } from "@std/assert";
import { validNameOf } from "../../chat/text/valid_names.ts";

Deno.test("validNameOf() takes a valid name, and the beginning of a long one", () => {
  assertEquals(validNameOf("Grafana"), "Grafana");
  assertEquals(validNameOf("👩‍💻 Ada"), "👩‍💻 Ada");
  assertEquals(validNameOf("x".repeat(1000)), "x".repeat(32));
  // Of 18 letters and spaces each.
  assertEquals(validNameOf("\ufdfa".repeat(10))?.length, 31);
});

Deno.test("validNameOf() leaves out characters that a name can't have", () => {
  assertEquals(validNameOf("  Uptime \n Kuma\u0007 "), "Uptime Kuma");
  assertEquals(validNameOf("a\u202eb\ufeff"), "a b");
  assertEquals(validNameOf(`${"x".repeat(31)}😀\n`), `${"x".repeat(31)}😀`);
});

Deno.test("validNameOf() makes no name of what has none", () => {
  for (const text of ["", " ", "\u200b", "\n", "Gr\u0430fana", "\u0301", "\ud800"]) {
    assertEquals(validNameOf(text), undefined, JSON.stringify(text));
  }
});
