import { assertEquals, assertRejects } from "@std/assert";
import { Semaphore } from "../../chat/limits/semaphore.ts";

Deno.test("Semaphore.run() lets two go on, and the others in the order in which they came", async () => {
  const semaphore = new Semaphore(2);
  const begun: number[] = [];
  const works = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const runs = works.map(({ promise }, i) =>
    semaphore.run(async () => {
      begun.push(i);
      await promise;
      return i;
    })
  );
  assertEquals(begun, [0, 1]);
  works[1]?.resolve();
  assertEquals(await runs[1], 1);
  assertEquals(begun, [0, 1, 2]);
  for (const { resolve } of works) resolve();
  assertEquals(await Promise.all(runs), [0, 1, 2, 3, 4]);
  assertEquals(begun, [0, 1, 2, 3, 4]);
});

Deno.test("Semaphore.run() frees the place of a work that fails", async () => {
  const semaphore = new Semaphore(1);
  const fails = semaphore.run(() => Promise.reject(new Error("It fails")));
  const next = semaphore.run(() => Promise.resolve("next"));
  await assertRejects(() => fails, Error, "It fails");
  assertEquals(await next, "next");
  assertEquals(await semaphore.run(() => Promise.resolve("later")), "later");
});
