import { assertEquals } from "@std/assert";
import { hasDefaultHost, parseTarget } from "../../chat/http/request.ts";

Deno.test("parseTarget() finds the path behind any Host", () => {
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
    const target = parseTarget(url, host);
    assertEquals([target.authority, target.path], [authority, path], `${url} with Host: ${host}`);
  }
});

Deno.test("hasDefaultHost() is true for a URL with which the runtime replaces a missing host", () => {
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
  for (const [url, expected] of table) assertEquals(hasDefaultHost(url), expected, url);
});

Deno.test("parseTarget() has the length of path and query", () => {
  assertEquals(parseTarget("http://a/bc?d=e", "a").length, "/bc?d=e".length);
  assertEquals(parseTarget("http://a.example:8000/", "a.example:8000").length, 1);
});
