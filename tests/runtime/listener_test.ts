import { assertEquals, assertStringIncludes } from "@std/assert";
import { describeListenError, urlOf } from "../../chat/runtime/listener.ts";

Deno.test("urlOf() returns a URL that a browser on this machine can open", () => {
  const table: [hostname: string, url: string][] = [
    ["127.0.0.1", "http://127.0.0.1:8000/"],
    ["0.0.0.0", "http://localhost:8000/"],
    ["::", "http://localhost:8000/"],
    ["::1", "http://[::1]:8000/"],
    ["2001:db8::7", "http://[2001:db8::7]:8000/"],
  ];
  for (const [hostname, url] of table) {
    assertEquals(urlOf({ hostname, port: 8000 }), url);
    assertEquals(new URL(url).href, url);
  }
});

Deno.test("describeListenError() names the flag that helps, or the error", () => {
  const { AddrInUse, AddrNotAvailable, PermissionDenied } = Deno.errors;
  const cases: [error: Error, expected: string][] = [
    [new AddrInUse(), "--port"],
    [new PermissionDenied(), "1024"],
    [new AddrNotAvailable(), "--host"],
    [new Error("failed to lookup"), "failed to lookup"],
  ];
  for (const [error, expected] of cases) {
    assertStringIncludes(describeListenError(error), expected);
  }
});
