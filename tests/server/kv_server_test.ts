/**
 * Servers that keep messages in a Deno KV.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { copyOf, HangingKv, openBroker } from "../broker/kv_store.ts";
import { stdFlags } from "../broker/sqlite_folder.ts";
import { Client } from "../support/clients.ts";
import { textsOf } from "../support/fake_hub.ts";
import { RealServer } from "../support/real_server.ts";
import { health } from "../support/tcp_connection.ts";
import { ANY_PORT, ServerProcess, UNLIMITED } from "../support/server_process.ts";

/** The time in which an instance of Deno Deploy has to stop. */
const STOP_MS = 5_000;

const args = ["run", ...await stdFlags(), "--allow-all", "main.ts"];

function startServer(environment: Readonly<Record<string, string>>): Promise<ServerProcess> {
  return ServerProcess.start({ args, environment: { ...ANY_PORT, ...UNLIMITED, ...environment } });
}

/** A KV that answers where its data is, and then never again. */
function silentKv(signal: AbortSignal): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal, onListen() {} },
    ({ url }) =>
      new URL(url).pathname === "/"
        ? Response.json({
          version: 1,
          databaseId: "11111111-1111-4111-8111-111111111111",
          endpoints: [{ url: new URL("/data", url).href, consistency: "strong" }],
          token: "token",
          expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
        })
        : new Promise<Response>(() => {}),
  );
}

Deno.test("two servers of one KV share a room, and what was acknowledged is there after a restart", async () => {
  const folder = await Deno.makeTempDir();
  const environment = { CHAT_KV: `${folder}/kv.sqlite3`, CHAT_KEEP_DAYS: "3" };
  try {
    await using one = await startServer(environment);
    await using two = await startServer(environment);
    const ports = [await one.port(), await two.port()] as const;
    await using ada = await Client.open(ports[0]);
    await using bob = await Client.open(ports[1]);
    const { features, keepDays } = await ada.hello("Ada");
    assertEquals([features, keepDays], [["store", "talk", "charge"], 3]);
    await bob.hello("Bob");
    await ada.join("lobby");
    await bob.join("lobby");
    const texts = Array.from({ length: 50 }, (_, i) => `${i}`);
    const said: string[] = [];
    for (const text of texts) said.push((await ada.send("lobby", text)).id);
    const heard: string[] = [];
    while (heard.length < texts.length) heard.push((await bob.next("message")).id);
    assertEquals(heard, said);
    const { id } = await bob.send("lobby", "back");
    assertEquals((await ada.next("message", ({ text }) => text === "back")).id, id);
    const started = performance.now();
    for (const server of [one, two]) server.kill("SIGINT");
    for (const client of [ada, bob]) {
      await client.next("bye");
      assertEquals((await client.closed()).code, 1001);
    }
    for (const server of [one, two]) {
      const { code, stdout } = await server.exit();
      assertEquals(code, 0);
      assertMatch(stdout, /"event":"listening".*"kv":"\/.*kv\.sqlite3"/);
      assertEquals(/"level":"(warn|error)".*/.exec(stdout)?.[0], undefined);
    }
    assert(performance.now() - started < STOP_MS);
    await using three = await startServer(environment);
    await using eve = await Client.open(await three.port());
    await eve.hello("Eve");
    const { messages, complete } = await eve.join("lobby", said[0]);
    assertEquals([messages.map(({ id }) => id), complete], [[...said.slice(1), id], true]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("main ends with one line if the KV can't be opened, or does not answer", async () => {
  const end = new AbortController();
  const silent = silentKv(end.signal);
  const { port } = silent.addr;
  try {
    for (
      const [kv, problem] of [
        ["/nowhere/kv.sqlite3", "unable to open database file"],
        ["http://127.0.0.1:1/", "failed to connect"],
        [`http://127.0.0.1:${port}/`, "does not answer"],
      ] as const
    ) {
      await using server = await startServer({ CHAT_KV: kv, DENO_KV_ACCESS_TOKEN: "secret" });
      const { code, stderr } = await server.exit();
      assertEquals(code, 1);
      assertStringIncludes(stderr, `Cannot use CHAT_KV (${kv}): `);
      assertStringIncludes(stderr, problem);
      assertEquals([stderr.trim().split("\n").length, stderr.includes("secret")], [1, false]);
    }
  } finally {
    end.abort();
    await silent.finished;
  }
});

Deno.test("servers show nothing that a KV has lost, and what is left, when it is put back or emptied", async () => {
  const kv = await Deno.openKv(":memory:");
  const empty = await copyOf(kv);
  const brokers = [await openBroker(kv), await openBroker(kv)] as const;
  const servers = brokers.map((broker) => RealServer.start(UNLIMITED, { broker }));
  const [one, two] = servers;
  if (one === undefined || two === undefined) throw new TypeError("There are no servers");
  {
    await using ada = await one.user("Ada");
    await using bob = await two.user("Bob");
    for (const client of [ada, bob]) await client.join("lobby");
    let kept = await ada.send("lobby", "kept");
    const copy = await copyOf(kv);
    let lost = await ada.send("lobby", "lost", "ref");
    for (
      const [fault, putBack, left] of [["older", copy, ["kept"]], ["empty", empty, []]] as const
    ) {
      await bob.next("message", ({ id }) => id === lost.id);
      await putBack();
      const next = await ada.send("lobby", fault);
      for (const client of [ada, bob]) {
        const gap = await client.next("gap");
        assert(gap.after === lost.id && gap.before <= next.id);
        await client.next("message", ({ id }) => id === next.id);
      }
      for (const server of servers) {
        await using eve = await server.user(`Eve ${server.port} ${fault}`);
        const texts = [...left, fault];
        const joined = await eve.join("lobby");
        assertEquals([textsOf(joined.messages), joined.more], [texts, false]);
        for (const since of [kept.id, lost.id]) {
          const missed = await eve.join("lobby", since);
          assertEquals([textsOf(missed.messages), missed.complete], [texts, false]);
        }
        const resumed = await eve.join("lobby", next.id);
        assertEquals([textsOf(resumed.messages), resumed.complete], [[], true]);
        await eve.tell({ type: "history", room: "lobby" });
        assertEquals(textsOf((await eve.next("history")).messages), texts);
      }
      kept = next;
      // It was never answered, as it seems.
      lost = await ada.send("lobby", "lost", "ref");
    }
  }
  for (const server of servers) await server[Symbol.asyncDispose]();
  kv.close();
});

Deno.test("server is unavailable while its KV hangs, comes back by itself, and stops in time", async () => {
  const kv = await Deno.openKv(":memory:");
  const hanging = new HangingKv(kv);
  const broker = await openBroker(kv, { kv: hanging.kv, callMs: 300, pollMs: 100 });
  const server = await RealServer.start(UNLIMITED, { broker });
  await using ada = await server.user("Ada");
  await ada.join("lobby");
  hanging.hangs = "everything";
  await ada.tell({ type: "send", room: "lobby", text: "hi", ref: "1" });
  assertEquals((await ada.next("error")).code, "unavailable");
  assertEquals((await health(server.port)).status, "unavailable");
  hanging.hangs = "nothing";
  while ((await health(server.port)).status !== "ok");
  const { id } = await ada.send("lobby", "hi", "1");
  assertEquals((await broker.get("lobby", id))?.id, id);
  hanging.hangs = "everything";
  await ada.tell({ type: "send", room: "lobby", text: "late", ref: "2" });
  const started = performance.now();
  const ended = server[Symbol.asyncDispose]();
  await ada.next("bye");
  await ada.closed();
  await ended;
  assert(performance.now() - started < STOP_MS);
  kv.close();
});
