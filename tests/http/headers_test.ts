import { assertEquals } from "@std/assert";
import { hasBody, headerBytes, headerList } from "../../chat/http/request.ts";

Deno.test("headerBytes() counts the bytes on the wire", () => {
  const table: [headers: [string, string][], bytes: number][] = [
    [[], 0],
    [[["a", ""]], "a: \r\n".length],
    [[["host", "chat.example"], ["accept", "*/*"]], "host: chat.example\r\naccept: */*\r\n".length],
    [[["x", "é"]], 6],
    // The runtime joins two lines to one.
    [[["a", "b"], ["A", "c"]], "a: b, c\r\n".length],
  ];
  for (const [headers, bytes] of table) assertEquals(headerBytes(new Headers(headers)), bytes);
});

Deno.test("hasBody() is true for headers that announce a body", () => {
  const table: [headers: Record<string, string>, body: boolean][] = [
    [{}, false],
    [{ "content-length": "0" }, false],
    [{ "content-length": "1" }, true],
    [{ "content-length": "100000000" }, true],
    [{ "transfer-encoding": "chunked" }, true],
    [{ "content-type": "text/plain" }, false],
  ];
  for (const [headers, body] of table) assertEquals(hasBody(new Headers(headers)), body);
});

Deno.test("headerList() splits at commas, without spaces and tabs", () => {
  const table: [value: string | null, members: string[]][] = [
    [null, []],
    ["", [""]],
    ["a", ["a"]],
    ["a,b", ["a", "b"]],
    ["a, b", ["a", "b"]],
    ["a ,\tb \t,  c d", ["a", "b", "c d"]],
    [",,a,", ["", "", "a", ""]],
    // White space to `trim()`, but not to HTTP.
    ["\u00a0a,\u00a0b", ["\u00a0a", "\u00a0b"]],
  ];
  for (const [value, members] of table) assertEquals(headerList(value), members, `${value}`);
});

Deno.test("headerList() has no members of a list of more than 1,024 characters", () => {
  assertEquals(headerList(`${" ".repeat(1000)}x,${" ".repeat(20)}yz`), ["x", "yz"]);
  assertEquals(headerList(`${" ".repeat(1000)}x,${" ".repeat(21)}yz`), []);
  assertEquals(headerList(",".repeat(60_000)), []);
});
