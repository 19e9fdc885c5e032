import { assert, assertEquals } from "@std/assert";
import { ORIGIN } from "../../chat/broker/broker.ts";
import type { KvBroker, KvOptions } from "../../chat/broker/kv.ts";
import { Ear } from "./ear.ts";
import { openBroker } from "./kv_store.ts";
import { documentOp, keep, keepOne, put, send, textsOf } from "./ops.ts";

const DAY_MS = 86_400_000;
const NOW = 1_789_057_529_454;

/** A broker whose clock and upkeep the test moves, and another instance of its KV. */
interface Kept {
  readonly kv: Deno.Kv;
  readonly broker: KvBroker;
  readonly ear: Ear;
  readonly other: KvBroker;
  readonly otherEar: Ear;
  pass(ms: number): void;
}

function testKept(
  behaviour: string,
  options: Partial<KvOptions>,
  run: (kept: Kept) => Promise<void>,
): void {
  Deno.test(`KvBroker ${behaviour}`, async () => {
    const kv = await Deno.openKv(":memory:");
    let time = NOW;
    const all = { ...options, now: () => time };
    const [broker, other] = [await openBroker(kv, all), await openBroker(kv, all)];
    const [ear, otherEar] = [new Ear(), new Ear()];
    broker.subscribe(ear);
    other.subscribe(otherEar);
    try {
      await run({ kv, broker, ear, other, otherEar, pass: (ms) => time += ms });
    } finally {
      await broker.close();
      await other.close();
      kv.close();
    }
  });
}

/** The keys that a KV has, by what they are for. */
async function kindsIn(kv: Deno.Kv): Promise<string[]> {
  const keys = await Array.fromAsync(kv.list({ prefix: [] }), ({ key }) => String(key[1]));
  return [...new Set(keys)].sort();
}

testKept(
  "drops what was said or changed too long ago, and tells all instances",
  { keepDays: 7 },
  async ({ kv, broker, ear, other, otherEar, pass }) => {
    const [a, b, c] = await keep(broker, send("a"), send("b"), send("c"));
    const quiet = await keepOne(other, send("quiet", { room: "quiet" }));
    pass(4 * DAY_MS);
    const changed = await keepOne(broker, put(b, "b2"));
    await keepOne(broker, send("young"));
    await other.upkeep();
    assertEquals([ear.drops, otherEar.drops], [[], []]);
    pass(3 * DAY_MS + 3_600_000);
    await other.upkeep();
    await broker.catchUp();
    const floors = new Map([["lobby", c.position], ["quiet", quiet.position]]);
    for (const each of [ear, otherEar]) {
      assertEquals(new Map(each.drops.map(({ room, floor }) => [room, floor])), floors);
    }
    const part = await broker.after("lobby", ORIGIN, 10);
    assertEquals([textsOf(part), part.floor], [["b2", "young"], c.position]);
    assertEquals(await broker.get("lobby", a.id), undefined);
    const empty = await broker.open("quiet", 10);
    assertEquals([empty.messages, empty.floor], [[], quiet.position]);
    assert(empty.head >= empty.floor && broker.vouches(empty.head));
    // A room that is used again does not claim to have what it had, and one that never was does.
    const again = await keepOne(broker, send("again", { room: "quiet" }));
    await other.catchUp();
    const reopened = await other.after("quiet", ORIGIN, 10);
    assertEquals([reopened.floor, reopened.head], [quiet.position, again.position]);
    assertEquals((await broker.get("lobby", b.id))?.position, changed.position);
    pass(20 * DAY_MS);
    await broker.upkeep();
    assertEquals((await broker.page("lobby", {}, 10)).messages, []);
    const left = await kindsIn(kv);
    for (const kind of ["said", "changed", "moved", "hour", "room"]) {
      assertEquals(left.includes(kind), false, kind);
    }
  },
);

testKept(
  "takes the oldest from the room that takes most, when all take too much",
  { keepBytes: 60_000 },
  async ({ broker, ear, other }) => {
    const old = await keepOne(broker, send("old but alone", { room: "small" }));
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      const sends = Array.from({ length: 50 }, () => send("many words ".repeat(50), { ref: "" }));
      ids.push(...(await keep(broker, ...sends)).map(({ id }) => id));
    }
    await other.upkeep();
    await broker.catchUp();
    const { messages, floor } = await broker.after("lobby", ORIGIN, 200);
    assert(messages.length > 60 && messages.length < 90, `${messages.length} are left`);
    assertEquals(messages.map(({ id }) => id), ids.slice(-messages.length));
    assertEquals(floor, ids[ids.length - messages.length - 1]);
    assertEquals(ear.drops.at(-1), { room: "lobby", floor });
    assertEquals((await broker.get("small", old.id))?.id, old.id);
  },
);

testKept(
  "forgets documents that have expired, and those of rooms that nobody has used",
  {},
  async ({ broker, pass }) => {
    const maker = "ada";
    const idle = (key: string) => ({ ...documentOp(key, ORIGIN, 1), maker, isIdle: true });
    await keep(
      broker,
      { ...documentOp("den:ban", ORIGIN, 1), maker, expires: NOW + 1_000 },
      idle("idle:settings"),
      idle("used:settings"),
      idle("set:settings"),
      { ...documentOp("set:topic", ORIGIN, 1), maker },
      send("hi", { room: "used" }),
    );
    const names = async () => {
      await broker.upkeep();
      const all = await Promise.all(
        ["den", "idle", "used", "set"].map((each) => broker.documents(each)),
      );
      return all.flat().map(({ key }) => key);
    };
    const rest = ["idle:settings", "used:settings", "set:settings", "set:topic"];
    assertEquals(await names(), ["den:ban", ...rest]);
    pass(2_000);
    assertEquals(await names(), rest);
    pass(31 * DAY_MS);
    assertEquals(await names(), rest.slice(1));
  },
);

testKept(
  "has nothing of what was edited away, but for two minutes in the feed",
  {},
  async ({ kv, broker }) => {
    const long = `needle ${"x".repeat(25_000)}`;
    const [a, b] = await keep(broker, send("needle"), send(long));
    await keep(broker, put(a, "harmless"), put(b, ""));
    const holders: string[] = [];
    for await (const { key, value } of kv.list<Uint8Array>({ prefix: [] })) {
      const text = value instanceof Uint8Array ? new TextDecoder().decode(value) : "";
      if (text.includes("needle")) holders.push(String(key[1]));
    }
    assertEquals(holders, ["feed"]);
  },
);
