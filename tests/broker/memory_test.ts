import { assert, assertEquals } from "@std/assert";
import { MemoryBroker, type MemoryOptions } from "../../chat/broker/memory.ts";
import { RECEIPT_BYTES, ROOM_SIZE, testBroker } from "./contract.ts";
import { Ear } from "./ear.ts";
import { keep, keepOne, put, send } from "./ops.ts";

const BOUNDS = { now: Date.now, roomSize: ROOM_SIZE, maxBytes: 1e8, receiptBytes: RECEIPT_BYTES };

testBroker("MemoryBroker", () => {
  const broker = new MemoryBroker(BOUNDS);
  return {
    broker,
    roomSize: ROOM_SIZE,
    receiptBytes: RECEIPT_BYTES,
    dispose: () => broker.close(),
  };
});

/** Runs a test with a broker of some bounds. */
function test(
  behaviour: string,
  over: Partial<MemoryOptions>,
  run: (broker: MemoryBroker, ear: Ear) => Promise<void>,
): void {
  Deno.test(`MemoryBroker.${behaviour}`, async () => {
    const broker = new MemoryBroker({ ...BOUNDS, ...over });
    const ear = new Ear();
    broker.subscribe(ear);
    await run(broker, ear);
    await broker.close();
  });
}

test("open() starts every room with a floor of its own start", {}, async (broker) => {
  const { floor, head } = await broker.open("lobby", 5);
  assertEquals(floor, head);
  const other = new MemoryBroker(BOUNDS);
  assert(!other.vouches(floor));
});

test("trim() drops what the ring has dropped, and raises the floor", {}, async (broker) => {
  const [a, b, c] = await keep(broker, send("a"), send("b"), send("c"));
  const changed = await keepOne(broker, put(a, "a2"));
  broker.trim("lobby", b.position);
  const { messages, floor } = await broker.after("lobby", b.position, 9);
  assertEquals(messages.map(({ id }) => id), [c.id, a.id]);
  assertEquals(floor, b.position);
  broker.trim("lobby", changed.position);
  const opened = await broker.open("lobby", 9);
  assertEquals([opened.messages, opened.floor], [[], changed.position]);
});

test(
  "publish() takes the oldest from the room that takes most when all take too much, and says so",
  { maxBytes: 100_000 },
  async (broker, ear) => {
    const quiet = await keepOne(broker, send("quiet", { room: "quiet" }));
    for (let i = 0; i < 300; i++) await keep(broker, send("x".repeat(500)));
    assert(ear.drops.length > 0);
    assert(ear.drops.every(({ room }) => room === "lobby"));
    const { floor, messages } = await broker.after("lobby", "0", 200);
    assertEquals(floor, ear.drops.at(-1)?.floor);
    assert(messages.length > 50 && messages.length < 140, `${messages.length} messages are kept`);
    assertEquals((await broker.get("quiet", quiet.id))?.id, quiet.id);
  },
);

Deno.test("MemoryBroker.receipt() forgets after five minutes, not before", async () => {
  let elapsed = 0;
  const broker = new MemoryBroker({ ...BOUNDS, elapsed: () => elapsed });
  elapsed = 299_999;
  const op = send("a");
  await keep(broker, op);
  elapsed += 299_999;
  assertEquals((await broker.publish([op]))[0]?.as, "known");
  elapsed += 600_000;
  await keep(broker, send("b"));
  elapsed += 300_001;
  await keep(broker, send("c"));
  assertEquals(await broker.receipt("ada", op.ref), undefined);
  await broker.close();
});
