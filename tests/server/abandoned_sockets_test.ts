/**
 * Sockets of peers that go during the handshake.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { RawClient } from "../support/clients.ts";
import { CAN_RESET, RawSocket, upgradeRequest } from "../support/raw_socket.ts";
import { scrape } from "../support/scrape.ts";
import { ANY_PORT, ServerProcess } from "../support/server_process.ts";
import { within } from "../support/deadline.ts";
import { frame, Opcode } from "../support/frames.ts";
import { handshake, HOST, TcpConnection } from "../support/tcp_connection.ts";

/** Connections that an address may have by default. */
const MAX_CONNECTIONS = 100;

/** More than that, and more than were ever seen to be missed. */
const MANY = 150;

/** The resources that a server holds. */
interface Holdings {
  readonly sockets: number;
  /** Sockets that the runtime never frees. */
  readonly abandoned: number;
  readonly descriptors: number;
}

/** A server in a process of its own, and the resources that it held at first. */
class Subject implements AsyncDisposable {
  readonly port: number;
  readonly #server: ServerProcess;
  readonly #before: Holdings;

  private constructor(server: ServerProcess, port: number, before: Holdings) {
    this.#server = server;
    this.port = port;
    this.#before = before;
  }

  static async start(): Promise<Subject> {
    const server = await ServerProcess.start({ environment: ANY_PORT });
    const port = await server.port();
    // The runtime opens a few files for its first client, and keeps them open.
    await visit(port);
    return new Subject(server, port, await holdings(port, server.pid));
  }

  /** Lets the server do nothing until what this returns is disposed of. */
  pause(): Disposable {
    this.#server.kill("SIGSTOP");
    return { [Symbol.dispose]: () => this.#server.kill("SIGCONT") };
  }

  /** Waits until only abandoned sockets hold descriptors. Returns how many there are. */
  async recovers(): Promise<number> {
    let isOver = false;
    let now: Holdings | undefined;
    const poll = async (): Promise<number> => {
      while (!isOver) {
        const { sockets, abandoned, descriptors } = now = await holdings(
          this.port,
          this.#server.pid,
        );
        if (sockets === 0 && descriptors <= this.#before.descriptors + abandoned) return abandoned;
        await delay(20);
      }
      return NaN;
    };
    try {
      return await within(poll(), "sockets and descriptors to be free");
    } catch (cause) {
      throw new Error(`${Deno.inspect(this.#before)} became ${Deno.inspect(now)}`, { cause });
    } finally {
      isOver = true;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

async function holdings(port: number, pid: number): Promise<Holdings> {
  const figures = await scrape(port);
  return {
    sockets: figures.get("parley_sockets"),
    abandoned: figures.get("parley_ghost_sockets"),
    descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
  };
}

/** Connects as soon as the address may, says hello, and closes. */
async function visit(port: number): Promise<void> {
  let isOver = false;
  const enter = async (): Promise<RawClient> => {
    while (true) {
      try {
        return await RawClient.open(port);
      } catch (error) {
        if (isOver) throw error;
        await delay(20);
      }
    }
  };
  using client = await within(enter(), "a free connection").finally(() => isOver = true);
  await client.hello("Ada");
}

/** Opens a connection that carries no request yet. */
async function connect(port: number): Promise<RawSocket> {
  const socket = new RawSocket(port);
  await within(socket.connected, "a connection");
  return socket;
}

/** Opens a connection that has carried a request and is kept alive. */
async function connectAndAsk(port: number): Promise<RawSocket> {
  const socket = await connect(port);
  const answered = new Promise<void>((resolve) => socket.onRead = () => resolve());
  socket.write(`GET /healthz HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await within(answered, "an answer");
  return socket;
}

/** Opens `count` connections, one after the other. */
async function connectAll(
  count: number,
  connect: () => Promise<RawSocket>,
): Promise<readonly RawSocket[]> {
  const all: RawSocket[] = [];
  for (let i = 0; i < count; i++) all.push(await connect());
  return all;
}

/** A test that looks at another process, on Linux. */
function testProcess(
  name: string,
  { resets = false }: { readonly resets?: boolean },
  fn: (subject: Subject) => Promise<void>,
): void {
  const ignore = Deno.build.os !== "linux" || (resets && !CAN_RESET);
  Deno.test({
    name,
    ignore,
    async fn() {
      await using subject = await Subject.start();
      await fn(subject);
    },
  });
}

testProcess(
  "/ws frees everything of upgrades that are reset at once",
  { resets: true },
  async (subject) => {
    for (let i = 0; i < MANY; i++) {
      const client = await connect(subject.port);
      client.write(upgradeRequest());
      client.reset();
    }
    await visit(subject.port);
    await subject.recovers();
  },
);

const WHILE_STOPPED: readonly [string, (port: number) => Promise<RawSocket>][] = [
  ["on new connections", connect],
  ["on connections that were used before", connectAndAsk],
];

for (const [where, connect] of WHILE_STOPPED) {
  testProcess(
    `/ws keeps nothing of upgrades that are reset ${where} while the server is busy`,
    { resets: true },
    async (subject) => {
      const clients = await connectAll(MANY, () => connect(subject.port));
      {
        using _ = subject.pause();
        for (const client of clients) client.write(upgradeRequest());
        for (const client of clients) client.reset();
        // Writing takes a turn of the event loop.
        await delay(0);
      }
      await visit(subject.port);
      await subject.recovers();
    },
  );
}

testProcess(
  "/ws frees the connection of an upgrade that is reset at any moment",
  { resets: true },
  async (subject) => {
    // Never so many that the budget of abandoned sockets is spent.
    const ROUNDS = 18;
    const EACH = 5;
    for (let round = 0; round < ROUNDS; round++) {
      const clients = await connectAll(EACH, () => connectAndAsk(subject.port));
      {
        using _ = subject.pause();
        for (const client of clients) client.write(upgradeRequest());
      }
      for (const client of clients) {
        const moment = performance.now() + round * 0.05;
        while (performance.now() < moment);
        client.reset();
      }
    }
    await visit(subject.port);
    const abandoned = await subject.recovers();
    assert(abandoned <= ROUNDS * EACH, `${abandoned} abandoned sockets`);
  },
);

testProcess("/ws upgrades 100 requests of an address in one turn", {}, async (subject) => {
  await using wires = new AsyncDisposableStack();
  const all = Array.from(
    { length: MANY },
    async () => wires.use(await TcpConnection.connect(subject.port)),
  );
  const clients = await Promise.all(all);
  const paused = subject.pause();
  const answers = clients.map((client) => client.request("GET", "/ws", handshake()));
  // Writing takes a turn of the event loop.
  await delay(0);
  paused[Symbol.dispose]();
  const statuses = (await within(Promise.all(answers), "answers")).map(({ status }) => status);
  assertEquals(statuses.filter((status) => status === 101).length, MAX_CONNECTIONS);
  assertEquals(statuses.filter((status) => status === 429).length, MANY - MAX_CONNECTIONS);
  for (const client of clients) client[Symbol.dispose]();
  assertEquals(await subject.recovers(), 0);
});

testProcess("/ws frees everything of a peer that goes before hello", {}, async (subject) => {
  for (let i = 0; i < 20; i++) {
    using client = await RawClient.open(subject.port);
    client.destroy();
  }
  assertEquals(await subject.recovers(), 0);
});

testProcess(
  "/ws ends every connection that is half-closed after the request",
  {},
  async (subject) => {
    // One in a hundred was kept when the server waited for turns of the event loop.
    const HALF_CLOSED = 500;
    for (let i = 0; i < HALF_CLOSED; i++) {
      using client = await TcpConnection.connect(subject.port);
      const answer = client.request("GET", "/ws", handshake()).catch(() => {});
      await client.closeWrite();
      await within(answer, "an answer, or the end");
      while (await within(client.some(), "the end") !== undefined);
    }
    assertEquals(await subject.recovers(), 0);
  },
);

testProcess("/ws handles commands that come with the upgrade", {}, async (subject) => {
  using client = await TcpConnection.connect(subject.port);
  const commands = [{ type: "hello", name: "Ada" }, { type: "join", room: "lobby" }];
  const frames = commands.map((command) => frame(Opcode.TEXT, JSON.stringify(command)));
  const behind = await new Blob(frames).bytes();
  const upgraded = client.request("GET", "/ws", handshake(), behind);
  assertEquals((await within(upgraded, "an upgrade")).status, 101);
  let heard = "";
  while (!heard.includes('"joined"')) {
    const bytes = await within(client.some(), "an answer");
    assert(bytes !== undefined, `Only ${heard} came`);
    heard += new TextDecoder().decode(bytes);
  }
});
