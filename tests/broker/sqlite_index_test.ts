import { assert, assertEquals } from "@std/assert";
import { transact } from "../../chat/broker/sqlite/database.ts";
import { phrasesOf } from "../../chat/broker/sqlite/search_text.ts";
import { Store } from "../../chat/broker/sqlite/store.ts";
import { Upkeep } from "../../chat/broker/sqlite/upkeep.ts";
import { write } from "../../chat/broker/sqlite/writer.ts";
import { put, send } from "./ops.ts";

const NOW = 1_789_057_529_454;

Deno.test("SearchIndex.step() misses nothing, whenever it is told that it is late", () => {
  const folder = Deno.makeTempDirSync();
  const store = new Store(`${folder}/test.sqlite`, {
    durability: "normal",
    receiptBytes: 1e6,
    now: () => NOW,
    elapsed: () => 0,
  });
  const { search, rooms, db } = store;
  try {
    let total = 0;
    for (let moment = 0; moment < 12; moment++) {
      write(store, [[send("word"), send("word"), send("word"), send("word")]], NOW);
      total += 4;
      let asked = 0;
      // Late at one moment, which is not asked about twice.
      while (search.isBehind) transact(db, () => search.step(() => asked++ === moment))();
      const found = search.find([rooms.number("lobby") ?? 0], phrasesOf("word"), search.last, 100);
      assertEquals(found.length, total, `late at ${moment}`);
    }
  } finally {
    store.close();
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("Upkeep.step() removes what was overwritten from the files, before and after indexing", () => {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/test.sqlite`;
  let elapsed = 0;
  const options = {
    durability: "normal",
    receiptBytes: 1e6,
    keepDays: 0,
    keepBytes: 0,
    now: () => NOW,
    elapsed: () => elapsed,
  } as const;
  const store = new Store(path, options);
  const upkeep = new Upkeep({
    ...options,
    store: () => store,
    dropped() {},
    failed(error) {
      throw error;
    },
  });
  // No steps but those of this test.
  upkeep.stop();
  try {
    const [[sent] = []] = write(store, [[send("needle")]], NOW).outcomes;
    if (sent?.as !== "kept") throw new Error("It was not kept");
    while (upkeep.step());
    write(store, [[put(sent, "other")]], NOW);
    upkeep.noteWritten(true);
    elapsed += 30_000;
    assert(upkeep.step(false));
    assertEquals(Deno.statSync(`${path}-wal`).size, 0);
    // The old text waits for the index in a table of its own.
    assert(has(path, "needle"));
    while (upkeep.step());
    elapsed += 30_000;
    while (upkeep.step());
    assert(!has(path, "needle"));
  } finally {
    store.close();
    Deno.removeSync(folder, { recursive: true });
  }
});

/** Whether a text is in the file of a database, or in its WAL. Read by another process, for the locks. */
function has(path: string, text: string): boolean {
  const { stdout } = new Deno.Command("cat", { args: [path, `${path}-wal`] }).outputSync();
  return new TextDecoder("latin1").decode(stdout).includes(text);
}
