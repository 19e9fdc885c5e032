/**
 * An upgrade: the next server waits for the folder and the port of the one that is stopping.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { ackedBy, assertNothingLost, ClientState } from "../support/client_state.ts";
import { Client, RawClient } from "../support/clients.ts";
import { ReconnectingClient } from "../support/reconnecting_client.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import {
  ANY_PORT,
  dataFolder,
  serverArgs,
  ServerProcess,
  UNLIMITED,
} from "../support/server_process.ts";
import { health } from "../support/tcp_connection.ts";

/** Starts a server that waits for one that is stopping. */
async function startWaiting(environment: Record<string, string>): Promise<ServerProcess> {
  return await ServerProcess.start({ environment, args: [...await serverArgs(true), "--wait"] });
}

const CLIENTS = 40;

Deno.test("an upgrade loses and repeats no message of clients that go on talking", async () => {
  await using folder = await dataFolder();
  const { CHAT_DATA } = folder;
  const environment = { ...ANY_PORT, ...UNLIMITED, CHAT_DATA, CHAT_HISTORY_SIZE: "100000" };
  await using before = await ServerProcess.start({ environment });
  const port = await before.port();
  await using after = await startWaiting({ ...environment, PORT: `${port}` });
  await after.logged("waiting");
  const clients = Array.from(
    { length: CLIENTS },
    (_, i) => new ReconnectingClient(port, new ClientState(`Talker ${i}`), new SeededRandom(i)),
  );
  await using crowd = new AsyncDisposableStack();
  for (const client of clients) crowd.use(client);
  const all = (isSo: (client: ReconnectingClient) => boolean, what: string) =>
    Promise.all(clients.map((client) => client.until(() => isSo(client), what)));
  await all(({ state }) => state.position !== undefined, "join");
  const chance = new SeededRandom(1);
  let isTalking = true;
  const talk = (async () => {
    for (; isTalking; await delay(4)) chance.pick(clients).send();
  })();
  await all(({ state }) => state.acked.size > 0, "say something");
  before.kill("SIGTERM");
  await after.port();
  await all(({ endings }) => endings.length > 0, "be sent away");
  const [newest = ""] = ackedBy(clients.map(({ state }) => state)).at(-1) ?? [];
  await all(({ state }) => state.newestAcked > newest, "say something to the next server");
  isTalking = false;
  await talk;
  await all(({ state }) => state.isSettled, "get all acks");
  const states = clients.map(({ state }) => state);
  const [last = ""] = ackedBy(states).at(-1) ?? [];
  await all(({ state: { position = "" } }) => position >= last, "hear the last message");
  assertNothingLost(states);
  for (const { endings, state: { incompleteJoins } } of clients) {
    // A client that goes on sending may find the connection reset instead of closed with 1001.
    assertEquals([endings[0], endings.length, incompleteJoins], ["bye", 2, 0]);
  }
  assertEquals((await before.exit()).code, 0);
});

Deno.test("a server that is stopping refuses sends, and gives up folder and port", async () => {
  await using folder = await dataFolder();
  const environment = { ...ANY_PORT, ...folder };
  await using before = await ServerProcess.start({ environment });
  const port = await before.port();
  using last = await RawClient.open(port);
  await last.hello("Ada", "the key of Ada 1");
  await last.join("lobby");
  const { id } = await last.send("lobby", "kept", "1");
  await using after = await startWaiting({ ...environment, PORT: `${port}` });
  await after.logged("waiting");
  before.kill("SIGTERM");
  await last.next("bye");
  const { code } = await last.ask("error", { type: "send", room: "lobby", text: "late", ref: "2" });
  assertEquals(code, "unavailable");
  assertEquals((await last.closed()).code, 1001);
  // Though the client does not answer the close.
  assertEquals(await after.port(), port);
  await using again = await Client.open(port);
  await again.hello("Ada", "the key of Ada 1");
  const { messages, complete } = await again.join("lobby", id);
  assertEquals([messages, complete], [[], true]);
  assertEquals((await again.send("lobby", "kept", "1")).duplicate, true);
  assertEquals((await again.send("lobby", "late", "2")).duplicate, false);
  assertEquals((await health(port)).status, "ok");
});

Deno.test("main refuses a folder in use at once, unless it is told to wait", async () => {
  await using folder = await dataFolder();
  const environment = { ...ANY_PORT, ...folder };
  await using first = await ServerProcess.start({ environment });
  await first.port();
  await using second = await ServerProcess.start({ environment });
  const { code, stdout, stderr } = await second.exit();
  assertEquals({ code, stdout }, { code: 1, stdout: "" });
  assertMatch(stderr, /^Cannot keep messages in the folder .* another process uses it\n$/);
});

Deno.test("a server that waits for another one ends at a signal", async () => {
  await using folder = await dataFolder();
  const environment = { ...ANY_PORT, ...folder };
  await using first = await ServerProcess.start({ environment });
  const port = await first.port();
  await using second = await startWaiting(environment);
  await second.logged("waiting");
  second.kill("SIGINT");
  assertEquals((await second.exit()).stderr, "");
  const { status } = await health(port);
  assert(status === "ok", status);
});
