import { assertEquals } from "@std/assert";
import { proxyUser } from "../../chat/http/access.ts";

const CONFIG = { trustProxy: 1, userHeader: "x-user" };

/** The user of a request that a proxy has forwarded. */
function userOf(user: string, config = CONFIG): string | undefined {
  return proxyUser(new Headers({ "x-forwarded-for": "192.0.2.1", "x-user": user }), config);
}

Deno.test("proxyUser() is the user whom a trusted proxy names", () => {
  assertEquals(userOf("ada@example.com"), "ada@example.com");
  assertEquals(userOf(" Ada L "), "Ada L");
  const utf8 = String.fromCharCode(...new TextEncoder().encode("Jürgen"));
  assertEquals([userOf(utf8), userOf("J\u00fcrgen")], ["Jürgen", "Jürgen"]);
});

Deno.test("proxyUser() is nobody without a trusted proxy, or where several are named", () => {
  assertEquals(userOf("ada", { ...CONFIG, trustProxy: 0 }), undefined);
  assertEquals(userOf("ada", { ...CONFIG, userHeader: "" }), undefined);
  assertEquals(proxyUser(new Headers({ "x-user": "ada" }), CONFIG), undefined, "not forwarded");
  const headers = new Headers({ "x-forwarded-for": "192.0.2.1", "x-user": "eve" });
  headers.append("x-user", "ada");
  assertEquals(proxyUser(headers, CONFIG), undefined);
  assertEquals([userOf(""), userOf("x".repeat(257))], [undefined, undefined]);
});
