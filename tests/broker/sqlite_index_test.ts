import { assertEquals } from "@std/assert";
import { transact } from "../../chat/broker/sqlite/database.ts";
import { phrasesOf } from "../../chat/broker/sqlite/search_text.ts";
import { Store } from "../../chat/broker/sqlite/store.ts";
import { write } from "../../chat/broker/sqlite/writer.ts";
import { send } from "./ops.ts";

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
