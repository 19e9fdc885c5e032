import { assertEquals } from "@std/assert";
import type { Op } from "../../../chat/broker/broker.ts";
import { Publisher } from "../../../chat/broker/redis/publisher.ts";
import { documentOp, send } from "../ops.ts";

/** The numbers of ops in the batches in which calls with some ops each are written. */
async function batchesOf(calls: readonly (readonly Op[])[]): Promise<number[]> {
  const sizes: number[] = [];
  const publisher = new Publisher({
    deadlineMs: 10_000,
    write(ops) {
      sizes.push(ops.length);
      const outcomes = ops.map(() => ({ as: "missing" }) as const);
      return Promise.resolve({ outcomes, heard: () => Promise.resolve() });
    },
  });
  await Promise.all(calls.map((ops) => publisher.add(ops)));
  return sizes;
}

Deno.test("Publisher.add() writes many small ops, and few large ones, at once", async () => {
  const small = Array.from({ length: 150 }, () => [send("hi")]);
  assertEquals((await batchesOf(small)).length, 3);
  const large = Array.from({ length: 60 }, () => [send("x".repeat(16_000))]);
  const sizes = await batchesOf(large);
  assertEquals(Math.max(...sizes), 13);
  assertEquals(sizes.reduce((sum, size) => sum + size), 60);
});

Deno.test("Publisher.add() writes the ops of a call together, however large they are", async () => {
  const ops = Array.from({ length: 5 }, (_, i) => documentOp(`:${i}`, "", "x".repeat(65_000)));
  assertEquals(await batchesOf([ops, ops, [send("hi")]]), [5, 5, 1]);
});
