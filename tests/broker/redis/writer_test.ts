/**
 * Writer of batches, with a client that a test answers.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Unavailable } from "../../../chat/broker/broker.ts";
import { ReplyError } from "../../../chat/broker/redis/resp.ts";
import { Writer } from "../../../chat/broker/redis/writer.ts";
import { eventLoop } from "../../../chat/runtime/timers.ts";
import { send } from "../ops.ts";

Deno.test("Writer.write() keeps its deadline while others begin lives of the store", async () => {
  const deadlines: number[] = [];
  const waits: number[] = [];
  const writer = new Writer({
    ...{ prefix: "{test}", wait: 0, receiptBytes: 1_000_000, kept() {} },
    client: {
      call(_args, deadlineMs = Infinity) {
        deadlines.push(deadlineMs);
        return Promise.reject(new ReplyError("EPOCH is another one"));
      },
    },
    feed: { epoch: "EPCH", heard: () => Promise.resolve() },
    // Each takes longer than half of the deadline.
    async join() {
      const start = eventLoop.now;
      while (eventLoop.now - start < 30) await new Promise((resolve) => setTimeout(resolve, 5));
      waits.push(eventLoop.now - start);
    },
  });
  const error = await assertRejects(() => writer.write([send("a")], 50), Unavailable);
  assertEquals(error.kept, "no");
  assert(deadlines.every((ms, i) => ms <= 50 - 30 * i), `${deadlines}`);
  assert(waits.length <= 2, `It has joined ${waits.length} times`);
});
