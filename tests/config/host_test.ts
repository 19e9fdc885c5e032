import { assertEquals } from "@std/assert";
import { type Host, isListed, parseHost } from "../../chat/config/host.ts";

Deno.test("parseHost() parses letters, digits, '.', '-', '_' or [IPv6], and a port", () => {
  const table: [text: string, name: string, port?: number][] = [
    ["chat.example", "chat.example"],
    ["chat.example:8000", "chat.example", 8000],
    ["CHAT.Example:80", "chat.example", 80],
    ["chat.example.", "chat.example"],
    ["chat.example.:8000", "chat.example", 8000],
    ["localhost", "localhost"],
    ["my_host-1", "my_host-1"],
    ["xn--mnchen-3ya.example", "xn--mnchen-3ya.example"],
    ["192.0.2.1:65535", "192.0.2.1", 65_535],
    ["[::1]", "[::1]"],
    ["[::1]:8000", "[::1]", 8000],
    ["[2001:DB8:0:0:0:0:0:1]", "[2001:db8::1]"],
    ["[::ffff:192.0.2.1]", "[::ffff:c000:201]"],
    [`${"a".repeat(253)}.:65535`, "a".repeat(253), 65_535],
  ];
  for (const [text, name, port] of table) assertEquals(parseHost(text), { name, port }, text);
});

Deno.test("parseHost() is undefined for anything else", () => {
  const texts = [
    ...["", " ", ".", ":", ":80", "a:", "a:b", "a:b:c", "a:-1", "a:1.5", "a:65536", "a:999999"],
    ...["a b", "a/b", "a/metrics?", "a?b", "a#b", "a@b", "a:b@c", "a\\b", "a,b", "a, b", "a;b"],
    ...["a%41", "%", "*", "*.example", "http://a", "//a", "a\tb", "a\u00a0", "münchen", "\u0430"],
    ...["[", "]", "[]", "[:::]", "[::1", "::1", "[::1]]", "[::1]a", "[1.2.3.4]", "[a]", "[v1.a]"],
    ...["[fe80::1%eth0]", "[fe80::1%25eth0]", "[::1]:", "[::1]:a", "[:/:]", "x".repeat(261)],
  ];
  for (const text of texts) assertEquals(parseHost(text), undefined, text);
});

Deno.test("isListed() compares ports only where the list has one", () => {
  const hosts = ["a.example", "b.example:8000", "c.example:443", "d.example:80", "[::1]"]
    .map((each): Host => parseHost(each) ?? { name: "", port: undefined });
  const table: [text: string, listed: boolean][] = [
    ["a.example", true],
    ["a.example:1", true],
    ["A.EXAMPLE.:443", true],
    ["b.example:8000", true],
    ["b.example:8001", false],
    ["b.example", false],
    // A URL leaves out the port of its scheme.
    ["c.example", true],
    ["c.example:443", true],
    ["c.example:80", false],
    ["d.example", true],
    ["[0:0::1]:8000", true],
    ["[::2]", false],
    ["a.example.evil.example", false],
    ["sub.a.example", false],
    ["example", false],
  ];
  for (const [text, listed] of table) {
    assertEquals(isListed(parseHost(text) ?? { name: "", port: undefined }, hosts), listed, text);
  }
});
