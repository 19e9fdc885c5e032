import { assertEquals } from "@std/assert";
import type { ErrorCode } from "../../chat/protocol/types.ts";
import {
  commandOf,
  type Content,
  dueItems,
  fitsFrame,
  type Item,
  markSent,
  nextRetryAt,
  outgoing,
  refuseItem,
  requeue,
} from "../../static/client/outbox.js";

const item = (ref: string, room = "lobby", content: Content = { type: "send", text: ref }): Item =>
  outgoing({ ...content, ref, room, queuedAt: 0 });

const refs = (items: readonly Item[]): string[] => items.map(({ ref }) => ref);

const refuse = (outbox: readonly Item[], ref: string, code: ErrorCode, retryMs?: number) =>
  refuseItem(outbox, {
    type: "error",
    ref,
    code,
    message: "",
    ...(retryMs !== undefined && { retryMs }),
  }, { now: 1000, explain: ({ code }) => code });

Deno.test("dueItems() sends one item of a room at a time, in order", () => {
  const outbox = [item("a"), item("b"), item("c", "dev")];
  assertEquals(refs(dueItems(outbox, 0)), ["a", "c"]);
  assertEquals(refs(dueItems(markSent(outbox, "a"), 0)), ["c"]);
  assertEquals(refs(dueItems(refuse(outbox, "a", "text_invalid"), 0)), ["b", "c"]);
});

Deno.test("requeue() has items that were sent sent again with their refs", () => {
  const outbox = requeue(markSent([item("a"), item("b")], "a"));
  assertEquals(refs(dueItems(outbox, 0)), ["a"]);
  assertEquals(outbox.map(({ isTried }) => isTried), [true, false]);
});

Deno.test("refuseItem() puts an item off for as long as the server says", () => {
  for (const code of ["rate_limited", "unavailable"] as const) {
    for (const [retryMs, at] of [[800, 1800], [undefined, 3000]] as const) {
      const outbox = refuse([item("a"), item("b")], "a", code, retryMs);
      assertEquals(nextRetryAt(outbox), at);
      assertEquals([at - 1, at].map((now) => refs(dueItems(outbox, now))), [[], ["a"]]);
    }
  }
});

Deno.test("refuseItem() keeps an item for a room that is to be joined again", () => {
  for (const code of ["not_joined", "kicked"] as const) {
    const [first] = refuse([item("a")], "a", code, 60_000);
    assertEquals([first?.status, first?.retryAt], ["queued", 0]);
  }
});

Deno.test("refuseItem() fails an item that can't be sent", () => {
  for (const code of ["text_invalid", "muted", "not_found", "forbidden", "internal"] as const) {
    const [first] = refuse([item("a")], "a", code);
    assertEquals([first?.status, first?.error], ["failed", code]);
  }
});

Deno.test("commandOf() has only the fields of the protocol", () => {
  const id = "01J00000000000000000000000";
  const contents: Content[] = [
    { type: "send", text: "hi" },
    { type: "send", text: "hi", reply: id },
    { type: "edit", id, text: "hi" },
    { type: "delete", id },
    { type: "react", id, emoji: "👍", on: true },
  ];
  for (const content of contents) {
    assertEquals(commandOf(item("a", "lobby", content)), { ...content, ref: "a", room: "lobby" });
  }
});

Deno.test("fitsFrame() counts the bytes of UTF-8", () => {
  const length = JSON.stringify({ type: "rename", name: "" }).length;
  assertEquals(fitsFrame({ type: "rename", name: "é" }, length + 2), true);
  assertEquals(fitsFrame({ type: "rename", name: "é" }, length + 1), false);
});
