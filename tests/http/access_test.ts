import { assertEquals } from "@std/assert";
import { parseHost } from "../../chat/config/host.ts";
import { hasToken, isHostServed, isOriginAllowed } from "../../chat/http/access.ts";

const NO_TRUST = { trustProxy: 0, allowedOrigins: [] };

Deno.test("isOriginAllowed() is true for pages of the same host and port only", () => {
  const table: [origin: string, host: string, allowed: boolean][] = [
    ["http://chat.example", "chat.example", true],
    ["https://chat.example", "chat.example", true],
    ["http://chat.example:8000", "chat.example:8000", true],
    ["https://chat.example:8443", "chat.example:8443", true],
    ["http://127.0.0.1:8000", "127.0.0.1:8000", true],
    ["http://[::1]:8000", "[::1]:8000", true],
    ["HTTP://CHAT.example", "chat.EXAMPLE", true],
    ["https://xn--mnchen-3ya.example", "xn--mnchen-3ya.example", true],
    // A default port is the same as none, for its own scheme.
    ["http://chat.example:80", "chat.example", true],
    ["http://chat.example", "chat.example:80", true],
    ["https://chat.example:443", "chat.example", true],
    ["https://chat.example", "chat.example:443", true],
    ["http://chat.example", "chat.example:443", false],
    ["https://chat.example", "chat.example:80", false],
    // Another port, another host.
    ["http://chat.example:8001", "chat.example:8000", false],
    ["http://chat.example", "chat.example:8000", false],
    ["http://chat.example:8000", "chat.example", false],
    ["http://evil.example", "chat.example", false],
    ["http://chat.example.evil.example", "chat.example", false],
    ["http://evil-chat.example", "chat.example", false],
    ["http://sub.chat.example", "chat.example", false],
    ["http://localhost:8000", "127.0.0.1:8000", false],
    ["http://chat.example@evil.example", "chat.example", false],
    // Not the page of a server.
    ["null", "chat.example", false],
    ["null", "null", false],
    ["file://", "chat.example", false],
    ["file://chat.example", "chat.example", false],
    ["ftp://chat.example", "chat.example", false],
    ["chrome-extension://chat.example", "chat.example", false],
    ["data:text/html,x", "chat.example", false],
    // No origin at all.
    ["", "chat.example", false],
    ["chat.example", "chat.example", false],
    ["//chat.example", "chat.example", false],
    ["http://", "chat.example", false],
    ["*", "chat.example", false],
    ["https://chat.example, https://evil.example", "chat.example", false],
    ["http://chat.example", "not a host", false],
    ["http://chat.example", "chat.example/", false],
    ["http://chat.example", "x@chat.example", false],
    ["http://null", "", false],
    [`http://${"a".repeat(253)}.example`, `${"a".repeat(253)}.example`, false],
    [`http://chat.example/${"a".repeat(10_000)}`, "chat.example", false],
  ];
  for (const [origin, host, allowed] of table) {
    const headers = new Headers({ origin, host });
    assertEquals(isOriginAllowed(headers, NO_TRUST), allowed, `${origin} to ${host}`);
  }
});

Deno.test("isOriginAllowed() is false for a page if the request has no host", () => {
  for (const origin of ["http://null", "http://undefined", "http://localhost"]) {
    assertEquals(isOriginAllowed(new Headers({ origin }), NO_TRUST), false, origin);
  }
});

Deno.test("isOriginAllowed() is true without an origin", () => {
  assertEquals(isOriginAllowed(new Headers({ host: "chat.example" }), NO_TRUST), true);
});

Deno.test("isOriginAllowed() is true for the allowed origins and the server's own", () => {
  const options = { trustProxy: 0, allowedOrigins: ["https://a.example", "http://b.example:81"] };
  const table: [origin: string, allowed: boolean][] = [
    ["https://a.example", true],
    ["https://A.example:443", true],
    ["http://b.example:81", true],
    ["https://chat.example", true],
    ["http://a.example", false],
    ["https://a.example:8443", false],
    ["https://b.example:81", false],
    ["https://sub.a.example", false],
    ["null", false],
    ["file://", false],
  ];
  for (const [origin, allowed] of table) {
    const headers = new Headers({ origin, host: "chat.example" });
    assertEquals(isOriginAllowed(headers, options), allowed, origin);
  }
});

Deno.test("isOriginAllowed() is true for every origin with *", () => {
  const options = { trustProxy: 0, allowedOrigins: ["*"] };
  for (const origin of ["https://evil.example", "null", "file://", "nonsense"]) {
    const headers = new Headers({ origin, host: "chat.example" });
    assertEquals(isOriginAllowed(headers, options), true, origin);
  }
});

Deno.test("isOriginAllowed() believes a forwarded host only of trusted proxies", () => {
  const table: [forwarded: string, trustProxy: number, allowed: boolean][] = [
    ["chat.example", 0, false],
    ["chat.example", 1, true],
    ["chat.example:443", 1, true],
    ["evil.example", 1, false],
    ["chat.example, evil.example", 1, false],
    ["evil.example, chat.example", 1, true],
    ["chat.example, inner", 2, true],
    ["evil.example, chat.example, inner", 2, true],
    ["chat.example, evil.example, inner", 2, false],
  ];
  for (const [forwarded, trustProxy, allowed] of table) {
    const headers = new Headers({
      "origin": "https://chat.example",
      "host": "inner:8000",
      "x-forwarded-host": forwarded,
    });
    const options = { trustProxy, allowedOrigins: [] };
    assertEquals(isOriginAllowed(headers, options), allowed, `${forwarded}, ${trustProxy} trusted`);
  }
});

Deno.test("isOriginAllowed() goes by Host behind a proxy that forwards no host", () => {
  const headers = new Headers({ origin: "https://chat.example", host: "chat.example" });
  assertEquals(isOriginAllowed(headers, { trustProxy: 1, allowedOrigins: [] }), true);
});

Deno.test("isHostServed() is true for every host unless there is a list", () => {
  const served = (hosts: string[], trustProxy: number, headers: Record<string, string>) =>
    isHostServed(new Headers(headers), headers["host"] ?? "", {
      trustProxy,
      hosts: hosts.flatMap((each) => parseHost(each) ?? []),
    });
  const table: [hosts: string[], trustProxy: number, headers: Record<string, string>, boolean][] = [
    [[], 0, { host: "any.example" }, true],
    [[], 0, {}, true],
    [["a.example"], 0, { host: "A.example.:8000" }, true],
    [["a.example"], 0, { host: "b.example" }, false],
    [["a.example"], 0, {}, false],
    [["a.example"], 0, { "host": "b.example", "x-forwarded-host": "a.example" }, false],
    [["a.example"], 1, { "host": "b.example", "x-forwarded-host": "a.example" }, true],
    [["a.example"], 1, { "host": "a.example", "x-forwarded-host": "b.example" }, false],
    [["a.example"], 1, { "host": "b", "x-forwarded-host": "a.example, b.example" }, false],
    [["a.example"], 2, { "host": "b", "x-forwarded-host": "a.example, b.example" }, true],
    [["a.example"], 1, { host: "a.example" }, true],
    [["a.example"], 1, { "host": "a.example", "x-forwarded-host": "a.example/" }, false],
    [["a.example:81", "b.example"], 0, { host: "b.example:82" }, true],
    [["a.example:81", "b.example"], 0, { host: "a.example:82" }, false],
  ];
  for (const [hosts, trustProxy, headers, expected] of table) {
    const what = `${JSON.stringify(headers)} with ${hosts}, ${trustProxy} trusted`;
    assertEquals(served(hosts, trustProxy, headers), expected, what);
  }
});

Deno.test("hasToken() is false for a header of more than 512 characters", () => {
  const has = (authorization: string) => hasToken(new Headers({ authorization }), "secret");
  assertEquals(has("Bearer secret"), true);
  assertEquals(has(`Bearer${" ".repeat(500)}secret`), true);
  assertEquals(has(`Bearer${" ".repeat(501)}secret`), false);
});
