/**
 * A server that keeps messages in a folder.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, fail } from "@std/assert";
import { dirname, relative } from "node:path";
import { memoryBounds, MemoryBroker } from "../../chat/broker/memory.ts";
import { type Environment, parseConfig } from "../../chat/mod.ts";
import { Client } from "../support/clients.ts";
import { stdFlags } from "../broker/sqlite_folder.ts";
import { health } from "../support/tcp_connection.ts";
import { RealServer } from "../support/real_server.ts";
import { ANY_PORT, dataFolder, ServerProcess, UNLIMITED } from "../support/server_process.ts";

const KEY = "the key of Ada, who comes back";

/** What a client of a server of its own does in the lobby, which it has joined. */
async function visit<Result>(
  environment: Environment,
  act: (ada: Client, server: RealServer) => Promise<Result>,
): Promise<Result> {
  await using server = await RealServer.start({ ...UNLIMITED, ...environment });
  await using ada = await server.user("Ada", KEY);
  return await act(ada, server);
}

Deno.test("server has after a restart what was said before, and knows what is sent again", async () => {
  await using folder = await dataFolder();
  const { CHAT_DATA } = folder;
  const [head, first] = await visit({ CHAT_DATA }, async (ada) => {
    const { head } = await ada.join("lobby");
    const first = await ada.send("lobby", "one", "1");
    await ada.send("lobby", "two", "2");
    return [head, first] as const;
  });
  await visit({ CHAT_DATA }, async (ada) => {
    const { messages, complete, floor } = await ada.join("lobby", head);
    assertEquals([messages.map(({ text }) => text), complete], [["one", "two"], true]);
    assertEquals(floor, "0".repeat(26));
    assertEquals(await ada.send("lobby", "again", "1"), {
      ...first,
      ref: "1",
      duplicate: true,
    });
  });
});

Deno.test("server says incomplete where more was missed than is in memory, and gives the rest by pages", async () => {
  await using folder = await dataFolder();
  const { CHAT_DATA } = folder;
  const head = await visit({ CHAT_DATA }, async (ada) => {
    const { head } = await ada.join("lobby");
    for (let i = 0; i < 20; i++) await ada.send("lobby", `${i}`);
    return head;
  });
  await visit({ CHAT_DATA, CHAT_HISTORY_SIZE: "8", CHAT_JOIN_HISTORY: "5" }, async (ada) => {
    const joined = await ada.join("lobby", head);
    assertEquals([joined.complete, joined.more, joined.follow], [false, true, 0]);
    assertEquals(joined.messages.map(({ text }) => text), ["15", "16", "17", "18", "19"]);
    assert(joined.floor <= head, "What was missed is kept");
    const texts: string[] = [];
    for (let since = head, more = true; more;) {
      const page = await ada.ask("history", { type: "history", room: "lobby", since, limit: 7 });
      texts.push(...page.messages.map(({ text }) => text));
      since = page.messages.at(-1)?.id ?? since;
      more = page.moreAfter;
    }
    assertEquals(texts, Array.from({ length: 20 }, (_, i) => `${i}`));
    const around = await ada.ask("history", {
      type: "history",
      room: "lobby",
      around: joined.messages[0]?.id ?? "",
      limit: 4,
    });
    assertEquals(around.messages.map(({ text }) => text), ["13", "14", "15", "16"]);
    assertEquals([around.more, around.moreAfter], [true, true]);
  });
});

Deno.test("server finds what was said in the rooms of the user, and in no other", async () => {
  await using folder = await dataFolder();
  await using server = await RealServer.start({ ...UNLIMITED, CHAT_DATA: folder.CHAT_DATA });
  assertEquals((await health(server.port)).keepDays, 0);
  await using ada = await server.user("Ada");
  await using bob = await server.user("Bob");
  for (const room of ["lobby", "garden"]) await ada.join(room);
  await bob.join("shed");
  await ada.send("lobby", "Roses are red");
  await ada.send("garden", "my roses");
  await bob.send("shed", "no roses here");
  const search = (fields: object) => ada.ask("found", { type: "search", text: "ROSES", ...fields });
  let found = await search({});
  while (found.messages.length < 2) found = await search({});
  assertEquals(found.messages.map(({ room, text }) => [room, text]), [
    ["garden", "my roses"],
    ["lobby", "Roses are red"],
  ]);
  assertEquals((await search({ room: "lobby" })).messages.length, 1);
  const { code } = await ada.ask("error", { type: "search", room: "shed", text: "roses" });
  assertEquals(code, "not_joined");
});

Deno.test("server limits the searches of an address, however many users it has", async () => {
  await using folder = await dataFolder();
  await using server = await RealServer.start({ CHAT_DATA: folder.CHAT_DATA });
  const searches = Array.from({ length: 10 }, () => ({ type: "search", text: "x" } as const));
  for (let users = 1; users <= 50; users++) {
    await using user = await server.user(`User ${users}`);
    await user.tell({ type: "join", room: "lobby" }, ...searches, { type: "ping" });
    await user.next("pong");
    if (!user.events.some((event) => event.type === "error")) continue;
    assert(users > 10, `${users} users`);
    return;
  }
  fail("50 users made 500 searches");
});

Deno.test("server lets a user search ten times, then once a second", async () => {
  await using folder = await dataFolder();
  await using server = await RealServer.start({ CHAT_DATA: folder.CHAT_DATA });
  await using ada = await server.user("Ada");
  await ada.join("lobby");
  for (let i = 0; i < 10; i++) await ada.ask("found", { type: "search", text: "x" });
  const { code } = await ada.ask("error", { type: "search", text: "x" });
  assertEquals(code, "rate_limited");
});

Deno.test("server without a store answers search with bad_request, and names no feature", async () => {
  await using server = await RealServer.start();
  await using ada = await Client.open(server.port);
  assertEquals((await ada.hello("Ada")).features, ["talk", "charge"]);
  const { code } = await ada.ask("error", { type: "search", text: "x" });
  assertEquals(code, "bad_request");
});

Deno.test("a store without search says so, and for how long it keeps", async () => {
  const { historyBytes, historySize, receiptBytes } = parseConfig({});
  const bounds = memoryBounds({ historyBytes, historySize, receiptBytes });
  const memory = new MemoryBroker({ ...bounds, now: Date.now });
  const broker = Object.assign(memory, { isStore: true });
  await using server = await RealServer.start({ CHAT_KEEP_DAYS: "3" }, { broker });
  await using ada = await Client.open(server.port);
  const { features, keepDays } = await ada.hello("Ada");
  assertEquals([features, keepDays], [["store", "talk", "charge"], 3]);
});

Deno.test("main keeps each acknowledged message when it is killed", async () => {
  await using folder = await dataFolder();
  const environment = { ...ANY_PORT, ...UNLIMITED, CHAT_DATA: folder.CHAT_DATA };
  const acked: string[] = [];
  for (let life = 0; life < 3; life++) {
    await using process = await ServerProcess.start({ environment });
    const ada = await Client.open(await process.port());
    const { features } = await ada.hello("Ada", KEY);
    assertEquals(features, ["store", "search", "talk", "charge"]);
    await ada.join("lobby");
    for (let i = 0; i < 20; i++) acked.push((await ada.send("lobby", `${life} ${i}`)).id);
    process.kill("SIGKILL");
    await process.exit();
    await ada.closed();
  }
  const { CHAT_DATA } = folder;
  const ids = await visit({ CHAT_DATA }, async (ada) => {
    return (await ada.join("lobby")).messages.map(({ id }) => id);
  });
  assertEquals(ids, acked);
});

Deno.test("main logs the whole path of the folder in which it keeps messages, or none", async () => {
  await using folder = await dataFolder();
  const paths: [given: string, logged: string][] = [
    [folder.CHAT_DATA, folder.CHAT_DATA],
    [relative(`${import.meta.dirname}/../..`, folder.CHAT_DATA), folder.CHAT_DATA],
    ["none", "none"],
  ];
  for (const [CHAT_DATA, logged] of paths) {
    await using process = await ServerProcess.start({ environment: { ...ANY_PORT, CHAT_DATA } });
    await process.port();
    process.kill("SIGTERM");
    const { stdout } = await process.exit();
    assertEquals(JSON.parse(stdout.split("\n")[0] ?? "").folder, logged);
  }
});

Deno.test("main refuses a folder that another server uses, in one line", async () => {
  await using folder = await dataFolder();
  const environment = { ...ANY_PORT, CHAT_DATA: folder.CHAT_DATA };
  await using first = await ServerProcess.start({ environment });
  await first.port();
  await using second = await ServerProcess.start({ environment });
  const { code, stderr } = await second.exit();
  assertEquals(code, 1);
  assertMatch(stderr, /^[^\n]*CHAT_DATA[^\n]*\n$/);
});

Deno.test("the task backup copies what was acknowledged, while the server runs", async () => {
  await using folder = await dataFolder();
  const { CHAT_DATA } = folder;
  const copy = `${CHAT_DATA}-copy`;
  await visit({ CHAT_DATA }, async (ada) => {
    await ada.join("lobby");
    for (let i = 0; i < 10; i++) await ada.send("lobby", `${i}`);
    Deno.mkdirSync(copy);
    const backup = (file: string) =>
      new Deno.Command(Deno.execPath(), {
        args: ["task", "-q", "backup", file, CHAT_DATA],
        cwd: `${import.meta.dirname}/../..`,
      }).output();
    assertEquals((await backup(`${copy}/parley.sqlite`)).code, 0);
    const { code, stderr } = await backup(`${copy}/parley.sqlite`);
    assertEquals(code, 1);
    assertMatch(new TextDecoder().decode(stderr), /^Cannot back up to "[^\n]*": it exists\n$/);
  });
  const texts = await visit({ CHAT_DATA: copy }, async (ada) => {
    return (await ada.join("lobby")).messages.map(({ text }) => text);
  });
  assertEquals(texts, Array.from({ length: 10 }, (_, i) => `${i}`));
});

Deno.test("the task backup finds the folder that the file .env names, and says what fails", async () => {
  await using folder = await dataFolder();
  const { CHAT_DATA } = folder;
  await visit({ CHAT_DATA }, (ada) => ada.join("lobby"));
  const cwd = dirname(CHAT_DATA);
  Deno.writeTextFileSync(`${cwd}/.env`, `CHAT_DATA=${CHAT_DATA}\n`);
  const script = import.meta.resolve("../../backup.ts");
  const backUp = async (...words: string[]) => {
    await using process = await ServerProcess.start({
      cwd,
      args: [
        "run",
        ...await stdFlags(),
        "--allow-read",
        "--allow-write",
        "--allow-env",
        script,
        ...words,
      ],
      script: 'unset CHAT_DATA; exec "$@"',
    });
    return await process.exit();
  };
  assertEquals((await backUp("copy.sqlite")).stderr, "");
  assertEquals(Deno.statSync(`${cwd}/copy.sqlite`).isFile, true);
  const { code, stderr } = await backUp("nowhere/copy.sqlite");
  assertEquals(code, 1);
  assertEquals(stderr, 'Cannot back up to "nowhere/copy.sqlite": make the folder "nowhere"\n');
  const usage = "Usage: deno task backup FILE [FOLDER]\n";
  assertEquals(await backUp("--help"), { code: 0, stdout: usage, stderr: "" });
  for (const words of [[], ["a", "b", "c"]]) {
    assertEquals(await backUp(...words), { code: 1, stdout: "", stderr: usage });
  }
  assertEquals((await backUp("--verbose")).code, 1);
  // Not the folder that was left behind.
  for (const variable of ["CHAT_REDIS", "CHAT_KV"]) {
    Deno.writeTextFileSync(`${cwd}/.env`, `CHAT_DATA=${CHAT_DATA}\n${variable}=redis://there\n`);
    const { code, stderr } = await backUp("other.sqlite");
    assertEquals(code, 1);
    assertMatch(stderr, new RegExp(`^Cannot back up what ${variable} keeps: copy .*\n$`));
  }
  assertEquals([...Deno.readDirSync(cwd)].map(({ name }) => name).sort(), [
    ".env",
    "copy.sqlite",
    "data",
  ]);
});
