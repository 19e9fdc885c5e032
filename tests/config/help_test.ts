import { assertEquals, assertStringIncludes } from "@std/assert";
import { helpText } from "../../chat/config/help.ts";
import { VARIABLES } from "../../chat/config/settings.ts";

const text = helpText("1.2.3");

Deno.test("helpText() names every flag and every variable", () => {
  const words = text.split(/[\s,]+/);
  const flags = ["--port", "--host", "--data", "--wait", "--help", "--version"];
  const missing = [...flags, ...VARIABLES].filter((each) => !words.includes(each));
  assertEquals(missing, []);
  assertStringIncludes(text, "1.2.3");
  assertStringIncludes(text, "\n  PORT (default: 8000, from 0 to 65535)\n");
});

Deno.test("helpText() fits 80 columns, is plain ASCII, and has no markup", () => {
  assertEquals(text.split("\n").filter((line) => line.length > 80 || /\s$/.test(line)), []);
  assertEquals(/[^\n -~]|`/.exec(text), null);
});
