import { assertEquals } from "@std/assert";
import { levelFor } from "../../chat/limits/level.ts";

Deno.test("levelFor() cuts the larger sizes until all add up to the total", () => {
  const table: [sizes: number[], total: number, level: number][] = [
    [[], 10, Infinity],
    [[5, 5], 10, Infinity],
    [[20], 10, 10],
    [[1, 20], 10, 9],
    [[8, 2, 9], 10, 4],
    [[4, 4, 4, 4], 8, 2],
    [[3, 3], 0, 0],
  ];
  for (const [sizes, total, level] of table) {
    assertEquals(levelFor(sizes, total), level, `${sizes}`);
  }
});
