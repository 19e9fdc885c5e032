import { assertEquals } from "@std/assert";
import { initialsOf } from "../../static/view/user.js";

Deno.test("initialsOf() returns whole characters", () => {
  const names = ["Ada", "grace hopper", "🇩🇪", "👩‍💻", "🇩🇪 Ada", "कि", "e\u0301va", "", "! x"];
  assertEquals(names.map(initialsOf), ["A", "GH", "🇩🇪", "👩‍💻", "A", "कि", "E\u0301", "?", "X"]);
});
