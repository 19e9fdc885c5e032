import { assertEquals, assertRejects } from "@std/assert";
import { Semaphore } from "../../chat/limits/semaphore.ts";
import { settled } from "../support/fake_hub.ts";

Deno.test("Semaphore.run() runs so many tasks at a time, in their order, also after one has failed", async () => {
  const semaphore = new Semaphore(2);
  const started: number[] = [];
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<number>());
  const results = gates.map(({ promise }, i) =>
    semaphore.run(() => {
      started.push(i);
      return promise;
    })
  );
  await settled();
  assertEquals(started, [0, 1]);
  gates[1]?.reject(new Error("1 has failed"));
  await assertRejects(() => results[1] ?? Promise.resolve(), Error, "1 has failed");
  await settled();
  assertEquals(started, [0, 1, 2]);
  for (const i of [0, 2, 3]) gates[i]?.resolve(i);
  assertEquals(await Promise.all([results[0], results[2], results[3]]), [0, 2, 3]);
});
