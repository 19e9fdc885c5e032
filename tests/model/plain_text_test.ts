import { assert, assertEquals } from "@std/assert";
import { plainText } from "../../static/model/plain_text.js";
import { message, messageId, online } from "./page_driver.ts";

Deno.test("plainText() leaves the markup out", () => {
  const cases = [
    ["a **b *c*** `d` ~~e~~ https://h/_f_ #g @h", "a b c d e https://h/_f_ #g @h"],
    ["2*3*4 snake_case :) **a", "2*3*4 snake_case :) **a"],
    ["> *a*\n> b\nc", "“a\nb”\nc"],
    ["a:\n- b\n- **c**\nd", "a:\n• b\n• c\nd"],
    ["a\n```ts\nb\n```\n> c", "a\nb\n“c”"],
    ["", ""],
  ] as const;
  for (const [text, plain] of cases) assertEquals(plainText(text), plain);
});

Deno.test("reduce() notifies and announces without the markup", () => {
  const page = online().does({ type: "notifications_chosen", notifications: "all" });
  page.does({ type: "visibility_changed", visible: false });
  page.says(1, "**a** 2*3*4\n> b");
  assertEquals(page.announced(), ["Bob: a 2*3*4\n“b”"]);
  const bodies = page.effects.flatMap((effect) =>
    effect.type === "notification" ? [effect.body] : []
  );
  assertEquals(bodies, ["a 2*3*4\n“b”"]);
});

Deno.test("reduce() announces the beginning of a long message and of a long edit", () => {
  const log = "a line of an alert\n".repeat(200);
  const page = online().says(1, log);
  page.hears({
    type: "message",
    room: "lobby",
    ...message(1, `${log}!`),
    edited: 5,
    changed: messageId(2),
  });
  page.waits(2000);
  const beginnings = page.announced().map((text) => text.slice(0, 30).replaceAll("\n", " "));
  assertEquals(beginnings, ["Bob: a line of an alert a line", "Bob edited: a line of an alert"]);
  for (const text of page.announced()) {
    assert(text.endsWith("…") && text.length < 420, `${text.length} units`);
  }
});
