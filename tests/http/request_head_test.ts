import { assertEquals } from "@std/assert";
import {
  hasBody,
  headerBytes,
  headerList,
  isHostMadeUp,
  targetOf,
} from "../../chat/http/request_head.ts";

Deno.test("headerBytes() counts what is on the wire", () => {
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

Deno.test("hasBody() goes by the headers that announce one", () => {
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

Deno.test("targetOf() finds the path behind any Host", () => {
  const table: [url: string, host: string | null, authority: string, path: string][] = [
    ["http://chat.example/", "chat.example", "chat.example", "/"],
    ["http://chat.example:8000/r/a?b=/c#d", "chat.example:8000", "chat.example:8000", "/r/a"],
    ["https://chat.example/a", "chat.example", "chat.example", "/a"],
    ["http+unix://chat.example/a", "chat.example", "chat.example", "/a"],
    ["http://[::1]:8000/a", "[::1]:8000", "[::1]:8000", "/a"],
    ["http://chat.example//metrics", "chat.example", "chat.example", "//metrics"],
    ["http://chat.example/a/../%6d", "chat.example", "chat.example", "/a/../%6d"],
    ["http://chat.example/..\\a", "chat.example", "chat.example", "/..\\a"],
    ["http://chat.example/*", "chat.example", "chat.example", "/*"],
    // A Host that would be a path, a query or a fragment.
    ["http://a/metrics?/nope", "a/metrics?", "a/metrics?", "/nope"],
    ["http://a/metrics#/nope", "a/metrics#", "a/metrics#", "/nope"],
    ["http://a/healthz?/healthz", "a/healthz?", "a/healthz?", "/healthz"],
    ["http://a@b/nope", "a@b", "a@b", "/nope"],
    ["http://///nope", "//", "//", "/nope"],
    // None, or an empty one: the runtime names itself, or nothing.
    ["http://localhost:8000/healthz", null, "localhost:8000", "/healthz"],
    ["http://localhost:8000/healthz", "", "localhost:8000", "/healthz"],
    ["http:///healthz", "", "", "/healthz"],
    ["http://localhost:8000/nope", "\u00c2\u0080", "localhost:8000", "/nope"],
    // Targets in absolute form.
    ["http://evil/metrics", "chat.example", "evil", "/metrics"],
    ["http://evil?/metrics", "chat.example", "evil", ""],
    ["http://u:p@evil/metrics", "chat.example", "u:p@evil", "/metrics"],
    ["http://evil:80", "evil", "evil:80", ""],
    ["http://evil:80/a", "evil", "evil:80", "/a"],
    ["HTTP://Evil/metrics", "evil", "Evil", "/metrics"],
    ["http://chat.example.evil/a", "chat.example", "chat.example.evil", "/a"],
  ];
  for (const [url, host, authority, path] of table) {
    const target = targetOf(url, host);
    assertEquals([target.authority, target.path], [authority, path], `${url} with Host: ${host}`);
  }
});

Deno.test("isHostMadeUp() is true for a URL with which the runtime replaces a missing host", () => {
  const table: [url: string, expected: boolean][] = [
    ["http://localhost:8000/", true],
    ["http://localhost/nope", true],
    ["http://localhost:8000", true],
    ["http://localhost:8000?x", true],
    ["https://localhost:8000/", false],
    ["http://localhost.example/", false],
    ["http://localhost:8000@a/", false],
    ["http://chat.example/localhost:8000/", false],
  ];
  for (const [url, expected] of table) assertEquals(isHostMadeUp(url), expected, url);
});

Deno.test("targetOf() measures path and query", () => {
  assertEquals(targetOf("http://a/bc?d=e", "a").length, "/bc?d=e".length);
  assertEquals(targetOf("http://a.example:8000/", "a.example:8000").length, 1);
});
