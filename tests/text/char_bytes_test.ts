import { assertEquals } from "@std/assert";
import { charBytes } from "../../chat/text/texts.ts";

Deno.test("charBytes() counts two for each unit if one of them is beyond Latin-1", () => {
  const texts = ["", "a", "\u0000é\u00ff", "Ā", "a🙂", "x".repeat(999) + "中"];
  assertEquals(texts.map(charBytes), [0, 1, 3, 2, 6, 2000]);
});
