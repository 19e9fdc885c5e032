/**
 * Upkeep of a store: retention, documents that are forgotten, secure removal, claims that end.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { documentKey, ORIGIN } from "../../../chat/broker/broker.ts";
import { RedisServer, testRedis } from "../../support/redis_server.ts";
import { inTime } from "../ear.ts";
import { documentOp, keep, keepOne, put, send, textsOf } from "../ops.ts";
import { shareRedis, Store, testStore } from "./store.ts";

shareRedis();

/** So long that no test waits for it. */
const NEVER_MS = 600_000;

testStore("the room that takes most loses its oldest, told to all instances", async (store) => {
  const { broker, ear } = await store.open({ beatMs: 50, keepBytes: 100_000 });
  const other = await store.open({ beatMs: NEVER_MS });
  const quiet = await keepOne(broker, send("quiet", { room: "quiet" }));
  const receipts = [];
  for (let i = 0; i < 3; i++) {
    const ops = Array.from({ length: 100 }, (_, j) => send(`${i} ${j} ${"x".repeat(500)}`));
    receipts.push(...await keep(broker, ...ops));
  }
  const sizes = `${store.prefix}:state`;
  while (Number(await store.server.command("HGET", sizes, "bytes")) > 100_000) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { floor, messages } = await broker.after("lobby", ORIGIN, 200);
  assertEquals(messages.map(({ id }) => id), receipts.slice(-messages.length).map(({ id }) => id));
  assert(messages.length > 80 && messages.length < 160, `${messages.length} messages`);
  assertEquals(floor, receipts.at(-messages.length - 1)?.position);
  for (const each of [ear, other.ear]) {
    await each.until(() => each.drops.at(-1)?.floor === floor);
    assert(each.drops.every(({ room }) => room === "lobby"));
  }
  assertEquals((await broker.get("quiet", quiet.id))?.id, quiet.id);
  assertEquals(await broker.get("lobby", receipts[0]?.id ?? ""), undefined);
});

testStore(
  "what was said or changed too long ago goes, and an emptied room leaves nothing",
  async (store) => {
    const writing = await store.open({ beatMs: NEVER_MS });
    const [a, b] = await keep(writing.broker, send("a"), send("b"), send("c", { room: "den" }));
    const changed = await keepOne(writing.broker, put(a, "a2"));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const last = await keepOne(writing.broker, put(b, "b2"));
    // 200 ms are kept.
    await writing.broker.close();
    const { broker, ear } = await store.open({ beatMs: 20, keepDays: 200 / 86_400_000 });
    await ear.until(() => ear.drops.some(({ room }) => room === "den"));
    await ear.until(() =>
      ear.drops.some(({ room, floor }) => room === "lobby" && floor >= last.position)
    );
    assertEquals((await broker.page("lobby", {}, 9)).messages, []);
    assert(changed.position < last.position);
    const left = await store.server.command("KEYS", `${store.prefix}*lobby*`) as string[];
    assertEquals(left, []);
    const { floor, head } = await broker.open("lobby", 5);
    assert(floor >= last.position && head >= floor);
  },
);

testStore("idle rooms, and what has expired, are forgotten", async (store) => {
  const { broker } = await store.open({ beatMs: NEVER_MS });
  const idle = (room: string) => (
    { ...documentOp(documentKey(room, "settings"), ORIGIN, {}), maker: "ada", isIdle: true }
  );
  await keep(
    broker,
    idle("idle"),
    idle("full"),
    { ...idle("set"), isIdle: false },
    send("hi", { room: "full" }),
    { ...documentOp("full:bans", ORIGIN, [1]), expires: 1 },
    { ...documentOp(":bans", ORIGIN, [1]), expires: 4e12 },
  );
  await broker.close();
  const later = await store.open({ beatMs: 20, idleMs: 0 });
  const counts = async () => {
    const rooms = ["idle", "full", "set", ""];
    const documents = await Promise.all(rooms.map((room) => later.broker.documents(room)));
    return documents.map(({ length }) => length).join();
  };
  while (await counts() !== "0,1,1,1") await new Promise((resolve) => setTimeout(resolve, 20));
  const shared = Number(await store.server.command("HGET", `${store.prefix}:state`, "shared"));
  const share = Number(await store.server.command("HGET", `${store.prefix}:shares`, "=ada"));
  assertEquals(shared, share);
  assertEquals(shared, 2 * (200 + 2) + "full:settings".length + "set:settings".length);
});

testStore("a room that was forgotten leaves nothing", async (store) => {
  const { broker } = await store.open({ beatMs: NEVER_MS });
  const settings = (was: string, maker: string, isIdle: boolean) => (
    { ...documentOp("attic:settings", was, {}), maker, isIdle }
  );
  const made = await keepOne(broker, settings(ORIGIN, "ada", true));
  const set = await keepOne(broker, settings(made.position, "bob", false));
  await keepOne(broker, settings(set.position, "bob", true));
  await broker.close();
  const before = await store.server.command("HEXISTS", `${store.prefix}:shares`, "=ada");
  assertEquals(before, 0);
  const later = await store.open({ beatMs: 20, idleMs: 0 });
  while ((await later.broker.documents("attic")).length > 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (const key of ["firm", "makers", "shares", "idle"]) {
    assertEquals(await store.server.command("EXISTS", `${store.prefix}:${key}`), 0, key);
  }
});

testStore("rooms of one message count about as much as they take", async (store) => {
  const { broker } = await store.open({ beatMs: NEVER_MS });
  const count = 300;
  for (let i = 0; i < count; i += 100) {
    const rooms = Array.from({ length: 100 }, (_, j) => `${i + j}`.padStart(60, "room"));
    await keep(broker, ...rooms.map((room) => send("hi", { room, ref: "" })));
  }
  let taken = 0;
  for (const key of await store.server.command("KEYS", `${store.prefix}:*`) as string[]) {
    if (!/:(?:bodies|plain|sizes|oldest|floors)\b/.test(key)) continue;
    taken += Number(await store.server.command("MEMORY", "USAGE", key, "SAMPLES", 0));
  }
  const counted = Number(await store.server.command("HGET", `${store.prefix}:state`, "bytes"));
  assert(counted > 0.75 * taken, `${counted / count} of ${taken / count} bytes`);
});

testStore("idle rooms that are too many are forgotten at one sign of life", async (store) => {
  const { broker } = await store.open({ beatMs: NEVER_MS });
  const ops = Array.from({ length: 1_500 }, (_, i) => (
    { ...documentOp(documentKey(`room${i}`, "settings"), ORIGIN, {}), maker: "ada", isIdle: true }
  ));
  for (let i = 0; i < ops.length; i += 100) await keep(broker, ...ops.slice(i, i + 100));
  await broker.close();
  const keeper = await store.open({ beatMs: NEVER_MS, maxIdleRooms: 100 });
  const idle = () => store.server.command("ZCARD", `${store.prefix}:idle`);
  const end = performance.now() + 10_000;
  while (Number(await idle()) > 100 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(await idle(), 100);
  assertEquals((await keeper.broker.documents("room0")).length, 0);
  assertEquals((await keeper.broker.documents("room1499")).length, 1);
});

testStore("of too many idle rooms the maker of most loses the oldest", async (store) => {
  const { broker } = await store.open({ beatMs: 20, maxIdleRooms: 3 });
  for (const [i, maker] of ["bob", "ada", "ada", "ada", "bob"].entries()) {
    const op = documentOp(documentKey(`room${i}`, "settings"), ORIGIN, {});
    await keepOne(broker, { ...op, maker, isIdle: true });
    // One after the other also by the clock.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const left = async () => {
    const names = [0, 1, 2, 3, 4].map((i) => `room${i}`);
    const all = await Promise.all(names.map((room) => broker.documents(room)));
    return names.filter((_, i) => (all[i]?.length ?? 0) > 0);
  };
  while ((await left()).length > 3) await new Promise((resolve) => setTimeout(resolve, 20));
  const names = await left();
  assertEquals(names.includes("room1"), false);
  assertEquals(names.includes("room4"), true);
});

testRedis("what was edited away or deleted leaves memory and files", async () => {
  await using redis = await RedisServer.start({
    args: ["--save", "3600 1", "--rdbcompression", "no"],
  });
  await using store = new Store(redis);
  const { broker, ear } = await store.open({ beatMs: 50, eraseMs: 200 });
  const needle = (i: number) => `needle${i}needle`;
  const sends = Array.from({ length: 20 }, (_, i) => send(needle(i)));
  const receipts = await keep(broker, ...sends);
  await redis.command("SAVE");
  assert(await filesHave(redis.folder, needle(0)));
  await keep(broker, ...receipts.slice(1).map((receipt) => put(receipt, "edited")));
  while (await filesHave(redis.folder, needle(1))) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  for (let i = 1; i < 20; i++) assert(!await filesHave(redis.folder, needle(i)), needle(i));
  // Everything else is still there.
  assert(await filesHave(redis.folder, needle(0)));
  assertEquals(textsOf(await broker.page("lobby", {}, 2)), ["edited", "edited"]);
  assertEquals(ear.losses, 0);
});

testStore("another text is to be removed, the same with reactions is not", async (store) => {
  const { broker } = await store.open({ beatMs: NEVER_MS });
  const isErased = () => store.server.command("HEXISTS", `${store.prefix}:state`, "erased");
  const text = 'a "quote" \\';
  const told = await keepOne(broker, send(text));
  const { body } = put(told, text);
  const reacted = put(told, text, { body: body.replace(/}$/, ',"reactions":[]}') });
  const changed = await keepOne(broker, reacted);
  const again = await keepOne(broker, put(changed, text));
  assertEquals(await isErased(), 0);
  await keepOne(broker, put(again, 'a "quotf" \\'));
  assertEquals(await isErased(), 1);
  await store.server.command("HDEL", `${store.prefix}:state`, "erased");
  const longer = await keepOne(broker, send("long"));
  await keepOne(broker, put(longer, "longer"));
  assertEquals(await isErased(), 1);
});

testRedis("what was edited away leaves files that are just being written", async () => {
  await using redis = await RedisServer.start();
  await using store = new Store(redis);
  const { broker } = await store.open({ beatMs: 20, eraseMs: 0 });
  const [receipt] = await keep(broker, send("needle"));
  for (let i = 0; i < 10; i++) await redis.command("SET", `key${i}`, "");
  await redis.command("CONFIG", "SET", "rdb-key-save-delay", 100_000);
  await redis.command("BGREWRITEAOF");
  await redis.command("CONFIG", "SET", "rdb-key-save-delay", 0);
  await keepOne(broker, put(receipt, "edited"));
  await filesLose(redis.folder, "needle");
});

testRedis("what an instance has left in the files is removed by the next one", async () => {
  await using redis = await RedisServer.start();
  await using store = new Store(redis);
  const { broker } = await store.open({ beatMs: 20, eraseMs: 0 });
  const [first, second] = await keep(broker, send("first needle"), send("second needle"));
  await keepOne(broker, put(first, "edited"));
  await filesLose(redis.folder, "first needle");
  // It writes them anew twice a minute.
  await keepOne(broker, put(second, "edited"));
  while (await redis.command("HGET", `${store.prefix}:state`, "unwritten") === null) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await broker.close();
  assert(await filesHave(redis.folder, "second needle"));
  await store.open({ beatMs: 20, eraseMs: 0 });
  await filesLose(redis.folder, "second needle");
});

async function filesLose(folder: string, text: string): Promise<void> {
  const end = performance.now() + 15_000;
  while (await filesHave(folder, text)) {
    assert(performance.now() < end, `${text} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function filesHave(folder: string, text: string): Promise<boolean> {
  const needle = new TextEncoder().encode(text);
  for await (const path of filesIn(folder)) {
    const bytes = await Deno.readFile(path).catch(() => new Uint8Array());
    for (
      let i = bytes.indexOf(needle[0] ?? 0);
      i !== -1;
      i = bytes.indexOf(needle[0] ?? 0, i + 1)
    ) {
      if (needle.every((byte, j) => bytes[i + j] === byte)) return true;
    }
  }
  return false;
}

async function* filesIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* filesIn(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}

testStore("an instance whose claims have ended is told so", async (store) => {
  const { broker, ear } = await store.open({ beatMs: 50 });
  const other = await store.open({ beatMs: NEVER_MS });
  assertEquals(await broker.claim("ada", ["lobby"], ["ada"]), true);
  assertEquals(await other.broker.claim("bob", ["lobby"], ["ada"]), false);
  // As if it had been silent for six seconds.
  for (const key of await store.server.command("KEYS", `${store.prefix}:names:*`) as string[]) {
    const holder = await store.server.command("HGET", key, 'nlobby "ada"');
    if (holder !== null) await store.server.command("DEL", key);
  }
  await ear.until(() => ear.losses === 1);
  assertEquals(await other.broker.claim("bob", ["lobby"], ["ada"]), true);
  assertEquals(await broker.claim("ada", ["lobby"], ["ada"]), false);
  assertEquals(other.ear.losses, 0);
});

testStore("what Redis refuses of the upkeep is told once, and its end", async (store) => {
  const told: (string | undefined)[] = [];
  let wake = () => {};
  const { broker } = await store.open({
    ...{ beatMs: 20, keepBytes: 1_000 },
    onUpkeepProblem(problem) {
      told.push(problem);
      wake();
    },
  });
  const change = () => inTime(new Promise<void>((resolve) => wake = resolve), "Nothing was told");
  const sizes = `${store.prefix}:sizes`;
  await store.server.command("SET", sizes, "no sorted set");
  const failed = change();
  await store.server.command("HSET", `${store.prefix}:state`, "bytes", 2_000);
  await failed;
  const isBack = change();
  await store.server.command("DEL", sizes);
  await isBack;
  assertEquals(told.map((problem) => problem?.includes("WRONGTYPE")), [true, undefined]);
  assertEquals(broker.status().problem, undefined);
});
