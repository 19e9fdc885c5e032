import { assertEquals } from "@std/assert";
import { readCredentials } from "../../chat/http/api/credentials.ts";
import { parseMediaType } from "../../chat/http/api/post.ts";

const KEY = "a secret of 16 to 128 characters";
const BY_KEY = { needsToken: false, isNamedByProxy: false };

/** The characters of a header with the UTF-8 of a text. */
function bytesOf(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

Deno.test("readCredentials() takes a key, a token or neither, and passwords", async (t) => {
  const cases: readonly (readonly [
    headers: Record<string, string>,
    query: string,
    expected: ReturnType<typeof readCredentials>,
    policy?: Partial<typeof BY_KEY>,
  ])[] = [
    [{}, "", {}],
    [{ authorization: `Bearer ${KEY}` }, "", { key: KEY }],
    [{ authorization: `bearer   ${KEY}` }, "", { key: KEY }],
    [{}, `key=${encodeURIComponent(KEY)}`, { key: KEY }],
    [{ authorization: `Bearer ${KEY}` }, "key=another", { key: KEY }],
    [{ authorization: bytesOf("Bearer длинный пароль бота") }, "", { key: "длинный пароль бота" }],
    [{ authorization: "Basic YTpi" }, `key=${KEY}`, { key: KEY }],
    [{ authorization: "Basic YTpi" }, "", {}],
    [{ authorization: "Bearer a.b.c" }, "", { token: "a.b.c" }, { needsToken: true }],
    [{}, "key=a.b.c", { token: "a.b.c" }, { needsToken: true }],
    [{ authorization: `Bearer ${KEY}` }, "key=x", {}, { isNamedByProxy: true }],
    [
      { "chat-password": bytesOf("ü #%&+"), "room-password": "\u00fc" },
      "",
      { password: "ü #%&+", roomPassword: "ü" },
    ],
  ];
  for (const [headers, query, expected, policy] of cases) {
    await t.step(JSON.stringify([headers, query, policy]), () => {
      const parameters = new URLSearchParams(query);
      const read = readCredentials(new Headers(headers), parameters, { ...BY_KEY, ...policy });
      assertEquals(read, expected);
    });
  }
});

Deno.test("readCredentials() names what is wrong", async (t) => {
  const cases:
    readonly (readonly [headers: Record<string, string>, query: string, field: string])[] = [
      [{ authorization: KEY }, "", '"Authorization"'],
      [{ authorization: "Bearer" }, "", '"Authorization"'],
      [{ authorization: "Bearer short" }, "", '"key"'],
      [{ authorization: `Bearer ${"x".repeat(129)}` }, "", '"key"'],
      [{ authorization: `Bearer ${"x".repeat(15_000)}` }, "", '"key"'],
      [{}, "key=", '"key"'],
      [{}, `key=token:${KEY}`, '"key"'],
      [{ "chat-password": "x".repeat(129) }, "", '"Chat-Password"'],
      [{ "room-password": "x".repeat(15_000) }, "", '"Room-Password"'],
    ];
  for (const [headers, query, field] of cases) {
    await t.step(`${field} ${JSON.stringify(headers).slice(0, 40)} ${query}`, () => {
      const read = readCredentials(new Headers(headers), new URLSearchParams(query), BY_KEY);
      assertEquals(typeof read === "string" && read.slice(0, field.length), field);
    });
  }
});

Deno.test("parseMediaType() gives type and charset in lower case", () => {
  const cases: readonly (readonly [header: string, type: string, charset: string])[] = [
    ["", "", ""],
    ["text/plain", "text/plain", ""],
    ['Text/Plain ; Charset="UTF-8"', "text/plain", "utf-8"],
    ["application/json;a=b;charset=latin1", "application/json", "latin1"],
    ["x".repeat(257), "too long", ""],
  ];
  for (const [header, type, charset] of cases) {
    assertEquals(parseMediaType(header), { type, charset });
  }
});
