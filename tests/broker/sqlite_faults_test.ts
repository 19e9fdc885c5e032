import { assert, assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { MAX_PAGE, ORIGIN, Unavailable } from "../../chat/broker/broker.ts";
import { exportRoom } from "../../chat/broker/export.ts";
import { SqliteBroker } from "../../chat/broker/sqlite.ts";
import { keepOne, send, textOf } from "./ops.ts";
import { OPTIONS, stdFlags, testSqlite } from "./sqlite_folder.ts";

/** A line of the process that writes. */
type Line = readonly [what: string, id: string, name: string];

/** The process that writes, and what it says. */
class Writer {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#lines = linesOf(child.stdout);
  }

  static async start(args: readonly string[], shell = ""): Promise<Writer> {
    const script = new URL("sqlite_writer.ts", import.meta.url).pathname;
    const deno = [Deno.execPath(), "run", ...await stdFlags(), "--allow-all", script, ...args];
    const command = new Deno.Command("sh", {
      args: ["-c", `${shell} exec "$@"`, "sh", ...deno],
      stdout: "piped",
      cwd: new URL("../../", import.meta.url),
    });
    return new Writer(command.spawn());
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The next line, or none after the end. */
  async line(): Promise<Line | undefined> {
    const { value } = await this.#lines.next();
    try {
      return value === undefined ? undefined : JSON.parse(value);
    } catch {
      // The last line may have been cut.
      return undefined;
    }
  }

  /** The lines up to one of a kind. */
  async until(what: string): Promise<Line[]> {
    const lines: Line[] = [];
    for (let line = await this.line(); line !== undefined; line = await this.line()) {
      lines.push(line);
      if (line[0] === what) return lines;
    }
    throw new Error(`It ended without "${what}"`);
  }

  /** Kills the process, and returns what it has said. */
  async kill(): Promise<Line[]> {
    this.#child.kill("SIGKILL");
    const lines: Line[] = [];
    for (let line = await this.line(); line !== undefined; line = await this.line()) {
      lines.push(line);
    }
    await this.#child.status;
    return lines;
  }
}

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, undefined> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** Checks that everything that was acknowledged or told is kept once, in its order. */
async function checkKept(broker: SqliteBroker, lines: readonly Line[]): Promise<number> {
  const kept = new Map<string, string>();
  const ids: string[] = [];
  for await (const page of exportRoom(broker, "lobby")) {
    for (const message of page) {
      const name = textOf(message).trim();
      assert(!kept.has(name), `${name} is kept twice`);
      kept.set(name, message.id);
      ids.push(message.id);
    }
  }
  assertEquals(ids, ids.toSorted());
  for (const [what, id, name] of lines) {
    if (what === "ack" || what === "told") assertEquals(kept.get(name), id, `${what} ${name}`);
  }
  return kept.size;
}

testSqlite("nothing that was acknowledged or told is gone after kill -9", async ({ folder }) => {
  const lines: Line[] = [];
  for (let round = 0; round < 4; round++) {
    const writer = await Writer.start([folder, round % 2 === 0 ? "full" : "normal", `${round}`]);
    lines.push(...await writer.until("ack"));
    // At another moment each time: in a transaction, between two, in a checkpoint.
    for (let i = 0; i < 50 + 333 * round; i++) {
      const line = await writer.line();
      if (line !== undefined) lines.push(line);
    }
    lines.push(...await writer.kill());
    const broker = new SqliteBroker({ ...OPTIONS, receiptBytes: 1e8, folder });
    try {
      const size = await checkKept(broker, lines);
      assert(size > 0);
      for (const [what, id, name] of lines.slice(-20)) {
        if (what !== "ack") continue;
        const [outcome] = await broker.publish([
          send(name, { ref: name, user: `user ${name.split(" ")[1]}` }),
        ]);
        assertEquals([outcome?.as, outcome && "id" in outcome && outcome.id], ["known", id]);
        assert(broker.vouches(id));
      }
      while (broker.upkeep());
    } finally {
      await broker.close();
    }
  }
  const db = new DatabaseSync(`${folder}/parley.sqlite`);
  assertEquals(db.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok");
  db.exec("INSERT INTO search (search) VALUES ('integrity-check')");
  db.close();
});

testSqlite(
  "publish() waits while another process has locked the database",
  async ({ path, open }) => {
    const { broker, ear } = open();
    await keepOne(broker, send("a"));
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const call = broker.publish([send("b")]);
    const read = await broker.after("lobby", ORIGIN, MAX_PAGE);
    assertEquals(read.messages.length, 1);
    other.exec("COMMIT");
    other.close();
    assertEquals((await call)[0]?.as, "kept");
    assertEquals([ear.heard.length, broker.status().problem], [2, undefined]);
  },
);

testSqlite(
  "publish() is Unavailable while the database stays locked, and recovers by itself",
  async ({ path, open }) => {
    const problems: (string | undefined)[] = [];
    let onProblem = () => {};
    const { broker, ear } = open({
      onProblem: (problem) => {
        problems.push(problem);
        onProblem();
      },
    });
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const op = send("a");
    const error = await assertRejects(() => broker.publish([op, send("b")]), Unavailable);
    assertEquals([error.kept, ear.heard], ["no", []]);
    assertEquals(broker.status().problem, problems[0]);
    assertEquals((await broker.open("lobby", 5)).messages, []);
    const { promise, resolve } = Promise.withResolvers<void>();
    onProblem = resolve;
    other.exec("COMMIT");
    other.close();
    await promise;
    assertEquals([problems.length, problems[1], broker.status().problem], [
      2,
      undefined,
      undefined,
    ]);
    assertEquals((await broker.publish([op]))[0]?.as, "kept");
  },
);

testSqlite(
  "publish() fails for all that wait when the database stays locked, however many they are",
  async ({ path, open }) => {
    const { broker } = open();
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const calls = Array.from({ length: 1_000 }, (_, i) => broker.publish([send(`${i}`)]));
    const began = performance.now();
    const results = await Promise.allSettled(calls);
    const tookMs = performance.now() - began;
    other.close();
    assert(results.every(({ status }) => status === "rejected"));
    assert(tookMs < 4_000, `${tookMs} ms`);
  },
);

testSqlite(
  "publish() is Unavailable when the file was removed or replaced, until it is there again",
  async ({ path, open }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const onProblem = (problem: string | undefined) => {
      if (problem === undefined) resolve();
    };
    const { broker } = open({ onProblem });
    const first = await keepOne(broker, send("a"));
    Deno.renameSync(path, `${path}.away`);
    const op = send("b");
    const error = await assertRejects(() => broker.publish([op]), Unavailable);
    const problem = "parley.sqlite was removed or replaced";
    assertEquals([error.kept, broker.status().problem], ["no", problem]);
    Deno.copyFileSync(`${path}.away`, path);
    await assertRejects(() => broker.publish([op]), Unavailable);
    Deno.renameSync(`${path}.away`, path);
    await promise;
    const second = await keepOne(broker, op);
    const { messages } = await broker.open("lobby", 5);
    assertEquals(messages.map(({ id }) => id), [first.id, second.id]);
  },
);

/** Makes a file system of one MiB. Returns whether that is allowed. */
function mountSmall(folder: string): boolean {
  const args = ["-t", "tmpfs", "-o", "size=1m", "parley-test", folder];
  try {
    return new Deno.Command("mount", { args, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

function unmount(folder: string): void {
  new Deno.Command("umount", { args: [folder] }).outputSync();
}

/** Declares a test on a small disk of its own. */
function testOnSmallDisk(behaviour: string, run: (disk: string) => Promise<void>): void {
  testSqlite(
    `${behaviour} (needs a user who may mount: run as root)`,
    async ({ folder }) => {
      const disk = `${folder}/disk`;
      Deno.mkdirSync(disk);
      assert(mountSmall(disk), "The disk can't be mounted");
      try {
        await run(disk);
      } finally {
        unmount(disk);
      }
    },
    { ignore: !mayMount() },
  );
}

function mayMount(): boolean {
  const folder = Deno.makeTempDirSync();
  const may = mountSmall(folder);
  if (may) unmount(folder);
  Deno.removeSync(folder);
  return may;
}

testOnSmallDisk(
  "publish() is Unavailable on a full disk, keeps nothing of it, and recovers by itself",
  async (disk) => {
    const broker = new SqliteBroker({ ...OPTIONS, folder: `${disk}/data` });
    try {
      let acked = 0;
      const fill = async () => {
        for (;; acked++) await keepOne(broker, send("x".repeat(10_000)));
      };
      const error = await assertRejects(() => fill(), Unavailable);
      assertEquals(error.kept, "no");
      assert(/full/.test(broker.status().problem ?? ""), broker.status().problem);
      const kept: string[] = [];
      for await (const page of exportRoom(broker, "lobby")) kept.push(...page.map(({ id }) => id));
      assertEquals(kept.length, acked);
      const again = await assertRejects(
        () => keepOne(broker, send("x".repeat(10_000))),
        Unavailable,
      );
      assertEquals(again.kept, "no");
      await new Deno.Command("mount", { args: ["-o", "remount,size=8m", disk] }).output();
      await keepOne(broker, send("x".repeat(10_000)));
      assertEquals(broker.status().problem, undefined);
    } finally {
      await broker.close();
    }
  },
);

testOnSmallDisk("constructor leaves a full disk as it was", async (disk) => {
  Deno.writeFileSync(`${disk}/filler`, new Uint8Array(1_040_000));
  const error = await assertRejects(
    () => Promise.resolve().then(() => new SqliteBroker({ ...OPTIONS, folder: `${disk}/data` })),
    Error,
  );
  assert(error.message.includes("CHAT_DATA"), error.message);
  assertEquals(Array.from(Deno.readDirSync(disk), ({ name }) => name), ["filler"]);
});

testSqlite(
  "after an error of the disk the database is opened again, and told to be read",
  async ({ folder }) => {
    // Beyond the limit a write fails with an error that SQLite does not know to be want of space.
    const writer = await Writer.start(
      [folder, "full", "0", "3000"],
      "trap '' XFSZ; ulimit -Sf 2000;",
    );
    const lines: Line[] = [];
    try {
      lines.push(...await writer.until("read"));
      const failure = lines.find(([what]) => what === "failed");
      assert(failure !== undefined && ["no", "unknown"].includes(failure[1]), `${failure}`);
      await new Deno.Command("prlimit", { args: ["--fsize=unlimited", "--pid", `${writer.pid}`] })
        .output();
      lines.push(...await writer.until("lost"), ...await writer.until("ack"));
    } finally {
      lines.push(...await writer.kill());
    }
    const broker = new SqliteBroker({ ...OPTIONS, receiptBytes: 1e8, folder });
    try {
      await checkKept(broker, lines);
    } finally {
      await broker.close();
    }
  },
);
