import { assert, assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import type { ServerEvent } from "../../chat/protocol/types.ts";
import { RawClient, type WireCommand } from "../support/clients.ts";
import { RealServer } from "../support/real_server.ts";
import { ANY_PORT, ServerProcess } from "../support/server_process.ts";

const HOUR_MS = 3_600_000;

function messagesIn(events: readonly ServerEvent[]) {
  return events.filter((event) => event.type === "message");
}

Deno.test("server keeps order and limits while its clock jumps an hour and back", async () => {
  let errorMs = 0;
  await using server = await RealServer.start({}, { now: () => Date.now() + errorMs });
  using silent = await RawClient.open(server.port);
  await using ada = await server.user("Ada");
  await using bob = await server.user("Bob");
  for (const client of [ada, bob]) await client.join("lobby");
  const ids: string[] = [];
  for (errorMs of [0, -HOUR_MS, 0, HOUR_MS, 0, -HOUR_MS, HOUR_MS, 0]) {
    for (const client of [ada, bob]) ids.push((await client.send("lobby", "hi")).id);
    // Whoever comes back now is given all that came since.
    using back = await server.rawUser("Carol", "the secret key of Carol");
    const { complete, messages } = await back.join("lobby", ids[0]);
    assert(complete);
    assertEquals(messages.map(({ id }) => id), ids.slice(1));
  }
  assertEquals(ids, ids.toSorted());
  for (const client of [ada, bob]) {
    await client.next("message", ({ id }) => id === ids.at(-1));
    const messages = messagesIn(client.events);
    assertEquals(messages.map(({ id }) => id), ids);
    const times = messages.map(({ time }) => time);
    assertEquals(times, times.toSorted((a, b) => a - b));
  }
  // The time to say hello was not over.
  await silent.hello("Dan");
});

Deno.test("server handles all frames that came while it stood still for 2 s, and closes no connection", async () => {
  const environment = { ...ANY_PORT, CHAT_HELLO_MS: "1000", CHAT_STUCK_MS: "1000" };
  await using process = await ServerProcess.start({ environment });
  const port = await process.port();
  const guests = await Promise.all(Array.from({ length: 10 }, async (_, i) => {
    const guest = await RawClient.open(port);
    await guest.hello(`Guest ${i}`);
    await guest.join("lobby");
    return guest;
  }));
  using late = await RawClient.open(port);
  process.kill("SIGSTOP");
  // 75 commands a second, and 7.5 messages: more than the burst holds.
  const sends = Array.from({ length: 15 }, (_, i): WireCommand => (
    { type: "send", room: "lobby", ref: `${i}`, text: "hi" }
  ));
  const pings = Array.from(
    { length: 135 },
    (_, i): WireCommand => ({ type: "ping", ref: `p${i}` }),
  );
  for (const guest of guests) await guest.tell(...sends, ...pings);
  await late.tell({ type: "hello", ref: "hello", name: "Late" });
  await delay(2000);
  process.kill("SIGCONT");
  await late.next("welcome");
  for (const guest of guests) {
    await guest.next("pong", ({ ref }) => ref === "p134");
    while (messagesIn(guest.events).length < 150) await guest.next("message");
    assertEquals(guest.events.filter(({ type }) => type === "error"), []);
    const ids = messagesIn(guest.events).map(({ id }) => id);
    assertEquals(ids, ids.toSorted());
    assertEquals(new Set(ids).size, 150);
    guest.destroy();
  }
  late.destroy();
  process.kill("SIGTERM");
  assertEquals((await process.exit()).code, 0);
});
