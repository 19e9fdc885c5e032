/**
 * Contract of brokers: limits, and the end of a broker.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { ORIGIN, type Outcome, type Receipt, Unavailable } from "../../chat/broker/broker.ts";
import type { Test } from "./contract.ts";
import { inTime } from "./ear.ts";
import { keep, send } from "./ops.ts";

/** Tests it with a broker that is made for each test. */
export function testLimits(test: Test): void {
  test("publish() takes no more ops than a call may have", async (broker, ear) => {
    await assertRejects(
      () => broker.publish(Array.from({ length: 201 }, () => send("a"))),
      RangeError,
    );
    const most = await keep(broker, ...Array.from({ length: 200 }, () => send("a")));
    assertEquals(most.length, 200);
    assertEquals(ear.heard.length, 200);
    assertEquals(await broker.publish([]), []);
  });

  test("status() tells of no problem", async (broker) => {
    await keep(broker, send("a"));
    assertEquals(broker.status().problem, undefined);
  });

  test(
    "close() does what was published before, and later calls are Unavailable",
    async (broker, ear) => {
      const call = broker.publish([send("a")]);
      const closing = broker.close();
      const [outcome] = await call;
      assertEquals(outcome?.as, "kept");
      assertEquals(ear.heard.length, 1);
      await closing;
      const late = [
        () => broker.publish([send("b")]),
        () => broker.receipt("ada", "x"),
        () => broker.get("lobby", ORIGIN),
        () => broker.document("bans"),
        () => broker.open("lobby", 5),
        () => broker.after("lobby", ORIGIN, 5),
        () => broker.page("lobby", {}, 5),
      ];
      for (const call of late) {
        const error = await assertRejects(() => inTime<unknown>(call(), "It hangs"), Unavailable);
        assertEquals(error.kept, "no");
      }
      broker.signal({ kind: "typing", room: "lobby", user: { id: "ada", name: "Ada" } });
      assertEquals(ear.signals, []);
      await broker.close();
    },
  );

  test(
    "publish() says full when an address has no place for receipts",
    async (broker, _ear, tested) => {
      if (tested.receiptBytes === undefined) return;
      const outcomes: Outcome[] = [];
      for (let i = 0; i < 60; i++) {
        const op = send("a", { user: `user ${i}`, address: "192.0.2.1" });
        outcomes.push(...await broker.publish([op]));
      }
      assertEquals(outcomes[0]?.as, "kept");
      assertEquals(outcomes.at(-1), { as: "full" });
      const [other] = await broker.publish([send("a", { address: "192.0.2.2" })]);
      assertEquals(other?.as, "kept");
    },
  );

  test(
    "publish() drops the oldest of a full room, and tells its floor",
    async (broker, ear, tested) => {
      const { roomSize } = tested;
      if (roomSize === undefined) return;
      const receipts: Receipt[] = [];
      while (receipts.length < roomSize + 10) {
        receipts.push(
          ...await keep(broker, ...Array.from({ length: 101 }, () => send("a", { ref: "" }))),
        );
      }
      const dropped = receipts.length - roomSize;
      const part = await broker.after("lobby", ORIGIN, 1);
      assertEquals(part.floor, receipts[dropped - 1]?.position);
      await ear.until(() => ear.drops.at(-1)?.floor === part.floor);
      assertEquals(part.messages.map(({ id }) => id), [receipts[dropped]?.id]);
      assertEquals((await broker.open("lobby", roomSize)).more, false);
      assertEquals(await broker.get("lobby", receipts[0]?.id ?? ""), undefined);
    },
  );
}
