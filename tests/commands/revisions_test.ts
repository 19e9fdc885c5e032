import { assertEquals } from "@std/assert";
import type { Subscriber } from "../../chat/broker/broker.ts";
import { MemoryBroker } from "../../chat/broker/memory.ts";
import { Revisions } from "../../chat/commands/revisions.ts";
import type { Body } from "../../chat/protocol/body.ts";
import { eventLoop } from "../../chat/runtime/timers.ts";
import { keepOne, nextRef, send } from "../broker/ops.ts";

const SILENT: Subscriber = {
  published() {},
  documented() {},
  signalled() {},
  lost() {},
  dropped() {},
};

/** A broker with a message, and the revisions of it. */
async function revised() {
  const broker = new MemoryBroker({
    roomSize: 100,
    maxBytes: 2 ** 20,
    receiptBytes: 2 ** 20,
    now: Date.now,
  });
  broker.subscribe(SILENT);
  const { room, id } = await keepOne(broker, send("hi"));
  const revisions = new Revisions(broker, { soon: queueMicrotask });
  const revise = (text: string) =>
    revisions.carryOut(room, id, {
      request: { user: "ada", ref: nextRef() },
      revise: (body: Body) => ({ ...body, text }),
    });
  return { broker, room, id, revisions, revise };
}

Deno.test("Revisions carries out one that comes at whatever moment another one ends", async () => {
  for (let ticks = 0; ticks < 30; ticks++) {
    const { revise } = await revised();
    let isDone = false;
    const ended = revise("first");
    for (let i = 0; i < ticks; i++) await undefined;
    const second = revise("second").then(() => isDone = true);
    await ended;
    for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => eventLoop.soon(resolve));
    assertEquals(isDone, true, `after ${ticks} ticks`);
    await second;
  }
});
