import { assertEquals, assertRejects } from "@std/assert";
import { Takeover } from "../../chat/runtime/takeover.ts";

/** A takeover with a clock of its own, and what it has logged. */
function fakeTakeover(
  waitMs: number,
): { takeover: Takeover; timers: { now: number }; log: unknown[] } {
  const timers = { now: 1000 };
  const log: unknown[] = [];
  const takeover = new Takeover({
    waitMs,
    isInUse: (error) => error instanceof Error && error.message === "in use",
    logger: (_level, event, fields) => log.push([event, fields?.["for"]]),
    timers,
    delay: (ms) => {
      timers.now += ms;
      return Promise.resolve();
    },
  });
  return { takeover, timers, log };
}

/** Returns a function that throws until a time. */
function inUseUntil(timers: { now: number }, time: number, message = "in use"): () => string {
  return () => {
    if (timers.now < time) throw new Error(message);
    return "taken";
  };
}

Deno.test("Takeover.take() takes at once what is free, without a word", async () => {
  const { takeover, timers, log } = fakeTakeover(0);
  assertEquals(await takeover.take("folder", () => "taken"), "taken");
  assertEquals([timers.now, log], [1000, []]);
});

Deno.test("Takeover.take() waits for what is in use, and logs each once", async () => {
  const { takeover, timers, log } = fakeTakeover(5000);
  assertEquals(await takeover.take("folder", inUseUntil(timers, 3000)), "taken");
  assertEquals(timers.now, 3000);
  assertEquals(await takeover.take("port", inUseUntil(timers, 5000)), "taken");
  assertEquals(log, [["waiting", "folder"], ["waiting", "port"]]);
});

Deno.test("Takeover.take() throws when the time for all is over", async () => {
  const { takeover, timers } = fakeTakeover(5000);
  await takeover.take("folder", inUseUntil(timers, 3000));
  await assertRejects(() => takeover.take("port", inUseUntil(timers, Infinity)), Error, "in use");
  assertEquals(timers.now, 6000);
});

Deno.test("Takeover.take() throws at once without time, and for any other error", async () => {
  for (const [waitMs, message] of [[0, "in use"], [5000, "it is damaged"]] as const) {
    const { takeover, timers, log } = fakeTakeover(waitMs);
    const take = () => takeover.take("folder", inUseUntil(timers, Infinity, message));
    await assertRejects(take, Error, message);
    assertEquals([timers.now, log], [1000, []]);
  }
});
