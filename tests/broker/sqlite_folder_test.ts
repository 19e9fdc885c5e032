import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Receipt } from "../../chat/broker/broker.ts";
import { backUp } from "../../chat/broker/sqlite/backup.ts";
import { DataFolderError } from "../../chat/broker/sqlite/folder.ts";
import { SCHEMA_VERSION } from "../../chat/broker/sqlite/schema.ts";
import { SqliteBroker } from "../../chat/broker/sqlite.ts";
import { keep, keepOne, put, send, textOf } from "./ops.ts";
import { OPTIONS, stdFlags, testSqlite } from "./sqlite_folder.ts";

/** The files of a folder: their sizes, contents and times. */
function snapshot(folder: string): unknown {
  return Array.from(Deno.readDirSync(folder), ({ name }) => {
    const path = `${folder}/${name}`;
    const { mtime, isDirectory } = Deno.statSync(path);
    const bytes = isDirectory ? "" : Deno.readFileSync(path).toString();
    return [name, bytes, mtime?.getTime()];
  }).sort();
}

/** Opens a folder that can't be used. Returns why, and that nothing in it has changed. */
function refusal(folder: string, name = folder): string {
  const before = snapshot(folder);
  const error = assertThrows(() => new SqliteBroker({ ...OPTIONS, folder: name }), DataFolderError);
  assertEquals(snapshot(folder), before);
  assert(error.message.includes(name) && error.message.includes("CHAT_DATA"), error.message);
  assert(!error.message.includes("\n"), error.message);
  return error.message;
}

testSqlite(
  "constructor makes the folder, for its user alone, and those above it",
  async ({ folder }) => {
    const broker = new SqliteBroker({ ...OPTIONS, folder: `${folder}/a/b` });
    await keep(broker, send("a"));
    await broker.close();
    const files = Array.from(Deno.readDirSync(`${folder}/a/b`), ({ name }) => name).sort();
    assertEquals(files, ["parley.lock", "parley.sqlite"]);
    const { mode } = Deno.statSync(`${folder}/a/b`);
    if (Deno.build.os !== "windows") assertEquals((mode ?? 0) & 0o777, 0o700);
  },
);

testSqlite(
  "constructor refuses a folder that another broker uses",
  async ({ folder, open, reopen }) => {
    open();
    assertMatch(refusal(folder), /another process uses it$/);
    await reopen();
  },
);

testSqlite(
  "constructor refuses a folder that another process uses",
  async ({ folder, path, open }) => {
    open();
    const code = `import { SqliteBroker } from "${
      import.meta.resolve("../../chat/broker/sqlite.ts")
    }";
    try { new SqliteBroker({ ...JSON.parse(Deno.args[0]), now: Date.now }); } catch (error) { console.log(error.message); }
    Deno.exit(1);`;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", ...await stdFlags(), code, JSON.stringify({ ...OPTIONS, folder })],
    }).output();
    assertEquals(
      new TextDecoder().decode(stdout).trim(),
      `Cannot keep messages in the folder "${folder}" (CHAT_DATA): another process uses it`,
    );
    assert(Deno.statSync(path).isFile);
  },
);

testSqlite(
  "constructor removes nothing of a broker that has claimed the folder meanwhile",
  async ({ folder, open, reopen }) => {
    const { statSync } = Deno;
    let acked: Promise<Receipt> | undefined;
    Deno.statSync = (path) => {
      if (String(path).endsWith("parley.lock")) {
        Deno.statSync = statSync;
        acked = keepOne(open().broker, send("a"));
        throw new Deno.errors.NotFound();
      }
      return statSync(path);
    };
    try {
      const error = assertThrows(() => new SqliteBroker({ ...OPTIONS, folder }), DataFolderError);
      assertMatch(error.message, /another process uses it$/);
    } finally {
      Deno.statSync = statSync;
    }
    const id = (await acked)?.id ?? "";
    const { broker } = await reopen();
    assertEquals((await broker.get("lobby", id))?.id, id);
  },
);

testSqlite("constructor names the uid that may not use a folder, and its owner's", ({ folder }) => {
  const { statSync, uid } = Deno;
  const owner = statSync(folder).uid;
  // Root, as which tests may run, may read everything.
  Deno.statSync = (path) => {
    if (String(path).startsWith(`${folder}/`)) throw new Deno.errors.PermissionDenied("denied");
    return statSync(path);
  };
  const refusalTo = (user: number | null): string => {
    Deno.uid = () => user;
    return assertThrows(() => new SqliteBroker({ ...OPTIONS, folder }), DataFolderError).message;
  };
  const start = `Cannot keep messages in the folder "${folder}" (CHAT_DATA): it can't be written`;
  try {
    assertEquals(
      refusalTo(1993),
      `${start} by uid 1993, and belongs to uid ${owner} (denied)`,
    );
    assertEquals(refusalTo(owner), `${start} by uid ${owner} (denied)`);
    // Windows has no such numbers.
    assertEquals(refusalTo(null), `${start} (denied)`);
  } finally {
    Object.assign(Deno, { statSync, uid });
  }
  return Promise.resolve();
});

testSqlite("constructor refuses what is no folder", ({ folder }) => {
  Deno.writeTextFileSync(`${folder}/file`, "x");
  assertMatch(refusal(folder, `${folder}/file`), /it is not a folder$/);
  assertMatch(refusal(folder, `${folder}/file/below`), /it can't be made/);
  return Promise.resolve();
});

testSqlite("constructor refuses what is no database, or another program's", ({ folder, path }) => {
  Deno.writeTextFileSync(path, "no database at all, but long enough to have a header ".repeat(10));
  assertMatch(refusal(folder), /parley\.sqlite is no database$/);
  Deno.writeTextFileSync(path, "short");
  assertMatch(refusal(folder), /parley\.sqlite is no database$/);
  Deno.removeSync(path);
  const db = new DatabaseSync(path);
  db.exec("CREATE TABLE x (y)");
  db.close();
  assertMatch(refusal(folder), /not a database of this program$/);
  return Promise.resolve();
});

testSqlite("constructor refuses a database of a newer version", async ({ folder, path, open }) => {
  await open().broker.close();
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}; PRAGMA wal_checkpoint(TRUNCATE)`);
  db.close();
  assertMatch(refusal(folder), /is of a newer version of this program/);
});

testSqlite("constructor refuses a damaged database", async ({ folder, path, open }) => {
  const { broker } = open();
  await keep(broker, ...Array.from({ length: 100 }, () => send("x".repeat(500))));
  await broker.close();
  const whole = Deno.readFileSync(path);
  Deno.writeFileSync(path, whole.subarray(0, whole.length - 20_000));
  assertMatch(refusal(folder), /parley\.sqlite is damaged/);
  const damaged = whole.slice();
  damaged.fill(0xaa, 200, 30_000);
  Deno.writeFileSync(path, damaged);
  assertMatch(refusal(folder), /malformed/);
});

testSqlite("constructor leaves the WAL of a damaged database", async ({ folder, path, open }) => {
  await keep(open().broker, ...Array.from({ length: 100 }, () => send("x".repeat(500))));
  // As after a kill: the WAL has what the database lacks.
  const killed = `${folder}/killed`;
  Deno.mkdirSync(killed);
  const wal = Deno.readFileSync(`${path}-wal`);
  assert(wal.length > 0);
  const damaged = Deno.readFileSync(path);
  damaged.fill(0xaa, 4096);
  Deno.writeFileSync(`${killed}/parley.sqlite`, damaged);
  Deno.writeFileSync(`${killed}/parley.sqlite-wal`, wal.subarray(0, 32 + 24 + 4096));
  assertMatch(refusal(killed), /malformed/);
});

testSqlite("constructor takes an empty file for a new database", async ({ path, open }) => {
  Deno.writeTextFileSync(path, "");
  await keep(open().broker, send("a"));
});

testSqlite("constructor refuses a folder that can't be written", async ({ folder, open }) => {
  await keep(open().broker, send("a"));
  await open({ folder: `${folder}/other` }).broker.close();
  Deno.mkdirSync(`${folder}/empty`);
  // By Deno's permissions: a super-user may write whatever its mode says.
  for (const name of ["other", "empty"]) {
    const path = `${folder}/${name}`;
    const before = snapshot(path);
    const code = `import { SqliteBroker } from "${
      import.meta.resolve("../../chat/broker/sqlite.ts")
    }";
      try { new SqliteBroker({ ...JSON.parse(Deno.args[0]), now: Date.now }); } catch (error) { console.log(error.message); }`;
    const script = `${folder}/script.ts`;
    Deno.writeTextFileSync(script, code);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        ...await stdFlags(),
        "--no-prompt",
        "--allow-read",
        script,
        JSON.stringify({ ...OPTIONS, folder: path }),
      ],
    }).output();
    const said = new TextDecoder().decode(stdout).trim();
    assertMatch(said, /CHAT_DATA\): it can't be written \(.*write access/);
    assert(!said.includes("\n") && said.includes(path), said);
    assertEquals(snapshot(path), before);
  }
});

testSqlite(
  "a restart keeps messages, changes, documents and receipts, and vouches for its past",
  async ({ open, reopen }) => {
    const { broker } = open();
    const op = send("a");
    const [a, b] = await keep(broker, op, send("b"));
    const changed = await keepOne(broker, put(a, "a2"));
    const { head } = await broker.open("lobby", 10);
    const { broker: again } = await reopen();
    const opened = await again.open("lobby", 10);
    assertEquals(opened.messages.map(textOf), ["b", "a2"]);
    assertEquals([opened.head, opened.floor], [head, "0".repeat(26)]);
    assertEquals(await again.publish([op]), [{ ...a, as: "known" }]);
    for (const position of [a.position, b.position, changed.position]) {
      assert(again.vouches(position));
    }
    const c = await keepOne(again, send("c"));
    assert(c.position > changed.position);
    assert(!again.vouches(`${changed.position.slice(0, 14)}ZZZZZZZZZZZZ`));
  },
);

for (
  const [clock, later] of [
    ["was set back by a year", -365],
    ["was a year ahead before", 365],
  ] as const
) {
  testSqlite(`positions grow over a restart whose clock ${clock}`, async ({ open, reopen }) => {
    const day = 86_400_000;
    const now = Date.now();
    const first = open({ now: () => now + (later > 0 ? later * day : 0) });
    const op = send("a");
    const a = await keepOne(first.broker, op);
    const { broker } = await reopen({ now: () => now + (later < 0 ? later * day : 0) });
    const b = await keepOne(broker, send("b"));
    assert(b.position > a.position && broker.vouches(a.position));
    assertEquals((await broker.publish([op]))[0]?.as, "known");
  });
}

testSqlite(
  "receipts leave the file after the five minutes in which they count",
  async ({ open, query }) => {
    let elapsed = 0;
    const { broker, settle } = open({ elapsed: () => elapsed });
    const count = () => query("SELECT count(*) AS count FROM receipts")[0]?.["count"];
    const old = send("a");
    await keep(broker, old);
    elapsed = 299_999;
    assertEquals((await broker.publish([old]))[0]?.as, "known");
    elapsed = 300_001;
    settle();
    elapsed = 600_002;
    await keep(broker, send("b"));
    settle();
    assertEquals(count(), 1);
    assertEquals((await broker.publish([old]))[0]?.as, "kept");
  },
);

testSqlite(
  "backUp() copies what was acknowledged, while messages are being sent",
  async ({ folder, open }) => {
    const { broker } = open();
    await keep(broker, ...Array.from({ length: 200 }, (_, i) => send(`${i}`)));
    const file = `${folder}/copy.sqlite`;
    let isDone = false;
    const sending = (async () => {
      while (!isDone) await keep(broker, send("more"));
    })();
    try {
      await backUp(folder, file);
    } finally {
      isDone = true;
      await sending;
    }
    const copy = new DatabaseSync(file);
    assertEquals(copy.prepare("PRAGMA integrity_check").get(), {
      ...{ integrity_check: "ok" },
      __proto__: null,
    });
    const rows = copy.prepare("SELECT body FROM messages ORDER BY id LIMIT 200").all();
    assertEquals(
      rows.map(({ body }) => JSON.parse(String(body)).text),
      Array.from({ length: 200 }, (_, i) => `${i}`),
    );
    copy.close();
  },
);
