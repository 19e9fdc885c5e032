/**
 * Contract of brokers that reach several instances: claims of names, catching up, and what instances
 * tell each other. Others have no `claim`, and pass.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Broker, MAX_SIGNAL_LENGTH, Unavailable } from "../../chat/broker/broker.ts";
import type { Test, Tested } from "./contract.ts";
import { Ear } from "./ear.ts";
import { keepOne, send } from "./ops.ts";

/** A broker that can claim. */
type ClaimingBroker = Broker & Required<Pick<Broker, "claim" | "release" | "catchUp">>;

function canClaim(broker: Broker): broker is ClaimingBroker {
  const { claim, release, catchUp } = broker;
  const methods = [claim, release, catchUp].filter((each) => each !== undefined);
  assert(methods.length === 0 || methods.length === 3, "It has all of the methods, or none");
  return methods.length > 0;
}

/** Resolves when a name is free, which others give up about now. */
async function claimSoon(broker: ClaimingBroker, user: string, skeleton: string): Promise<void> {
  while (!await broker.claim(user, ["lobby"], [skeleton])) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Tests it with a broker that is made for each test. */
export function testClaims(test: Test): void {
  const testOne = (behaviour: string, run: (broker: ClaimingBroker) => Promise<void>) =>
    test(behaviour, async (broker) => {
      if (canClaim(broker)) await run(broker);
    });

  /** Another broker of the same store, as another instance has it. */
  const testTwo = (
    behaviour: string,
    run: (
      one: ClaimingBroker,
      two: ClaimingBroker,
      ears: readonly [one: Ear, two: Ear],
    ) => Promise<void>,
  ) =>
    test(behaviour, async (one, ear, { another }: Tested) => {
      if (!canClaim(one)) return;
      if (another === undefined) throw new TypeError("It must be tested with another one");
      const two = await another();
      if (!canClaim(two)) throw new TypeError("The other one can't claim");
      const otherEar = new Ear();
      two.subscribe(otherEar);
      try {
        await run(one, two, [ear, otherEar]);
      } finally {
        await two.close();
      }
    });

  testOne(
    "claim() refuses a skeleton that another user has in one of the rooms",
    async (broker) => {
      assertEquals(await broker.claim("ada", ["lobby", "den"], ["ada", "4da"]), true);
      assertEquals(await broker.claim("bob", ["lobby"], ["bob"]), true);
      assertEquals(await broker.claim("bob", ["hall", "den"], ["b0b", "4da"]), false);
      // Nothing was changed.
      assertEquals(await broker.claim("eve", ["lobby"], ["bob"]), false);
      assertEquals(await broker.claim("eve", ["hall", "den"], ["b0b"]), true);
      assertEquals(await broker.claim("eve", ["hall"], ["ada", "4da"]), true);
    },
  );

  testOne("claim() takes a name in place of the one before, in those rooms", async (broker) => {
    assertEquals(await broker.claim("ada", ["lobby", "den"], ["ada"]), true);
    assertEquals(await broker.claim("ada", ["lobby"], ["ada"]), true);
    assertEquals(await broker.claim("ada", ["lobby"], ["countess", "ada"]), true);
    assertEquals(await broker.claim("ada", ["lobby"], ["countess"]), true);
    assertEquals(await broker.claim("bob", ["lobby"], ["ada"]), true);
    assertEquals(await broker.claim("bob", ["den"], ["ada"]), false);
  });

  testOne("claim() takes skeletons of whatever characters for what they are", async (broker) => {
    const skeletons = ["a b", "a", "b", ":", "a:b", "a|b", "a\tb", "", "{a}", "é", "💩", "\u0301a"];
    for (const [i, each] of skeletons.entries()) {
      assertEquals(await broker.claim(`user${i}`, ["lobby"], [each]), true, each);
    }
    for (const each of skeletons) {
      assertEquals(await broker.claim("eve", ["lobby"], [each]), false, each);
    }
  });

  testOne("release() gives up a name in some rooms, after earlier claims", async (broker) => {
    const claim = broker.claim("ada", ["lobby", "den"], ["ada", "4da"]);
    broker.release("ada", ["lobby", "hall"]);
    const again = broker.claim("ada", ["hall"], ["ada"]);
    assertEquals([await claim, await again], [true, true]);
    broker.release("bob", ["den"]);
    assertEquals(await broker.claim("bob", ["lobby"], ["4da", "ada"]), true);
    assertEquals(await broker.claim("bob", ["den"], ["ada"]), false);
    assertEquals(await broker.claim("bob", ["hall"], ["ada"]), false);
  });

  testOne("claim() and catchUp() are Unavailable once it is closed", async (broker) => {
    await broker.close();
    broker.release("ada", ["lobby"]);
    await assertRejects(() => broker.claim("ada", ["lobby"], ["ada"]), Unavailable);
    await assertRejects(() => broker.catchUp(), Unavailable);
  });

  testTwo("claim() at two instances at once succeeds at one", async (one, two) => {
    for (let i = 0; i < 50; i++) {
      const rooms = [`room${i}`, "lobby"];
      const claims = [one.claim(`a${i}`, rooms, [`${i}`]), two.claim(`b${i}`, rooms, [`${i}`])];
      assertEquals((await Promise.all(claims)).toSorted(), [false, true]);
    }
  });

  testTwo("release() at one instance leaves the user's claim at another", async (one, two) => {
    assertEquals(await one.claim("ada", ["lobby"], ["ada"]), true);
    assertEquals(await two.claim("ada", ["lobby"], ["ada"]), true);
    one.release("ada", ["lobby"]);
    assertEquals(await one.claim("bob", ["lobby"], ["ada"]), false);
    two.release("ada", ["lobby"]);
    await claimSoon(one, "bob", "ada");
    assertEquals(await two.claim("ada", ["lobby"], ["ada"]), false);
  });

  testTwo("claims end when their broker is closed", async (one, two) => {
    assertEquals(await two.claim("ada", ["lobby", "den"], ["ada"]), true);
    assertEquals(await two.claim("bob", ["lobby"], ["bob"]), true);
    await two.close();
    await claimSoon(one, "eve", "bob");
    await claimSoon(one, "bob", "ada");
  });

  testTwo(
    "catchUp() resolves when what others were told to be kept was told here",
    async (one, two, [ear, otherEar]) => {
      for (let i = 0; i < 20; i++) {
        const { position } = await keepOne(two, send(`${i}`));
        await one.catchUp();
        assert(ear.losses > 0 || ear.positions("lobby").includes(position), `${i} is missing`);
        assert(one.vouches(position));
        const back = await keepOne(one, send(`back ${i}`));
        await two.catchUp();
        assert(otherEar.losses > 0 || otherEar.positions("lobby").includes(back.position));
      }
    },
  );

  testTwo("signal() of an instance is told to all as it is", async (one, two, ears) => {
    const start = '{"a":"é💩\\u0000';
    const long = `${start.padEnd(MAX_SIGNAL_LENGTH - 2, "x")}"}`;
    one.signal({ kind: "node", body: long });
    two.signal({ kind: "node", body: "[]" });
    for (const ear of ears) {
      await ear.until(() => ear.signals.length >= 2);
      const bodies = ear.signals.map((signal) => signal.kind === "node" ? signal.body : "");
      assertEquals(new Set(bodies), new Set(["[]", long]));
    }
  });
}
