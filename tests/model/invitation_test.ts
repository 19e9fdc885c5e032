import { assertEquals } from "@std/assert";
import { inviteFragment, parseSecrets } from "../../static/model/invitation.js";

Deno.test("passwords survive the fragment of a link", () => {
  for (const password of ["open sesame", "#%&+ü =?/", "100%", "a=b&token=c", "密码".repeat(64)]) {
    const { hash } = new URL(`https://chat.example/r/den${inviteFragment(password)}`);
    assertEquals(parseSecrets(hash), { password });
  }
});

Deno.test("parseSecrets() takes tokens, and what was written by hand", () => {
  assertEquals(parseSecrets("#token=a.b-c_d.e"), { token: "a.b-c_d.e" });
  assertEquals(parseSecrets("#token=a&password=b"), { token: "a", password: "b" });
  assertEquals(parseSecrets("#password=100%"), { password: "100%" });
  assertEquals(parseSecrets("#password=a+b"), { password: "a+b" });
});

Deno.test("parseSecrets() leaves other fragments alone, and cuts what is too long", () => {
  for (const hash of ["", "#", "#01J00000000000000000000000", "#passwords=x", "#skip"]) {
    assertEquals(parseSecrets(hash), undefined);
  }
  assertEquals(parseSecrets(`#password=${"x".repeat(300)}`), { password: "x".repeat(128) });
  assertEquals(parseSecrets(`#password=${"🙂".repeat(300)}`), { password: "🙂".repeat(128) });
  assertEquals(parseSecrets(`#token=${"x".repeat(100_000)}`), {});
});
