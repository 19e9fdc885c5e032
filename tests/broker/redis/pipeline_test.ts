import { assert, assertEquals, assertRejects } from "@std/assert";
import { Unavailable } from "../../../chat/broker/broker.ts";
import { Pipeline } from "../../../chat/broker/redis/pipeline.ts";
import { type Reply, ReplyError } from "../../../chat/broker/redis/resp.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const OPTIONS = { maxBytes: 1_000_000 };

/** The `kept` of a call that was rejected. */
async function keptOf(call: Promise<Reply>): Promise<string> {
  return (await assertRejects(() => call, Unavailable)).kept;
}

Deno.test("Pipeline gives replies to calls in the order in which they were added", async () => {
  const pipeline = new Pipeline(OPTIONS);
  const random = new SeededRandom(1);
  const calls: Promise<Reply>[] = [];
  let answered = 0;
  let written = "";
  while (answered < 5000) {
    if (random.chance(0.5)) calls.push(pipeline.add(["X", calls.length], 0, 1000));
    if (random.chance(0.2)) written += pipeline.take();
    for (let i = random.below(4); i > 0 && pipeline.isWaiting; i--) {
      assert(pipeline.settle(`reply ${answered++}`));
    }
  }
  const replies = await Promise.all(calls.slice(0, answered));
  assertEquals(replies, replies.map((_, i) => `reply ${i}`));
  const order = [...written.matchAll(/X\r\n\$\d+\r\n(\d+)/g)].map(([, number]) => Number(number));
  assertEquals(order, order.map((_, i) => i));
});

Deno.test("Pipeline.settle() rejects for an error, and refuses a reply to no call", async () => {
  const pipeline = new Pipeline(OPTIONS);
  assertEquals(pipeline.settle("early"), false);
  const call = pipeline.add(["X"], 0, 1000);
  assertEquals(pipeline.settle("before it was written"), false);
  pipeline.take();
  assert(pipeline.settle(new ReplyError("OOM full")));
  await assertRejects(() => call, ReplyError, "OOM full");
});

Deno.test("Pipeline.expire() says no of what was not written, and unknown of the rest", async () => {
  const pipeline = new Pipeline(OPTIONS);
  const written = pipeline.add(["A"], 0, 1000);
  pipeline.take();
  const queued = pipeline.add(["B"], 100, 500);
  const patient = pipeline.add(["C"], 100, 2000);
  assertEquals(pipeline.expire(599), false);
  assertEquals(pipeline.expire(600), false);
  assertEquals(await keptOf(queued), "no");
  assertEquals(pipeline.expire(1000), false);
  assertEquals(await keptOf(written), "unknown");
  // The late reply is not that of the next.
  const text = pipeline.take();
  assert(text.includes("C") && !text.includes("B"));
  assert(pipeline.settle("a") && pipeline.settle("c"));
  assertEquals(await patient, "c");
});

Deno.test("Pipeline.expire() returns true once the first reply is twice as late", () => {
  const pipeline = new Pipeline(OPTIONS);
  pipeline.add(["A"], 0, 1000).catch(() => {});
  pipeline.take();
  assertEquals([pipeline.expire(1999), pipeline.expire(2000)], [false, true]);
  pipeline.settle("a");
  assertEquals(pipeline.expire(9000), false);
});

Deno.test("Pipeline.end() says no of what was not written, and unknown of the rest", async () => {
  const pipeline = new Pipeline(OPTIONS);
  const written = pipeline.add(["A"], 0, 1000);
  pipeline.take();
  const queued = pipeline.add(["B"], 0, 1000);
  pipeline.end("gone");
  assertEquals([await keptOf(written), await keptOf(queued)], ["unknown", "no"]);
  assertEquals(pipeline.take(), "");
});

Deno.test("Pipeline.add() refuses what is too much, until replies have come", async () => {
  const pipeline = new Pipeline({ maxBytes: 10_000 });
  const first = pipeline.add(["A", "x".repeat(4000)], 0, 1000);
  assertEquals(await keptOf(pipeline.add(["B", "x".repeat(4000)], 0, 1000)), "no");
  pipeline.take();
  // Its reply may still come: it takes place until then.
  pipeline.expire(1000);
  assertEquals(await keptOf(first), "unknown");
  assertEquals(await keptOf(pipeline.add(["C", "x".repeat(4000)], 1000, 1000)), "no");
  pipeline.settle("a");
  const last = pipeline.add(["D", "x".repeat(4000)], 1000, 1000);
  pipeline.take();
  pipeline.settle("d");
  assertEquals(await last, "d");
});

Deno.test("Pipeline.add() refuses many small calls too", async () => {
  const pipeline = new Pipeline({ maxBytes: 10_000 });
  const calls = Array.from({ length: 100 }, () => pipeline.add(["A"], 0, 1000));
  pipeline.end("gone");
  const results = await Promise.allSettled(calls);
  const refused = results.filter((each) => `${Object(each).reason}`.includes("Too many"));
  assert(refused.length > 50, `${refused.length}`);
});
