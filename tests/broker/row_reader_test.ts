import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { rowReader } from "../../chat/broker/sqlite/row_reader.ts";

Deno.test("rowReader() gives all rows each time, where a statement gives them once", () => {
  using db = new DatabaseSync(":memory:");
  // As in Deno 2.5.
  const prepare = db.prepare.bind(db);
  db.prepare = (sql) => {
    const statement = prepare(sql);
    const iterate = statement.iterate.bind(statement);
    let isRead = false;
    statement.iterate = (...parameters: []) => {
      const rows = isRead ? [][Symbol.iterator]() : iterate(...parameters);
      isRead = true;
      return rows as ReturnType<typeof iterate>;
    };
    return statement;
  };
  const rows = rowReader(db, "VALUES (1), (2)");
  assertEquals([...rows().iterate()].length, 2);
  assertEquals([...rows().iterate()].length, 2);
});
