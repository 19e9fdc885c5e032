import { assertEquals } from "@std/assert";
import { parseObject } from "../../chat/protocol/json.ts";

Deno.test("parseObject() returns an object, or what the text must be", () => {
  const none = "must be a JSON object";
  const deep = "must have at most 2 levels";
  const many = "must have at most 4 objects and lists";
  const cases: readonly (readonly [json: string, parsed: Record<string, unknown> | string])[] = [
    ["{}", {}],
    [' {"a":[]}\n', { a: [] }],
    ["", none],
    ["{", none],
    ["{}x", none],
    ["[]", none],
    ["null", none],
    ["1", none],
    ['"[[[', none],
    ["[[[]]]", deep],
    ['{"a":[{}]}', deep],
    ['{"a":[],"b":{},"c":[]}', { a: [], b: {}, c: [] }],
    ['{"a":[],"b":{},"c":[],"d":[]}', many],
    ['{"a":"[[[{{{"}', { a: "[[[{{{" }],
    ['{"a":"\\"[[[","b":[]}', { a: '"[[[', b: [] }],
    ['{"a":"\\\\","b":[[]]}', deep],
  ];
  for (const [json, parsed] of cases) {
    assertEquals(parseObject(json, { levels: 2, containers: 4 }), parsed, json);
  }
});
