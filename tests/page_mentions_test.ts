import { assert, assertEquals } from "@std/assert";
import { isMentioned } from "../static/mentions.js";

Deno.test("isMentioned() finds any name that a user may have", () => {
  const ascii = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
  const names = [
    ...ascii.map((mark) => `a${mark}b`),
    ...ascii,
    "Hohenstein-Wald",
    "Ada L",
    "יעל",
    "😀",
  ];
  for (const name of names) {
    assert(isMentioned(`hi @${name} there`, name), name);
    assert(!isMentioned(`hi ${name} there`, name), name);
  }
});

Deno.test("isMentioned() is not taken in by longer words", () => {
  const texts = ["@Adam", "a@Ada", "@Ada_", "@ Ada", "Ada"];
  assertEquals(texts.filter((text) => isMentioned(text, "Ada")), []);
  assertEquals(isMentioned("@", ""), false);
});
