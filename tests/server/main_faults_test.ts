import { assert, assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { Client, RawClient } from "../support/clients.ts";
import { ANY_PORT, type ProcessOptions, ServerProcess } from "../support/server_process.ts";
import { scrape } from "../support/scrape.ts";
import { within } from "../support/deadline.ts";
import { frame, Opcode } from "../support/frames.ts";
import { health, HOST, request } from "../support/tcp_connection.ts";

/** Nobody is to be kept from talking. */
const UNLIMITED = {
  ...ANY_PORT,
  CHAT_MESSAGE_BURST: "0",
  CHAT_COMMANDS_PER_SECOND: "0",
} as const;

/** The events in a log. */
function eventsOf(stdout: string): string[] {
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line).event);
}

/** A port that nobody listens on. */
function freePort(): number {
  using listener = Deno.listen({ hostname: HOST, port: 0 });
  return listener.addr.port;
}

/** Waits until something can be done. */
async function eventually<T>(attempt: () => Promise<T>, what: string): Promise<T> {
  let over = false;
  const poll = async (): Promise<T> => {
    while (true) {
      try {
        return await attempt();
      } catch (error) {
        if (over) throw error;
        await delay(50);
      }
    }
  };
  return await within(poll(), what).finally(() => over = true);
}

/** Milliseconds of the processor that a process has used. */
async function cpuMs(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const [user = NaN, system = NaN] = stat.split(") ")[1]?.split(" ").slice(11, 13).map(Number) ??
    [];
  // In ticks, of which Linux has 100 a second.
  return (user + system) * 10;
}

/** Sends as fast as acks come, up to the goodbye. */
async function talk(client: RawClient | Client, name: string): Promise<void> {
  const AT_ONCE = 10;
  let sent = 0;
  const say = () =>
    client.tell({ type: "send", room: "lobby", ref: `${sent}`, text: `${name} ${sent++}` });
  for (let i = 0; i < AT_ONCE; i++) await say();
  for await (const event of client) {
    if (event.type === "bye") return;
    if (event.type === "ack") await say();
  }
}

Deno.test("main delivers all acknowledged messages before bye, under full load", async () => {
  await using process = await ServerProcess.start({ environment: UNLIMITED });
  const port = await process.port();
  const clients = await Promise.all(Array.from({ length: 20 }, async (_, i) => {
    const client = await Client.open(port);
    await client.hello(`Client ${i}`);
    await client.join("lobby");
    return client;
  }));
  const [talkers, listeners] = [clients.slice(0, 15), clients.slice(15)];
  const talks = talkers.map((client, i) => talk(client, `Client ${i}`));
  const [listener] = listeners;
  for (let i = 0; i < 1000; i++) await listener?.next("message");
  process.kill("SIGTERM");
  await Promise.all(listeners.map((client) => client.next("bye")));
  await Promise.allSettled([...talks, ...talkers.map((client) => client.next("bye"))]);
  // A talker whose last words came too late may find the connection reset, and the goodbye lost.
  const isReset = (client: Client) => !client.events.some(({ type }) => type === "bye");
  for (const client of listeners) assertEquals((await client.closed()).code, 1001);
  assertEquals((await process.exit()).code, 0);

  const idsOf = (client: Client, type: "ack" | "message") =>
    client.events.flatMap((event) => event.type === type ? [event.id] : []);
  const acked = clients.flatMap((client) => idsOf(client, "ack"));
  for (const client of clients.filter((client) => !isReset(client))) {
    const heard = new Set(idsOf(client, "message"));
    assertEquals(acked.filter((id) => !heard.has(id)), []);
    // A talker's words that came too late are refused.
    const last = client.events.findLast(({ type }) => type !== "error");
    assertEquals(last?.type, "bye");
    const refused = client.events.flatMap((event) => event.type === "error" ? [event.code] : []);
    assertEquals(refused.filter((code) => code !== "unavailable"), []);
    await client.closed();
  }
});

Deno.test("main goes on without free file descriptors, logs it once, and recovers", async () => {
  await using process = await ServerProcess.start({
    environment: { ...UNLIMITED, CHAT_LEAVE_GRACE_MS: "0" },
    script: 'ulimit -n 64; exec "$@"',
  });
  const port = await process.port();
  using ada = await RawClient.open(port);
  await ada.hello("Ada");
  await ada.join("lobby");
  const guests: RawClient[] = [];
  const enter = async () => void guests.push(await RawClient.open(port));
  const isFull = () => enter().then(() => false, () => true);
  while (!await isFull());
  assert(guests.length > 10, `${guests.length} guests came in`);
  // For as long as the server is full it listens and fails again and again.
  const cpuBefore = await cpuMs(process.pid);
  for (const end = performance.now() + 2000; performance.now() < end;) {
    await ada.send("lobby", "still served");
    await isFull();
    await delay(50);
  }
  const usedMs = await cpuMs(process.pid) - cpuBefore;
  assert(usedMs < 1000, `The server took ${usedMs} ms of the processor in 2 s`);
  for (const guest of guests) guest.destroy();
  guests.length = 0;
  await eventually(enter, "a guest to come in");
  for (const guest of guests) guest.destroy();
  await ada.send("lobby", "served all the time");
  ada.destroy();
  process.kill("SIGTERM");
  const { code, stdout } = await process.exit();
  assertEquals(code, 0);
  assertEquals(eventsOf(stdout), [
    "listening",
    "cannot_accept",
    "accepting_again",
    "stopping",
    "stopped",
  ]);
});

/** Sends a text in fragments that never end, until it can't. Returns whether it was stopped. */
async function sendWithoutEnd(client: RawClient): Promise<boolean> {
  const MIB = 2 ** 20;
  const more = frame(Opcode.CONTINUATION, new Uint8Array(MIB).fill(0x78), { final: false });
  try {
    await client.write(frame(Opcode.TEXT, "x", { final: false }));
    for (let sent = 0; sent < 600 * MIB; sent += MIB) await client.write(more);
    return false;
  } catch {
    return true;
  }
}

Deno.test("main cuts connections when a client sends fragments without end, and no message is lost", async () => {
  const MAX_MB = 250;
  const KEY = "the secret key of Ada";
  const environment = { ...UNLIMITED, CHAT_MAX_MEMORY_MB: `${MAX_MB}` };
  await using process = await ServerProcess.start({ environment });
  const port = await process.port();
  using ada = await RawClient.open(port);
  await ada.hello("Ada", KEY);
  const { head } = await ada.join("lobby");
  const said = ["one", "two", "three"];
  for (const text of said) await ada.send("lobby", text);
  using eve = await RawClient.open(port);
  assert(await within(sendWithoutEnd(eve), "the fragments to be stopped"), "600 MiB were taken");
  await ada.next("bye");
  ada.destroy();

  using back = await eventually(() => RawClient.open(port), "the server to listen again");
  await back.hello("Ada", KEY);
  const { complete, follow, messages } = await back.join("lobby", head);
  assertEquals({ complete, follow, texts: messages.map(({ text }) => text) }, {
    complete: true,
    follow: 0,
    texts: said,
  });
  await eventually(async () => {
    const metrics = await scrape(port);
    assertEquals(metrics.get("parley_sockets"), 1);
    assert(metrics.get("process_resident_memory_bytes") < MAX_MB * 2 ** 20);
  }, "the memory to be free again");

  process.kill("SIGTERM");
  await back.next("bye");
  assertEquals((await back.closed()).code, 1001);
  back.destroy();
  const { code, stdout } = await process.exit();
  assertEquals(code, 0);
  const events = eventsOf(stdout);
  assertEquals(events.filter((event) => event === "connections_cut").length, 1);
  assertEquals([events[0], ...events.slice(-2)], ["listening", "stopping", "stopped"]);
});

/** Ways in which a log can't be written. */
const LOST_LOGS: Readonly<Record<string, ProcessOptions>> = {
  "goes to a full disk": { script: 'exec "$@" >/dev/full' },
  "goes to a pipe that is closed": { reader: "closes" },
  // A pipe holds 65,536 bytes.
  "goes to a pipe that nobody reads": {
    script: 'head -c 65000 /dev/zero; exec "$@"',
    reader: "stalls",
  },
};

for (const [what, options] of Object.entries(LOST_LOGS)) {
  Deno.test(`main goes on, and stops, while its log ${what}`, async () => {
    const port = freePort();
    const environment = { ...UNLIMITED, PORT: `${port}` };
    await using process = await ServerProcess.start({ environment, ...options });
    await eventually(() => health(port), "the server to listen");
    using ada = await RawClient.open(port);
    await ada.hello("Ada");
    await ada.join("lobby");
    // Each is a line of the log.
    for (let i = 0; i < 20; i++) await request(port, "GET", "/ws");
    await ada.send("lobby", "still served");
    process.kill("SIGTERM");
    assertEquals((await ada.closed()).code, 1001);
    ada.destroy();
    assertEquals((await process.exit()).code, 0);
  });
}
