import { assertEquals, assertRejects } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { type Link, TcpProxy } from "./tcp_proxy.ts";
import { within } from "./deadline.ts";
import { HOST } from "./tcp_connection.ts";

/** A client and a server, connected through the proxy. */
class Pair implements AsyncDisposable {
  readonly link: Link;
  readonly proxy: TcpProxy;
  readonly client: Deno.TcpConn;
  readonly server: Deno.TcpConn;

  private constructor(proxy: TcpProxy, link: Link, client: Deno.TcpConn, server: Deno.TcpConn) {
    this.proxy = proxy;
    this.link = link;
    this.client = client;
    this.server = server;
  }

  static async connect(): Promise<Pair> {
    using listener = Deno.listen({ hostname: HOST, port: 0 });
    const proxy = await TcpProxy.listen(listener.addr.port);
    const client = await Deno.connect({ hostname: HOST, port: proxy.port });
    const server = await within(listener.accept(), "a connection");
    const [link] = proxy.links;
    if (link === undefined) throw new Error("The proxy has no connection");
    return new Pair(proxy, link, client, server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    this.server.close();
    await this.proxy[Symbol.asyncDispose]();
  }
}

/** Reads once. */
async function read(conn: Deno.TcpConn): Promise<string | null> {
  const bytes = new Uint8Array(1000);
  const count = await within(conn.read(bytes), "bytes");
  return count === null ? null : new TextDecoder().decode(bytes.subarray(0, count));
}

const write = (conn: Deno.TcpConn, text: string) => conn.write(new TextEncoder().encode(text));

Deno.test("TcpProxy carries bytes in both directions, and the end of one", async () => {
  await using pair = await Pair.connect();
  await write(pair.client, "up");
  assertEquals(await read(pair.server), "up");
  await write(pair.server, "down");
  assertEquals(await read(pair.client), "down");
  await pair.client.closeWrite();
  assertEquals(await read(pair.server), null);
  await write(pair.server, "after the end of the other");
  assertEquals(await read(pair.client), "after the end of the other");
});

Deno.test("Lane keeps the order of bytes that it splits and delays", async () => {
  await using pair = await Pair.connect();
  Object.assign(pair.link.up, { maxPieceBytes: 1, delayMs: 1 });
  await write(pair.client, "abc");
  await write(pair.client, "def");
  let text = "";
  while (text.length < 6) text += await read(pair.server);
  assertEquals(text, "abcdef");
});

Deno.test("Lane.stall() stops one direction, and Lane.resume() continues without loss", async () => {
  await using pair = await Pair.connect();
  pair.link.up.stall();
  await write(pair.client, "held");
  const held = read(pair.server);
  await write(pair.server, "goes on");
  const first = await Promise.race([held, read(pair.client)]);
  assertEquals(first, "goes on");
  pair.link.up.resume();
  assertEquals(await held, "held");
});

Deno.test("Link.cut() with FIN ends the connection on both sides", async () => {
  await using pair = await Pair.connect();
  pair.link.cut("fin");
  assertEquals(await read(pair.client), null);
  assertEquals(await read(pair.server), null);
});

Deno.test("Link.cut() with RST resets both sides, even while a direction is stalled", async () => {
  await using pair = await Pair.connect();
  pair.link.down.stall();
  await write(pair.server, "never arrives");
  pair.link.cut("rst");
  await assertRejects(() => read(pair.client), Deno.errors.ConnectionReset);
  await assertRejects(() => read(pair.server), Deno.errors.ConnectionReset);
  await within(pair.link.closed, "the link to be closed");
});

Deno.test("TcpProxy.partition() holds old and new connections, and heal() continues both", async () => {
  await using pair = await Pair.connect();
  pair.proxy.partition();
  using later = await Deno.connect({ hostname: HOST, port: pair.proxy.port });
  await write(pair.client, "old");
  await write(later, "new");
  const held = read(pair.server);
  // Time enough for what is carried.
  const first = await Promise.race([held, delay(50)]);
  assertEquals(first, undefined);
  assertEquals(pair.proxy.links.size, 2);
  pair.proxy.heal();
  assertEquals(await held, "old");
});
