/**
 * Claims of an instance whose calls fail.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Unavailable } from "../../../chat/broker/broker.ts";
import { Claims } from "../../../chat/broker/redis/claims.ts";
import type { Reply } from "../../../chat/broker/redis/resp.ts";

/** The reply to a sign of life of an instance that is alive. */
const ALIVE: Reply = ["EPCH", 0, 1, 0];

/** Claims whose calls a test answers. */
function claimsOf() {
  /** Beats with their last argument, and actions. */
  const called: string[] = [];
  const answers: PromiseWithResolvers<Reply>[] = [];
  const claims = new Claims({
    prefix: "{test}",
    deadlineMs: 5_000,
    call(args) {
      called.push(args.length === 8 ? `beat ${args[7]}` : String(args[6]));
      const answer = Promise.withResolvers<Reply>();
      answers.push(answer);
      return answer.promise;
    },
    lost() {},
  });
  const fail = (index: number) =>
    answers[index]?.reject(new Unavailable("Redis is silent", "unknown"));
  const answer = (index: number) => answers[index]?.resolve(ALIVE);
  return { claims, called, fail, answer };
}

/** Resolves when everything has been called that can be. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("Claims.beat() makes claims anew after one that fails while a beat is on its way", async () => {
  const { claims, called, fail, answer } = claimsOf();
  claims.release("ada", ["lobby"]);
  await settled();
  fail(0);
  await settled();
  const first = claims.beat();
  claims.release("bob", ["lobby"]);
  await settled();
  // The beat has done nothing about this one.
  fail(2);
  await settled();
  answer(1);
  await first;
  const second = claims.beat();
  await settled();
  answer(3);
  await second;
  const third = claims.beat();
  await settled();
  answer(4);
  await third;
  assertEquals(called, ["release", "beat 1", "release", "beat 1", "beat 0"]);
});

Deno.test("Claims.beat() makes claims anew after a beat that fails", async () => {
  const { claims, called, fail } = claimsOf();
  claims.release("ada", ["lobby"]);
  await settled();
  fail(0);
  await settled();
  for (const index of [1, 2]) {
    const beat = claims.beat().catch(() => {});
    await settled();
    fail(index);
    await beat;
  }
  assertEquals(called, ["release", "beat 1", "beat 1"]);
});
