import { assertEquals } from "@std/assert";
import { isNestedDeeper } from "../../chat/protocol/nesting.ts";

Deno.test("isNestedDeeper() counts brackets and braces outside of strings", () => {
  const cases: readonly (readonly [json: string, isDeeper: boolean])[] = [
    ["", false],
    ["[{}]", false],
    ["[[[]]]", true],
    ['{"a":[{}]}', true],
    ["[],[],[],{}", false],
    ['{"a":"[[[{{{"}', false],
    ['{"a":"\\"[[[","b":[]}', false],
    ['{"a":"\\\\","b":[[]]}', true],
    ['"[[[', false],
  ];
  for (const [json, isDeeper] of cases) assertEquals(isNestedDeeper(json, 2), isDeeper, json);
});
