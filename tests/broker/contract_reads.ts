/**
 * Contract of brokers: what is read of a room.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { ORIGIN } from "../../chat/broker/broker.ts";
import { ROOM_SIZE, type Test } from "./contract.ts";
import { bodyOf, keep, keepOne, put, send, textOf, textsOf } from "./ops.ts";

/** Tests it with a broker that is made for each test. */
export function testReads(test: Test): void {
  test("publish() keeps any text as it is", async (broker) => {
    const texts = [
      "",
      '"',
      "\u0000",
      "\ud83d\ude00 ",
      "'; --",
      "\u2028",
      "[]",
      "1e999",
      "x".repeat(20_000),
    ];
    const receipts = await keep(broker, ...texts.map((text) => send(text)));
    const messages = await Promise.all(receipts.map(({ id }) => broker.get("lobby", id)));
    assertEquals(messages.map((message) => message?.body), texts.map(bodyOf));
  });

  test("open() returns the newest by position, the head and the floor", async (broker) => {
    const empty = await broker.open("lobby", 3);
    assertEquals([empty.messages, empty.more], [[], false]);
    assert(empty.head >= empty.floor);
    assert(broker.vouches(empty.head));
    const receipts = await keep(broker, ..."abcde".split("").map((text) => send(text)));
    const changed = await keepOne(broker, put(receipts[0], "A"));
    const opened = await broker.open("lobby", 3);
    assertEquals(textsOf(opened), ["d", "e", "A"]);
    assertEquals([opened.head, opened.more], [changed.position, true]);
    assertEquals(textsOf(await broker.after("lobby", empty.head, 10)), ["b", "c", "d", "e", "A"]);
    assertEquals((await broker.open("lobby", 5)).more, false);
  });

  test("open() and what is told meanwhile are all of a room", async (broker, ear) => {
    const all = 450;
    await keep(broker, ...Array.from({ length: 150 }, (_, i) => send(`${i}`)));
    const sends = Array.from({ length: 300 }, (_, i) => broker.publish([send(`${150 + i}`)]));
    const from = ear.heard.length;
    const opened = await broker.open("lobby", ROOM_SIZE);
    await Promise.all(sends);
    const told = ear.heard.slice(from).map(({ message }) => message);
    const newer = told.filter(({ position }) => position > opened.head);
    assertEquals(
      [...opened.messages, ...newer].map(textOf),
      Array.from({ length: all }, (_, i) => `${i}`),
    );
  });

  test("after() returns nothing after a position that no broker has given yet", async (broker) => {
    const { position } = await keepOne(broker, send("a"));
    const part = await broker.after("lobby", "7".padEnd(26, "Z"), 3);
    assertEquals([part.messages, part.more, part.head], [[], false, position]);
    assertEquals(broker.status().problem, undefined);
  });

  test("after() pages by position, each message once in its current state", async (broker) => {
    const receipts = await keep(broker, ...Array.from({ length: 10 }, (_, i) => send(`${i}`)));
    const [, one, , three] = receipts;
    await keep(broker, put(three, "3b"), put(one, "1b"));
    const texts: string[] = [];
    let position = ORIGIN;
    for (let more = true; more;) {
      const part = await broker.after("lobby", position, 3);
      texts.push(...textsOf(part));
      position = part.messages.at(-1)?.position ?? position;
      more = part.more;
      assert(!more || part.messages.length === 3);
      assertEquals(part.head, (await broker.open("lobby", 1)).head);
    }
    assertEquals(texts, ["0", "2", "4", "5", "6", "7", "8", "9", "3b", "1b"]);
    const rest = await broker.after("lobby", position, 3);
    assertEquals([rest.messages, rest.more], [[], false]);
    assertEquals((await broker.after("nowhere", ORIGIN, 3)).messages, []);
  });

  test("page() goes by id, whatever was changed", async (broker) => {
    const receipts = await keep(broker, ...Array.from({ length: 10 }, (_, i) => send(`${i}`)));
    const [, , two] = receipts;
    await keep(broker, put(two, "2"));
    const id = (index: number) => receipts[index]?.id ?? "";
    const cases = [
      [{}, 4, "6789", true, false],
      [{}, 20, "0123456789", false, false],
      [{ before: id(3) }, 2, "12", true, true],
      [{ before: id(3) }, 9, "012", false, true],
      [{ before: id(0) }, 9, "", false, true],
      [{ after: id(6) }, 2, "78", true, true],
      [{ after: id(6) }, 9, "789", true, false],
      [{ after: id(9) }, 9, "", true, false],
      [{ after: ORIGIN }, 3, "012", false, true],
      [{ around: id(5) }, 4, "3456", true, true],
      [{ around: id(1) }, 4, "0123", false, true],
      [{ around: id(9) }, 4, "6789", true, false],
      [{ around: id(5) }, 1, "5", true, true],
      [{ around: ORIGIN }, 4, "0123", false, true],
      [{ around: "7ZZZZZZZZZZZZZZZZZZZZZZZZZ" }, 4, "6789", true, false],
    ] as const;
    for (const [bound, limit, texts, more, moreAfter] of cases) {
      const page = await broker.page("lobby", bound, limit);
      assertEquals(
        [textsOf(page).join(""), page.more, page.moreAfter],
        [texts, more, moreAfter],
        JSON.stringify([bound, limit]),
      );
    }
    const nowhere = { messages: [], more: false, moreAfter: false };
    assertEquals(await broker.page("nowhere", {}, 5), nowhere);
  });

  test("page() gives the newest by id though older ones were changed since", async (broker) => {
    const receipts = await keep(broker, ...Array.from({ length: 100 }, (_, i) => send(`${i}`)));
    await keep(broker, ...receipts.slice(0, 15).map((receipt, i) => put(receipt, `${i} changed`)));
    const newest = await broker.page("lobby", {}, 20);
    assertEquals([textsOf(newest), newest.more], [
      Array.from({ length: 20 }, (_, i) => `${80 + i}`),
      true,
    ]);
    const all = await broker.page("lobby", {}, 200);
    assertEquals(all.messages.map(({ id }) => id), receipts.map(({ id }) => id));
    assertEquals([textsOf(all)[14], textsOf(all)[15], all.more], ["14 changed", "15", false]);
    const opened = await broker.open("lobby", 20);
    assertEquals(textsOf(opened).slice(4, 6), ["99", "0 changed"]);
  });

  test("get() knows a message only in its room", async (broker) => {
    const { id } = await keepOne(broker, send("a"));
    assertEquals((await broker.get("lobby", id))?.id, id);
    assertEquals(await broker.get("other", id), undefined);
    assertEquals(await broker.get("lobby", ORIGIN), undefined);
  });

  test("vouches() for the positions of its past, and for no others", async (broker) => {
    const [a] = await keep(broker, send("a"), send("b"));
    const changed = await keepOne(broker, put(a, "c"));
    for (const position of [a.position, changed.position, (await broker.open("x", 1)).head]) {
      assert(broker.vouches(position), position);
    }
    const otherLife = changed.position.slice(0, 10) + flipped(changed.position.slice(10, 14)) +
      changed.position.slice(14);
    for (const position of [otherLife, ORIGIN, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"]) {
      assert(!broker.vouches(position), position);
    }
    const beyond = changed.position.slice(0, 25) + (changed.position.endsWith("Z") ? "ZZ" : "Z");
    assert(!broker.vouches(beyond));
  });
}

/** Four digits of base32, each another one than before. */
function flipped(digits: string): string {
  return digits.replace(/./g, (digit) => digit === "0" ? "1" : "0");
}
