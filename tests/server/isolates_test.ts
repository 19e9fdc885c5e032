/**
 * Whole servers in several isolates, which share the broker of one of them.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { assert, assertEquals } from "@std/assert";
import { MemoryBroker, parseConfig, ServedBroker } from "../../chat/mod.ts";
import { memoryBounds } from "../../chat/broker/memory.ts";
import { stdFlags } from "../broker/sqlite_folder.ts";
import { Client } from "../support/clients.ts";
import { within } from "../support/deadline.ts";
import { RealServer } from "../support/real_server.ts";
import { UNLIMITED } from "../support/server_process.ts";
import { Isolate } from "./isolate.ts";

const ENVIRONMENT = { ...UNLIMITED, CHAT_DATA: "none", CHAT_HISTORY_SIZE: "5000" };

const BOT = { id: "botbotbotbotbotb", name: "Bot" };

async function member(port: number, name: string): Promise<Client> {
  const client = await Client.open(port);
  await client.hello(name);
  await client.join("lobby");
  return client;
}

/** The ids of the messages that a client was told, in their order, when the last of all has come. */
async function idsTold(client: Client, count: number): Promise<string[]> {
  const messages = () => client.events.filter((event) => event.type === "message");
  while (messages().length < count) await client.next("message");
  return messages().map(({ id }) => id);
}

Deno.test("servers of several isolates give everybody everything in one order, also one that is busy", async () => {
  const channel = crypto.randomUUID();
  const bounds = { ...memoryBounds(parseConfig(ENVIRONMENT)), now: Date.now };
  const broker = new ServedBroker(new MemoryBroker(bounds), [new BroadcastChannel(channel)]);
  await using server = await RealServer.start(ENVIRONMENT, { broker });
  using quick = new Isolate();
  using busy = new Isolate();
  const ports = [
    server.port,
    await quick.start(channel, ENVIRONMENT),
    await busy.start(channel, ENVIRONMENT),
  ];
  const names = ports.flatMap((port) => [[port, "Ada"], [port, "Bob"]] as const);
  const clients = await Promise.all(names.map(([port, name], i) => member(port, `${name} ${i}`)));
  try {
    const acks = clients.map(async (client) => {
      const acked: string[] = [];
      for (let i = 0; i < 50; i++) acked.push((await client.send("lobby", `${i}`)).id);
      return acked;
    });
    busy.block(300);
    // More posts than the channel holds for one that does not read.
    for (let i = 0; i < 700; i++) {
      const receipt = await server.chat.broadcast(
        "lobby",
        BOT,
        "hi",
        `${i}`,
      );
      assert("id" in receipt);
      await new Promise((resolve) => setImmediate(resolve));
      if (i % 350 === 100) busy.block(300);
    }
    const acked = (await Promise.all(acks)).flat();
    const total = acked.length + 700;
    const [expected = [], ...others] = await Promise.all(
      clients.map((client) => idsTold(client, total)),
    );
    assertEquals([expected.length, new Set(expected).size], [total, total]);
    assertEquals(expected, expected.toSorted());
    for (const ids of others) assertEquals(ids, expected);
    const told = new Set(expected);
    assert(acked.every((id) => told.has(id)));
    for (const { events } of clients) assert(events.every(({ type }) => type !== "gap"));
  } finally {
    for (const client of clients) client.abandon();
  }
});

/** The programs in the section of docs/deployment.md on several instances. */
function programs(): string[] {
  const text = Deno.readTextFileSync(new URL("../../docs/deployment.md", import.meta.url));
  const section = text.slice(text.indexOf("### Several instances"));
  return [...section.matchAll(/^```ts\n(.*?)^```/gms)].map(([, program = ""]) => program);
}

Deno.test("the programs of docs/deployment.md share a broker", async () => {
  const [first = "", other = ""] = programs();
  const folder = await Deno.makeTempDir();
  const root = new URL("../../", import.meta.url).pathname;
  for (const name of ["chat", "static", "deno.json"]) {
    await Deno.symlink(`${root}${name}`, `${folder}/${name}`);
  }
  await Deno.writeTextFile(`${folder}/first.ts`, first);
  await Deno.writeTextFile(`${folder}/other.ts`, other);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--unstable-net", ...await stdFlags(), "--allow-all", "first.ts"],
    cwd: folder,
    env: { PORT: "0", HOST: "127.0.0.1", CHAT_DATA: "none", NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const clients: Client[] = [];
  try {
    const ports = await within(portsIn(child.stderr), "two ports");
    for (const port of ports) clients.push(await member(port, `At ${port}`));
    const ids = await Promise.all(
      clients.map(async (client) => (await client.send("lobby", "hi")).id),
    );
    for (const client of clients) assertEquals(await idsTold(client, 2), ids.toSorted());
  } finally {
    for (const client of clients) client.abandon();
    child.kill("SIGKILL");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
});

/** The first two ports on which a program says that it listens. */
async function portsIn(output: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<number[]> {
  let text = "";
  const reader = output.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const ports = [...text.matchAll(/0\.1:(\d+)\//g)].map(([, port]) => Number(port));
    if (ports.length === 2) {
      await reader.cancel();
      return ports;
    }
    const { value, done } = await reader.read();
    if (done) throw new Error(`The program ended with ${text}`);
    text += value;
  }
}
