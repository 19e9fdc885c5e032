/**
 * Contract of brokers: the order of what is published, receipts and signals.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Signal } from "../../chat/broker/broker.ts";
import type { Test } from "./contract.ts";
import { keep, nextRef, receiptOf, send, textOf } from "./ops.ts";

/** Tests it with a broker that is made for each test. */
export function testOrder(test: Test): void {
  test(
    "publish() keeps in the order of ops, and has told all of it when it resolves",
    async (broker, ear) => {
      const receipts = await keep(broker, send("a"), send("b"), send("c", { room: "other" }));
      const positions = receipts.map(({ position }) => position);
      assertEquals(positions, positions.toSorted());
      assertEquals(new Set(positions).size, 3);
      assertEquals(receipts.map(({ id }) => id), positions);
      assertEquals(
        ear.heard.map(({ room, message }) => [room, message.id, message.position, textOf(message)]),
        receipts.map(({ room, id, position }, i) => [room, id, position, "abc".charAt(i)]),
      );
    },
  );

  test("publish() gives calls that are not awaited one order", async (broker, ear) => {
    const calls = Array.from({ length: 300 }, (_, i) => broker.publish([send(`${i}`)]));
    const ids = (await Promise.all(calls)).map(([outcome]) => receiptOf(outcome).id);
    assertEquals(ids, ids.toSorted());
    assertEquals(ear.positions("lobby"), ids);
    assertEquals(ear.heard.map(({ message }) => textOf(message)), ids.map((_, i) => `${i}`));
  });

  test("publish() tells nothing inside the call", async (broker, ear) => {
    const call = broker.publish([send("a")]);
    broker.signal({ kind: "typing", room: "lobby", user: { id: "ada", name: "Ada" } });
    assertEquals([ear.heard.length, ear.signals.length], [0, 0]);
    await call;
    assertEquals(ear.heard.length, 1);
  });

  test(
    "publish() knows a ref again, in the same call, in another and whatever it says",
    async (broker, ear) => {
      const ref = nextRef();
      const [first, second] = await broker.publish([send("a", { ref }), send("b", { ref })]);
      const again = await broker.publish([send("c", { ref, room: "elsewhere" })]);
      assertEquals(first?.as, "kept");
      const known = { ...receiptOf(first), as: "known" };
      assertEquals<unknown[]>([second, ...again], [known, known]);
      assertEquals(await broker.receipt("ada", ref), receiptOf(first));
      assertEquals(ear.heard.length, 1);
    },
  );

  test("publish() takes the same ref of two users for two", async (broker) => {
    const ref = nextRef();
    const outcomes = await broker.publish([send("a", { ref }), send("a", { ref, user: "bob" })]);
    assertEquals(outcomes.map(({ as }) => as), ["kept", "kept"]);
    assertEquals(await broker.receipt("eve", ref), undefined);
  });

  test("signal() is told here too, and not kept", async (broker, ear) => {
    const signal: Signal = { kind: "typing", room: "lobby", user: { id: "ada", name: "Ada" } };
    broker.signal(signal);
    await ear.until(() => ear.signals.length === 1);
    assertEquals(ear.signals, [signal]);
    assertEquals((await broker.open("lobby", 5)).messages, []);
  });
}
