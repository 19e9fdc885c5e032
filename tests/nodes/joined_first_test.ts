import { assertEquals } from "@std/assert";
import type { Subscriber } from "../../chat/broker/broker.ts";
import { MemoryBroker } from "../../chat/broker/memory.ts";
import { keep, send } from "../broker/ops.ts";
import { FakeHub } from "../support/fake_hub.ts";

const RING = 20;

/** A broker that tells of many messages just after a name was claimed, as a feed does that lagged. */
class BurstBroker extends MemoryBroker {
  isBurst = false;
  #subscriber: Subscriber | undefined;

  override subscribe(subscriber: Subscriber): void {
    this.#subscriber = subscriber;
    super.subscribe(subscriber);
  }

  claim(): Promise<boolean> {
    const claimed = Promise.resolve(true);
    if (this.isBurst) claimed.then(() => this.#burst());
    return claimed;
  }

  release(): void {}

  async #burst(): Promise<void> {
    this.isBurst = false;
    for (let i = 10; i < 40; i++) {
      // Between the steps of whatever else waits in this turn.
      await undefined;
      const id = `01ZZ${`${i}`.padStart(22, "0")}`;
      const user = { id: "burstburstburstb", name: "Burst" };
      this.#subscriber?.published("lobby", {
        ...{ id, position: id, body: JSON.stringify({ user, text: `burst ${i}` }) },
      });
    }
  }
}

Deno.test("a client that resumes with much to follow is told joined before the rest of it", async () => {
  let broker: BurstBroker | undefined;
  const fake = new FakeHub({ historySize: RING, joinHistory: 3 }, {
    createBroker: (options) => broker = new BurstBroker(options),
  });
  if (broker === undefined) throw new TypeError("No broker");
  await fake.member("Keeper");
  const kept = await keep(broker, ...Array.from({ length: RING }, (_, i) => send(`${i}`)));
  await fake.turn();
  const bob = await fake.client("Bob");
  broker.isBurst = true;
  const events = await bob.ask({ type: "join", room: "lobby", since: kept[8]?.position });
  assertEquals(events[0]?.type, "joined");
  assertEquals(events.filter(({ type }) => type === "message").length, 30 + (RING - 9) - 3);
});
