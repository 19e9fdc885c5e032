import { DatabaseSync } from "node:sqlite";
import { SqliteBroker, type SqliteOptions } from "../../chat/broker/sqlite.ts";
import { settled } from "../support/fake_hub.ts";
import { RECEIPT_BYTES } from "./contract.ts";
import { Ear } from "./ear.ts";

/** Nothing is dropped. */
export const OPTIONS = {
  now: Date.now,
  durability: "full",
  keepDays: 0,
  keepBytes: 0,
  receiptBytes: RECEIPT_BYTES,
} as const;

/** Resolves when a broker has committed what it was given, which takes it a turn. */
export async function committed(): Promise<void> {
  for (let i = 0; i < 3; i++) await settled();
}

/** A broker of a test's folder. */
export interface Opened {
  readonly broker: SqliteBroker;
  readonly ear: Ear;
  /** Does all the work that nobody waits for, such as indexing. */
  settle(): void;
}

/** A folder of a test's own. */
export interface TestFolder {
  readonly folder: string;
  readonly path: string;
  open(over?: Partial<SqliteOptions>): Opened;
  /** Closes what was opened last, and opens it again. */
  reopen(over?: Partial<SqliteOptions>): Promise<Opened>;
  /** What a query of the database returns, by a connection of its own. */
  query(sql: string): Record<string, unknown>[];
}

/** Runs a test with a folder that is removed afterwards. */
export function testSqlite(
  behaviour: string,
  run: (folder: TestFolder) => Promise<void>,
  { ignore = false } = {},
): void {
  Deno.test({ name: `SqliteBroker.${behaviour}`, ignore }, async () => {
    const folder = Deno.makeTempDirSync();
    const path = `${folder}/parley.sqlite`;
    const brokers: SqliteBroker[] = [];
    const query = (sql: string) => {
      const db = new DatabaseSync(path, { readOnly: true });
      try {
        return db.prepare(sql).all();
      } finally {
        db.close();
      }
    };
    const open = (over: Partial<SqliteOptions> = {}): Opened => {
      const broker = new SqliteBroker({ ...OPTIONS, folder, ...over });
      const ear = new Ear();
      broker.subscribe(ear);
      brokers.push(broker);
      const settle = () => {
        while (broker.upkeep());
      };
      return { broker, ear, settle };
    };
    const reopen = async (over: Partial<SqliteOptions> = {}) => {
      await brokers.at(-1)?.close();
      return open(over);
    };
    try {
      await run({ folder, path, open, reopen, query });
    } finally {
      for (const broker of brokers) await broker.close();
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

/** The flags that take the standard library from where it can be reached. */
export async function stdFlags(): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["task", "-q", "std"] })
    .output();
  const flags = new TextDecoder().decode(stdout).trim();
  const root = new URL("../../", import.meta.url).pathname;
  return flags === "" ? [] : flags.replace("--import-map=", `--import-map=${root}`).split(" ");
}
