/**
 * Members and names at whole servers in several isolates, one of which ends without a word.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { MemoryBroker, parseConfig, ServedBroker } from "../../chat/mod.ts";
import { memoryBounds } from "../../chat/broker/memory.ts";
import { Client, type EventOf } from "../support/clients.ts";
import { HOST } from "../support/tcp_connection.ts";
import { RealServer } from "../support/real_server.ts";
import { scrape } from "../support/scrape.ts";
import { UNLIMITED } from "../support/server_process.ts";
import { Isolate } from "./isolate.ts";

const GRACE_MS = 1_000;
const ENVIRONMENT = {
  ...UNLIMITED,
  CHAT_DATA: "none",
  CHAT_LEAVE_GRACE_MS: `${GRACE_MS}`,
};

/** The page's time to notice, and a slow machine's time. */
const SLACK_MS = 5_000;

Deno.test("servers of three isolates have the same members under the same names, also when one of them ends", async (t) => {
  const channel = crypto.randomUUID();
  const bounds = { ...memoryBounds(parseConfig(ENVIRONMENT)), now: Date.now };
  const broker = new ServedBroker(new MemoryBroker(bounds), [new BroadcastChannel(channel)]);
  await using server = await RealServer.start(ENVIRONMENT, { broker });
  using stays = new Isolate();
  using ends = new Isolate();
  const ports = [
    server.port,
    await stays.start(channel, ENVIRONMENT),
    await ends.start(channel, ENVIRONMENT),
  ] as const;
  const clients: Client[] = [];
  const enter = async (port: number, name: string, key?: string) => {
    const client = await Client.open(port);
    clients.push(client);
    return { client, ...await client.hello(name, key) };
  };
  const hasJoined = (name: string) => (event: EventOf<"presence">) =>
    event.joined?.some((user) => user.name === name) ?? false;
  const [ada, bob, carol] = [
    await enter(ports[0], "Ada"),
    await enter(ports[1], "Bob"),
    await enter(ports[2], "Carol", "the key of Carol"),
  ];
  try {
    await t.step("each is told of the others", async () => {
      await ada.client.join("lobby");
      await bob.client.join("lobby");
      await ada.client.next("presence", hasJoined("Bob"));
      await carol.client.join("lobby");
      await ada.client.next("presence", hasJoined("Carol"));
      await bob.client.next("presence", hasJoined("Carol"));
      const response = await fetch(`http://${HOST}:${ports[0]}/api/rooms`);
      const { rooms: [lobby] } = await response.json();
      assertEquals(lobby.count, 3);
      assertEquals((await scrape(ports[0])).get("parley_instances"), 3);
    });
    await t.step("one of those who take a name at once has it", async () => {
      const names = ["Ian", "lan", "Ian"];
      const takers = await Promise.all(ports.map((port, i) => enter(port, names[i] ?? "")));
      const answers = takers.map(async ({ client }) => {
        const joined = client.ask("joined", { type: "join", room: "den" });
        return await joined.then(() => "joined", ({ message }) => /name_taken/.exec(message)?.[0]);
      });
      const expected = ["joined", "name_taken", "name_taken"];
      assertEquals((await Promise.all(answers)).toSorted(), expected);
    });
    await t.step("a new name is told everywhere", async () => {
      const again = await enter(ports[1], "Countess", "the key of Carol");
      assertEquals(again.you, { id: carol.you.id, name: "Countess" });
      for (const { client } of [ada, carol]) {
        await client.next(
          "presence",
          ({ renamed = [] }) => renamed.some(({ name }) => name === "Countess"),
        );
      }
      again.client.abandon();
    });
    await t.step("the members of one that ends leave after the grace", async () => {
      const startedAt = performance.now();
      ends.terminate();
      for (const { client } of [ada, bob]) {
        await client.next("presence", ({ left = [] }) => left.includes(carol.you.id));
      }
      const ms = performance.now() - startedAt;
      assertEquals(ms < GRACE_MS + 10_000 + SLACK_MS, true, `${ms} ms`);
      assertEquals((await scrape(ports[0])).get("parley_instances"), 2);
      // Its names are free.
      const other = await enter(ports[0], "Carol");
      await other.client.join("lobby");
    });
  } finally {
    for (const client of clients) client.abandon();
  }
});
