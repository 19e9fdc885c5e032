import { assertEquals } from "@std/assert";
import { parseHost } from "../../chat/config/host.ts";
import {
  clientAddress,
  hasToken,
  isHostServed,
  isOriginAllowed,
  type TrustOptions,
} from "../../chat/http/client_address.ts";

const NO_TRUST: TrustOptions = { trustProxy: 0, allowedOrigins: [] };
const PEER = "192.0.2.1";

Deno.test("isOriginAllowed() lets a page connect to its own host and port only", () => {
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
    // No page of a server.
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

Deno.test("isOriginAllowed() lets no page in without a host", () => {
  for (const origin of ["http://null", "http://undefined", "http://localhost"]) {
    assertEquals(isOriginAllowed(new Headers({ origin }), NO_TRUST), false, origin);
  }
});

Deno.test("isOriginAllowed() lets in who is no browser", () => {
  assertEquals(isOriginAllowed(new Headers({ host: "chat.example" }), NO_TRUST), true);
});

Deno.test("isOriginAllowed() lets in the origins that are allowed, and the server's own", () => {
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

Deno.test("isOriginAllowed() lets any origin in with *", () => {
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

Deno.test("isOriginAllowed() takes Host behind a proxy that forwards none", () => {
  const headers = new Headers({ origin: "https://chat.example", host: "chat.example" });
  assertEquals(isOriginAllowed(headers, { trustProxy: 1, allowedOrigins: [] }), true);
});

/** The address that limits count for a peer without a proxy. */
const addressOf = (peer: string): string => clientAddress(new Headers(), peer, NO_TRUST);

Deno.test("clientAddress() keeps an IPv4 address", () => {
  for (const address of ["192.0.2.1", "127.0.0.1", "10.0.0.255"]) {
    assertEquals(addressOf(address), address);
  }
});

Deno.test("clientAddress() is one for an IPv6 network of 64 bits", () => {
  const table: [address: string, other: string, same: boolean][] = [
    ["2001:db8::1", "2001:db8::2", true],
    ["2001:db8::1", "2001:db8:0:0:ffff:ffff:ffff:ffff", true],
    ["2001:db8::1", "2001:0DB8:0000:0000:0000:0000:0000:0001", true],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", true],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:3:3:4:5:6", false],
    ["2001:db8::1", "2001:db8:0:1::1", false],
    ["2001:db8::1", "2001:db9::1", false],
    ["::1", "::2", true],
    ["::1", "0:0:0:1::1", false],
    ["1::", "::1", false],
    ["fe80::1%eth0", "fe80::1%eth1", true],
    ["fe80::1%eth0", "fe80::2", true],
    ["::1", "127.0.0.1", false],
  ];
  for (const [address, other, same] of table) {
    assertEquals(addressOf(address) === addressOf(other), same, `${address} and ${other}`);
  }
});

Deno.test("clientAddress() is written as a network", () => {
  assertEquals(addressOf("2001:DB8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  assertEquals(addressOf("2001:db8::1"), "2001:db8:0:0::/64");
});

Deno.test("clientAddress() takes an IPv4-mapped address for the IPv4 address", () => {
  assertEquals(addressOf("::ffff:192.0.2.1"), "192.0.2.1");
  assertEquals(addressOf("::FFFF:192.0.2.1"), "192.0.2.1");
});

Deno.test("clientAddress() takes an IPv4-mapped address in hexadecimal for the same", () => {
  for (const address of ["::ffff:c000:201", "0:0:0:0:0:ffff:192.0.2.1"]) {
    assertEquals(addressOf(address), "192.0.2.1", address);
  }
});

Deno.test("clientAddress() believes as many forwarded hops as there are trusted proxies", () => {
  const table: [forwarded: string, trustProxy: number, address: string][] = [
    ["198.51.100.7", 0, PEER],
    ["198.51.100.7", 1, "198.51.100.7"],
    ["198.51.100.7, 10.0.0.1", 1, "10.0.0.1"],
    ["198.51.100.7, 10.0.0.1", 2, "198.51.100.7"],
    // Whatever the client claims stands before what the outermost proxy saw.
    ["203.0.113.9, 198.51.100.7", 1, "198.51.100.7"],
    ["1.1.1.1,2.2.2.2,  198.51.100.7 ,10.0.0.1", 2, "198.51.100.7"],
    // Fewer hops than proxies: the first is the best there is.
    ["198.51.100.7", 2, "198.51.100.7"],
    ["", 1, PEER],
    ["203.0.113.9,", 1, PEER],
    // Some proxies add the port.
    ["198.51.100.7:4711", 1, "198.51.100.7"],
    ["[2001:db8::1]:4711", 1, "2001:db8:0:0::/64"],
    ["[2001:db8::1]", 1, "2001:db8:0:0::/64"],
    ["2001:db8::1", 1, "2001:db8:0:0::/64"],
    ["::ffff:198.51.100.7", 1, "198.51.100.7"],
  ];
  for (const [forwarded, trustProxy, address] of table) {
    const headers = new Headers({ "x-forwarded-for": forwarded });
    const options = { trustProxy, allowedOrigins: [] };
    assertEquals(
      clientAddress(headers, PEER, options),
      address,
      `"${forwarded}", ${trustProxy} trusted`,
    );
  }
});

Deno.test("clientAddress() is the peer's where a proxy forwards no address", () => {
  const hops = [
    "unknown",
    "_hidden",
    "chat.example",
    "",
    " ",
    '""',
    "256.0.0.1",
    "1.2.3",
    "0x7f000001",
    "1.2.3.4.5",
    "192.0.2.1:http",
    "::g",
    "1::2::3",
    "[::1",
    "::1]/path",
    "::1]@[::2",
    "2001:db8::1%".padEnd(100, "z"),
    "1".repeat(1_000_000),
    "::1".padEnd(1_000_000, "%"),
    "for=198.51.100.7",
  ];
  for (const hop of hops) {
    const headers = new Headers({ "x-forwarded-for": `203.0.113.9, ${hop}` });
    const options = { trustProxy: 1, allowedOrigins: [] };
    assertEquals(clientAddress(headers, PEER, options), PEER, hop.slice(0, 40));
  }
});

Deno.test("clientAddress() has one form for each address that a proxy forwards", () => {
  const table: [hop: string, address: string][] = [
    ["192.0.2.007", "192.0.2.7"],
    ["::ffff:c000:207", "192.0.2.7"],
    ["[::ffff:192.0.2.7]:80", "192.0.2.7"],
    ["2001:0DB8:0:0:1:2:3:4", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["[fe80::1%25eth0]:80", "fe80:0:0:0::/64"],
  ];
  for (const [hop, address] of table) {
    const headers = new Headers({ "x-forwarded-for": hop });
    assertEquals(clientAddress(headers, PEER, { trustProxy: 1, allowedOrigins: [] }), address, hop);
  }
});

Deno.test("clientAddress() joins the headers of several proxies", () => {
  const headers = new Headers();
  for (const hop of ["203.0.113.9", "198.51.100.7"]) headers.append("x-forwarded-for", hop);
  assertEquals(clientAddress(headers, PEER, { trustProxy: 1, allowedOrigins: [] }), "198.51.100.7");
});

Deno.test("clientAddress() is the peer's behind a trusted proxy that forwards nothing", () => {
  assertEquals(clientAddress(new Headers(), PEER, { trustProxy: 1, allowedOrigins: [] }), PEER);
});

Deno.test("clientAddress() reads the end of a long list of hops", () => {
  const options = { trustProxy: 2, allowedOrigins: [] };
  const hops = Array.from({ length: 5000 }, () => "203.0.113.9").join(", ");
  const headers = new Headers({ "x-forwarded-for": `${hops}, 198.51.100.7, 10.0.0.1` });
  assertEquals(clientAddress(headers, PEER, options), "198.51.100.7");
});

Deno.test("isHostServed() serves every host unless there is a list", () => {
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

Deno.test("hasToken() reads no header of more than 512 characters", () => {
  const has = (authorization: string) => hasToken(new Headers({ authorization }), "secret");
  assertEquals(has("Bearer secret"), true);
  assertEquals(has(`Bearer${" ".repeat(500)}secret`), true);
  assertEquals(has(`Bearer${" ".repeat(501)}secret`), false);
});
