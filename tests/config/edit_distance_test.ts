import { assertEquals } from "@std/assert";
import { editDistance } from "../../chat/config/edit_distance.ts";

Deno.test("editDistance() counts insertions, deletions and replacements", () => {
  const table: [from: string, to: string, distance: number][] = [
    ["", "", 0],
    ["", "abc", 3],
    ["same", "same", 0],
    ["token", "tokens", 1],
    ["loog", "log", 1],
    ["log", "lag", 1],
    ["kitten", "sitting", 3],
    ["abc", "xyz", 3],
    ["ab", "ba", 2],
  ];
  for (const [from, to, distance] of table) {
    assertEquals([editDistance(from, to), editDistance(to, from)], [distance, distance], from);
  }
});
