/**
 * Contract of brokers: changes of messages.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { ORIGIN } from "../../chat/broker/broker.ts";
import type { Test } from "./contract.ts";
import { bodyOf, keep, keepOne, noteOp, put, send, textOf, textsOf } from "./ops.ts";

/** Tests it with a broker that is made for each test. */
export function testChanges(test: Test): void {
  test("publish() puts a message to the end of the log in its new state", async (broker, ear) => {
    const [a, b] = await keep(broker, send("a"), send("b"));
    const changed = await keepOne(broker, put(a, "a2"));
    assertEquals(changed.id, a.id);
    assert(changed.position > b.position);
    const message = { id: a.id, position: changed.position, body: bodyOf("a2") };
    assertEquals(await broker.get("lobby", a.id), message);
    assertEquals(ear.heard.at(-1), { room: "lobby", message });
    assertEquals(textsOf(await broker.after("lobby", ORIGIN, 10)), ["b", "a2"]);
    assertEquals(textsOf(await broker.page("lobby", {}, 10)), ["a2", "b"]);
    assertEquals(textsOf(await broker.open("lobby", 10)), ["b", "a2"]);
  });

  test(
    "publish() refuses a put of another position or of no message, and does the rest",
    async (broker, ear) => {
      const a = await keepOne(broker, send("a"));
      const outcomes = await broker.publish([
        put(a, "a2"),
        put(a, "a3"),
        put({ ...a, id: "01J00000000000000000000000" }, "x"),
        put(a, "y", { room: "other" }),
        send("b"),
      ]);
      assertEquals(outcomes.map(({ as }) => as), [
        "kept",
        "conflict",
        "missing",
        "missing",
        "kept",
      ]);
      assertEquals(ear.heard.map(({ message }) => textOf(message)), ["a", "a2", "b"]);
    },
  );

  test("publish() notes where a message is, and changes nothing", async (broker, ear) => {
    const a = await keepOne(broker, send("a"));
    const b = await keepOne(broker, put(a, "b"));
    const note = noteOp(b);
    assertEquals(await keepOne(broker, note), b);
    assertEquals(await broker.receipt("ada", note.ref), b);
    const later = await keepOne(broker, put(b, "c"));
    assertEquals(await broker.publish([note, noteOp(b), noteOp({ ...a, id: ORIGIN })]), [
      { ...b, as: "known" },
      { as: "conflict" },
      { as: "missing" },
    ]);
    assertEquals(ear.heard.map(({ message }) => textOf(message)), ["a", "b", "c"]);
    assertEquals((await broker.get("lobby", a.id))?.position, later.position);
  });

  test("publish() leaves a receipt for each request that an op does", async (broker, ear) => {
    const a = await keepOne(broker, send("a"));
    const also = [{ user: "bob", ref: "1" }, { user: "cem", ref: "1" }, { user: "cem", ref: "" }];
    const b = await keepOne(broker, put(a, "b", { also }));
    assertEquals(await broker.receipt("bob", "1"), b);
    assertEquals(await broker.receipt("cem", "1"), b);
    const c = await keepOne(broker, noteOp(b, { also: [{ user: "bob", ref: "2" }] }));
    assertEquals([c, await broker.receipt("bob", "2")], [b, b]);
    const refused = put(b, "c", { also: [{ user: "dan", ref: "1" }, { user: "bob", ref: "1" }] });
    assertEquals(await broker.publish([refused]), [{ as: "conflict" }]);
    assertEquals(await broker.receipt("dan", "1"), undefined);
    assertEquals(await broker.receipt("ada", refused.ref), undefined);
    assertEquals(ear.heard.map(({ message }) => textOf(message)), ["a", "b"]);
  });

  test("publish() knows a put again, and a refused op leaves no receipt", async (broker) => {
    const a = await keepOne(broker, send("a"));
    const change = put(a, "a2");
    const kept = await keepOne(broker, change);
    const refused = put(a, "a3");
    const outcomes = await broker.publish([change, refused]);
    assertEquals(outcomes, [{ ...kept, as: "known" }, { as: "conflict" }]);
    assertEquals(await broker.receipt("ada", refused.ref), undefined);
    const redone = await broker.publish([{ ...refused, was: kept.position }]);
    assertEquals(redone.map(({ as }) => as), ["kept"]);
  });

  test("publish() of a put that races with another: one wins, and a retry does", async (broker) => {
    const a = await keepOne(broker, send("0"));
    const add = async () => {
      for (;;) {
        const message = await broker.get("lobby", a.id);
        assert(message !== undefined);
        const [outcome] = await broker.publish([
          put(message, `${Number(message && textOf(message)) + 1}`),
        ]);
        if (outcome?.as === "kept") return;
        assertEquals(outcome?.as, "conflict");
      }
    };
    await Promise.all(Array.from({ length: 10 }, add));
    const message = await broker.get("lobby", a.id);
    assertEquals(message && textOf(message), "10");
  });
}
