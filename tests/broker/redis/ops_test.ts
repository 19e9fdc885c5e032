import { assert, assertEquals } from "@std/assert";
import { argumentsOf, outcomeIn, receiptIn, requestKey } from "../../../chat/broker/redis/ops.ts";
import { signalIn } from "../../../chat/broker/redis/signals.ts";

const ID = "01J9ZX3Q4R5S6T7V8W9XYZABCD";
const LATER = "01J9ZX3Q4R5S6T7V8W9XYZABCE";

Deno.test("requestKey() is another one for each user and ref", () => {
  const pairs = [["a", "b c"], ["a b", "c"], ["a", "\ud800"], ["a", "\udc00"], ["a", "\ufffd"]];
  assertEquals(new Set(pairs.map(([user = "", ref = ""]) => requestKey(user, ref))).size, 5);
});

Deno.test("requestKey() takes few bytes, whatever a ref is made of", () => {
  const keys = ["a", "\u0001", "\ud800", "\u20ac", "💩"].flatMap((character) =>
    [1, 20, 62, 64].map((length) => requestKey("adaadaadaadaadaa", character.repeat(length)))
  );
  assertEquals(new Set(keys).size, keys.length);
  for (const key of keys) assert(new TextEncoder().encode(key).length < 160, key);
});

Deno.test("outcomeIn() reads what became of an op", () => {
  const receipt = { room: "lobby", id: ID, position: LATER };
  assertEquals(["c", "m", "f"].map((reply) => outcomeIn(reply).as), [
    "conflict",
    "missing",
    "full",
  ]);
  assertEquals(outcomeIn(["k", "lobby", LATER, ID]), { as: "kept", ...receipt });
  assertEquals(outcomeIn(["w", `lobby\n${LATER}\n${ID}`]), { as: "known", ...receipt });
  // A key may hold anything.
  assertEquals(receiptIn(`\n${LATER}\n:a\nb`), { room: "", id: ":a\nb", position: LATER });
});

Deno.test("argumentsOf() leaves out requests without a ref", () => {
  const also = [{ user: "bob", ref: "" }, { user: "cem", ref: "1" }];
  const op = { op: "note", room: "lobby", user: "ada", ref: "", id: ID, was: LATER, also } as const;
  assertEquals(argumentsOf(op, true), ["n", 1, "", 1, '["cem","1"]', "lobby", ID, LATER]);
});

Deno.test("argumentsOf() tells the bytes of a body up to the end of its text", () => {
  const texts = ["", "hi", 'a "quote"', "\\", '\\"', "é💩\u0000\n", '"text":"', "}"];
  for (const text of texts) {
    const user = { id: "ada", name: '"text":"' };
    const start = JSON.stringify({ user, text }).slice(0, -1);
    const body = `${start},"reactions":[{"emoji":"👍","text":"no"}]}`;
    const put = { op: "put", room: "lobby", user: "ada", ref: "", id: ID, was: ID, body } as const;
    assertEquals(argumentsOf(put, true).at(-1), new TextEncoder().encode(start).length, text);
  }
});

Deno.test("signalIn() ignores what is no signal", () => {
  assertEquals(signalIn(["", "{}"]), { kind: "node", body: "{}" });
  assertEquals(signalIn(["lobby", "{"]), undefined);
});
