import { assert, assertEquals } from "@std/assert";
import { ORIGIN, type Receipt } from "../../chat/broker/broker.ts";
import { exportRoom } from "../../chat/broker/export.ts";
import { Ear } from "./ear.ts";
import { keep, keepOne, put, send, textOf } from "./ops.ts";
import { testSqlite } from "./sqlite_folder.ts";

const DAY_MS = 86_400_000;
const NOW = 1_789_057_529_454;

testSqlite(
  "drops what was said or changed too long ago, in quiet rooms too",
  async ({ open, query }) => {
    let now = NOW;
    const { broker, ear, settle } = open({ now: () => now, keepDays: 7 });
    const [a, b, c] = await keep(broker, send("a"), send("b"), send("c"));
    const quiet = await keepOne(broker, send("quiet", { room: "quiet" }));
    now += 4 * DAY_MS;
    await keepOne(broker, put(b, "b2"));
    await keep(broker, send("young answer"));
    settle();
    assertEquals(ear.drops, []);
    now += 3 * DAY_MS + 1000;
    settle();
    const part = await broker.after("lobby", ORIGIN, 10);
    assertEquals(part.messages.map(textOf), ["b2", "young answer"]);
    assertEquals(part.floor, c.position);
    assertEquals(await broker.get("lobby", a.id), undefined);
    const empty = await broker.open("quiet", 10);
    assertEquals([empty.messages, empty.floor], [[], quiet.position]);
    assert(empty.head >= empty.floor && broker.vouches(empty.head));
    const drops = new Map(ear.drops.map(({ room, floor }) => [room, floor]));
    assertEquals(drops, new Map([["lobby", c.position], ["quiet", quiet.position]]));
    for (const table of ["entries", "messages"]) {
      assertEquals(query(`SELECT count(*) AS count FROM ${table}`)[0]?.["count"], 2);
    }
    const { found } = await broker.search(["lobby", "quiet"], "a", undefined, 9);
    assertEquals(found, []);
    // The room is used again: what it had is not claimed to be there.
    const again = await keepOne(broker, send("again", { room: "quiet" }));
    const reopened = await broker.open("quiet", 10);
    assertEquals([reopened.floor, reopened.head], [quiet.position, again.position]);
  },
);

testSqlite("drops at the start what has become too old meanwhile", async ({ open, reopen }) => {
  const first = open({ now: () => NOW });
  await keep(first.broker, send("a"));
  const { broker, settle } = await reopen({ now: () => NOW + 2 * DAY_MS, keepDays: 1 });
  settle();
  assertEquals((await broker.open("lobby", 5)).messages, []);
});

testSqlite("drops what is too much while messages wait to be indexed", async ({ open }) => {
  const { broker, ear } = open({ keepBytes: 150_000 });
  const sends = Array.from({ length: 100 }, () => send("many words ".repeat(50), { ref: "" }));
  for (let i = 0; i < 10; i++) await keep(broker, ...sends);
  for (let i = 0; i < 3; i++) broker.upkeep();
  assert(ear.drops.length > 0);
});

testSqlite(
  "takes the oldest from the room that takes most, when all take too much",
  async ({ open, reopen }) => {
    const { broker, ear, settle } = open({ keepBytes: 150_000 });
    const old = await keepOne(broker, send("old but alone", { room: "small" }));
    const receipts: Receipt[] = [];
    for (let i = 0; i < 4; i++) {
      const sends = Array.from({ length: 50 }, () => send("many words ".repeat(50), { ref: "" }));
      receipts.push(...await keep(broker, ...sends));
    }
    settle();
    const { floor, messages } = await broker.after("lobby", ORIGIN, 200);
    const dropped = receipts.length - messages.length;
    assert(messages.length > 100 && messages.length < 150, `${messages.length} messages are left`);
    assertEquals(floor, receipts[dropped - 1]?.position);
    assertEquals(ear.drops.at(-1), { room: "lobby", floor });
    assertEquals((await broker.get("small", old.id))?.id, old.id);
    const again = await reopen({ keepBytes: 75_000 });
    again.settle();
    const left = await again.broker.after("lobby", ORIGIN, 200);
    assert(left.messages.length < 75 && left.floor > floor);
  },
);

testSqlite(
  "exportRoom() that nobody reads on holds neither writers nor the WAL",
  async ({ open, path }) => {
    const { broker } = open({ receiptBytes: 1e8 });
    await keep(broker, ...Array.from({ length: 200 }, () => send("x")));
    await keep(broker, ...Array.from({ length: 100 }, () => send("x")));
    const pages = exportRoom(broker, "lobby");
    assertEquals((await pages.next()).value?.length, 200);
    let most = 0;
    for (let i = 0; i < 40; i++) {
      await keep(broker, ...Array.from({ length: 100 }, () => send("y".repeat(4000))));
      most = Math.max(most, Deno.statSync(`${path}-wal`).size);
    }
    // 16 MB were written.
    assert(most < 5 * 2 ** 20, `${most} bytes`);
    assertEquals((await pages.next()).value?.slice(0, 100).map(textOf), Array(100).fill("x"));
    await pages.return();
    assertEquals((await pages.next()).done, true);
  },
);

testSqlite("exportRoom() gives a room in the order of ids, page by page", async ({ open }) => {
  const { broker } = open();
  const texts: string[] = [];
  let second: Receipt | undefined;
  for (let i = 0; i < 5; i++) {
    const sends = Array.from({ length: 100 }, (_, j) => send(`${i * 100 + j}`, { ref: "" }));
    const receipts: Receipt[] = await keep(broker, ...sends);
    second ??= receipts[1];
  }
  await keep(broker, put(second, "changed"), send("elsewhere", { room: "other" }));
  for await (const page of exportRoom(broker, "lobby")) texts.push(...page.map(textOf));
  assertEquals(texts, Array.from({ length: 500 }, (_, i) => i === 1 ? "changed" : `${i}`));
  for await (const _ of exportRoom(broker, "nowhere")) throw new Error("There is nothing");
});

/** Whether any file of a folder has some bytes. */
function holds(folder: string, needle: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .filter((name) =>
      new TextDecoder("latin1").decode(Deno.readFileSync(`${folder}/${name}`)).includes(needle)
    );
}

testSqlite(
  "what was edited, deleted or dropped is nowhere in the files",
  async ({ folder, open }) => {
    let now = NOW;
    let elapsed = 0;
    const { broker, settle } = open({ now: () => now, elapsed: () => elapsed, keepDays: 7 });
    const words = (name: string) =>
      Array.from({ length: 20 }, (_, i) => `needle${name}${i}`).join(" ");
    const aged: Receipt[] = [];
    for (let i = 0; i < 40; i++) aged.push(await keepOne(broker, send(words("aged"))));
    now += 5 * DAY_MS;
    const [edited, deleted, early] = await keep(
      broker,
      send(words("edited")),
      send(words("deleted")),
      ...Array.from({ length: 100 }, (_, i) => send(`other words ${i}`)),
      send(words("early")),
    ).then((receipts) => [receipts[0], receipts[1], receipts.at(-1)]);
    settle();
    await keep(broker, put(early, "not any more"));
    settle();
    await keep(broker, put(edited, "harmless"), put(deleted, ""));
    assert(holds(folder, "needleedited").length > 0);
    now += 3 * DAY_MS;
    settle();
    elapsed += 30_000;
    settle();
    // SQLite reads the file too; only its own locks, of which this process holds none here, are at risk.
    await broker.close();
    for (const name of ["edited", "deleted", "aged", "early"]) {
      assertEquals(holds(folder, `needle${name}`), [], name);
    }
    assert(holds(folder, "harmless").length > 0);
  },
);

testSqlite(
  "what was overwritten leaves the WAL while the server runs",
  async ({ folder, open, query }) => {
    let elapsed = 0;
    const { broker, settle } = open({ elapsed: () => elapsed });
    const a = await keepOne(broker, send("needleone needletwo"));
    settle();
    await keep(broker, put(a, "harmless"));
    settle();
    elapsed += 30_000;
    settle();
    // A copy, by another process: see design of locks.
    const { stdout } = await new Deno.Command("cat", {
      args: [`${folder}/parley.sqlite`, `${folder}/parley.sqlite-wal`],
    }).output();
    const bytes = new TextDecoder("latin1").decode(stdout);
    assert(!bytes.includes("needleone") && !bytes.includes("needletwo"));
    assertEquals(query("SELECT count(*) AS count FROM pending")[0]?.["count"], 0);
    assert(bytes.includes("harmless"));
  },
);

testSqlite("search() goes on when its index was damaged", async ({ path, open }) => {
  const { DatabaseSync } = await import("node:sqlite");
  const first = open();
  const [a] = await keep(first.broker, send("some words"), send("more words"));
  first.settle();
  await first.broker.close();
  // Not known to the types: lets the index's own tables be written.
  const options = { readOnly: false, defensive: false };
  const db = new DatabaseSync(path, options);
  db.exec("UPDATE search_data SET block = x'ffffffffffffffff' WHERE id > 10");
  db.close();
  const { broker, ear } = open();
  await keep(broker, put(a, "other words"), send("new words"));
  const isFound = async () => {
    try {
      return (await broker.search(["lobby"], "words", undefined, 9)).found.length === 3;
    } catch {
      return false;
    }
  };
  const deadline = performance.now() + 20_000;
  while (!await isFound()) {
    assert(performance.now() < deadline, "The index was not made anew");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(broker.status().problem, undefined);
  assert(ear instanceof Ear);
});
