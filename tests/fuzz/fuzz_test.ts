import { assert, assertEquals } from "@std/assert";
import { fuzzParser } from "./fuzz_parser.ts";
import { type Extent, fuzzServer, type Report } from "./fuzz_server.ts";
import { SharedOracle } from "./oracle_shared.ts";
import { Client } from "../support/clients.ts";
import { RealServer } from "../support/real_server.ts";
import { dataFolder, UNLIMITED } from "../support/server_process.ts";

/** A fixed seed. The long run (`deno task fuzz`) takes another each time. */
const SEED = 1;

const SETTINGS = { ...UNLIMITED, CHAT_LEAVE_GRACE_MS: "100" };

/** The answers that every run has. */
const ANSWERS = [
  "ack",
  "bans",
  "done",
  "error bad_request",
  "error emoji_invalid",
  "error forbidden",
  "error name_invalid",
  "error name_taken",
  "error not_found",
  "error not_joined",
  "error not_welcome",
  "error room_invalid",
  "error text_invalid",
  "error too_many_rooms",
  "history",
  "joined",
  "left",
  "pong",
  "renamed",
  "rooms",
  "settings",
  "welcome",
];

Deno.test("parseCommand() judges every random frame as the protocol does", () => {
  const verdicts = Object.values(fuzzParser(SEED, 5000));
  const sum = (of: "legal" | "illegal"): number =>
    verdicts.reduce((total, each) => total + each[of], 0);
  assert(sum("legal") > 1000 && sum("illegal") > 1000);
});

/** Starts a server, and plays random scripts. */
async function fuzz(
  settings: Readonly<Record<string, string>>,
  seed: number,
  shared: SharedOracle,
  extent: Extent,
): Promise<Report> {
  await using server = await RealServer.start({ ...SETTINGS, ...settings });
  return await fuzzServer({ port: server.port, limited: false, shared }, seed, extent);
}

Deno.test("server answers every random frame as the protocol says, and does not disturb other clients", async () => {
  const report = await fuzz({}, SEED, new SharedOracle(), { commands: 3000, connections: 400 });
  // Enough of everything was tried.
  assert(report.legal > 1000 && report.illegal > 250 && report.messages > 25);
  // A busy machine has more passwords to check than may wait.
  const answers = [...report.answers.keys()].filter((each) => each !== "error unavailable");
  assertEquals(answers.sort(), ANSWERS);
});

Deno.test("server with a data folder answers every random frame too, also after a restart, and keeps what it has acknowledged", async () => {
  await using folder = await dataFolder();
  const { CHAT_DATA } = folder;
  const shared = new SharedOracle({ hasSearch: true });
  for (const seed of [SEED + 1, SEED + 2]) {
    await fuzz({ CHAT_DATA }, seed, shared, { commands: 1000, connections: 200 });
    await assertKept(CHAT_DATA, shared);
  }
  assert(shared.acknowledged.size > 25, `${shared.acknowledged.size} acks`);
  assert(shared.answers.has("found"), "Nothing was searched");
});

/** Asserts that a server of a folder has everything that was acknowledged. */
async function assertKept(CHAT_DATA: string, { acknowledged }: SharedOracle): Promise<void> {
  await using server = await RealServer.start({ ...SETTINGS, CHAT_DATA });
  await using client = await Client.open(server.port);
  await client.hello("Auditor");
  const kept = new Map<string, string>();
  for (const room of new Set(acknowledged.values().map(({ room }) => room))) {
    await client.join(room);
    for (let after = "0".repeat(26), more = true; more;) {
      const command = { type: "history", room, after, limit: 200 } as const;
      const { messages, moreAfter } = await client.ask("history", command);
      for (const { id, text } of messages) kept.set(`${room} ${id}`, text);
      after = messages.at(-1)?.id ?? after;
      more = moreAfter;
    }
    await client.ask("left", { type: "leave", room });
  }
  for (const { room, id, text } of acknowledged.values()) {
    assertEquals(kept.get(`${room} ${id}`), text, `${id} in ${room}`);
  }
}
