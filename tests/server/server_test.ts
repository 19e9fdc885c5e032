import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { ServerEvent } from "../../chat/protocol/types.ts";
import { type Client, RawClient } from "../support/clients.ts";
import { RealServer } from "../support/real_server.ts";

const ADA_KEY = "the secret key of Ada";

/** The texts of the messages that came since the client joined. */
function textsOf(events: readonly ServerEvent[]): string[] {
  return events.filter((event) => event.type === "message").map(({ text }) => text);
}

/** Sends messages one after another. Returns their ids. */
async function say(client: Client | RawClient, room: string, texts: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const text of texts) ids.push((await client.send(room, text)).id);
  return ids;
}

Deno.test("server delivers the messages of two clients to both, in one order", async () => {
  await using server = await RealServer.start();
  await using ada = await server.user("Ada");
  await using bob = await server.user("Bob");
  await ada.join("lobby");
  await bob.join("lobby");
  await Promise.all([
    say(ada, "lobby", ["a1", "a2", "a3"]),
    say(bob, "lobby", ["b1", "b2", "b3"]),
  ]);
  const last = await ada.send("lobby", "end");
  for (const client of [ada, bob]) await client.next("message", ({ id }) => id === last.id);
  assertEquals(ada.events.filter(isMessage), bob.events.filter(isMessage));
  assertEquals(textsOf(ada.events).toSorted(), ["a1", "a2", "a3", "b1", "b2", "b3", "end"]);
});

Deno.test("server acknowledges a message with the id and time that all others get", async () => {
  await using server = await RealServer.start();
  using ada = await RawClient.open(server.port);
  const { you } = await ada.hello("Ada", ADA_KEY);
  await using bob = await server.user("Bob");
  await ada.join("lobby");
  await bob.join("lobby");
  const { id, time, duplicate } = await ada.send("lobby", "héllo\n🙂");
  assertEquals(duplicate, false);
  const expected = { type: "message", room: "lobby", id, time, user: you, text: "héllo\n🙂" };
  assertEquals(await bob.next("message") as unknown, expected);
  assertEquals(await ada.next("message") as unknown, expected);
});

Deno.test("server sends a newcomer the earlier messages", async () => {
  await using server = await RealServer.start();
  await using ada = await server.user("Ada");
  await ada.join("lobby");
  const ids = await say(ada, "lobby", ["one", "two"]);
  await using bob = await server.user("Bob");
  const joined = await bob.join("lobby");
  assertEquals(joined.messages.map(({ id }) => id), ids);
  assertEquals(joined.head, ids.at(-1));
  assertEquals(joined.count, 2);
  assert(joined.complete && !joined.more && joined.follow === 0);
});

Deno.test("server sends a client that reconnects exactly what it missed", async () => {
  await using server = await RealServer.start();
  await using ada = await server.user("Ada");
  await ada.join("lobby");
  let position: string;
  {
    using bob = await server.rawUser("Bob", "the secret key of Bob");
    await bob.join("lobby");
    const [first] = await say(ada, "lobby", ["seen"]);
    position = (await bob.next("message", ({ id }) => id === first)).id;
  }
  const missed = await say(ada, "lobby", ["missed 1", "missed 2"]);
  await using bob = await server.user("Bob", "the secret key of Bob");
  const joined = await bob.join("lobby", position);
  const later = await ada.send("lobby", "later");
  assertEquals(joined.complete, true);
  assertEquals(joined.messages.map(({ id }) => id), missed);
  assertEquals((await bob.next("message")).id, later.id);
});

Deno.test("server sends a client that reconnects everything it missed, however much", async () => {
  const unlimited = { CHAT_MESSAGE_BURST: "0", CHAT_COMMANDS_PER_SECOND: "0" };
  await using server = await RealServer.start(unlimited);
  await using ada = await server.user("Ada");
  const { head } = await ada.join("lobby");
  const text = "x".repeat(3000);
  for (let i = 0; i < 500; i++) {
    await ada.tell({ type: "send", room: "lobby", text, ref: `${i}` });
    // She reads, too: the server closes on clients that don't.
    if (i % 50 === 49) await ada.next("ack", ({ ref }) => ref === `${i}`);
  }
  await using bob = await server.user("Bob");
  const joined = await bob.join("lobby", head);
  const ids = joined.messages.map(({ id }) => id);
  for (let i = 0; i < joined.follow; i++) ids.push((await bob.next("message")).id);
  assertEquals(joined.complete, true);
  assertEquals(ids, ada.events.filter(isMessage).map(({ id }) => id));
});

Deno.test("server sends complete: false if it can't vouch for the time since", async () => {
  await using server = await RealServer.start({ CHAT_HISTORY_SIZE: "3" });
  await using ada = await server.user("Ada");
  const { head } = await ada.join("lobby");
  const ids = await say(ada, "lobby", ["1", "2", "3", "4", "5"]);
  await using bob = await server.user("Bob");
  const joined = await bob.join("lobby", head);
  assertEquals(joined.complete, false);
  assertEquals(joined.messages.map(({ id }) => id), ids.slice(2));
  const complete = await bob.join("lobby", ids[1]);
  assertEquals(complete.complete, true);
  assertEquals(complete.messages.map(({ id }) => id), ids.slice(2));
});

Deno.test("server sends complete: false for positions from before its start", async () => {
  let head: string;
  {
    await using before = await RealServer.start();
    await using ada = await before.user("Ada");
    await ada.join("lobby");
    head = (await ada.send("lobby", "lost with the server")).id;
  }
  await using server = await RealServer.start();
  await using ada = await server.user("Ada");
  assertEquals((await ada.join("lobby", head)).complete, false);
});

Deno.test("server makes one message of a send that is repeated on a new connection", async () => {
  await using server = await RealServer.start();
  await using bob = await server.user("Bob");
  const { head } = await bob.join("lobby");
  {
    using ada = await server.rawUser("Ada", ADA_KEY);
    await ada.join("lobby");
    await ada.tell({ type: "send", room: "lobby", text: "once", ref: "r1" });
    // Cut before Ada has seen the ack.
    await bob.next("message", ({ text }) => text === "once");
  }
  await using ada = await server.user("Ada", ADA_KEY);
  await ada.join("lobby", head);
  const again = await ada.send("lobby", "once", "r1");
  assertEquals(again.duplicate, true);
  const { id } = await ada.send("lobby", "after", "r2");
  await bob.next("message", (message) => message.id === id);
  assertEquals(textsOf(bob.events), ["once", "after"]);
  assertEquals(bob.events.find(isMessage)?.id, again.id);
});

Deno.test("server treats the same ref of another user as another message", async () => {
  await using server = await RealServer.start();
  await using ada = await server.user("Ada");
  await using bob = await server.user("Bob");
  await ada.join("lobby");
  await bob.join("lobby");
  const first = await ada.send("lobby", "mine", "r1");
  const second = await bob.send("lobby", "mine too", "r1");
  assertEquals(second.duplicate, false);
  assertNotEquals(second.id, first.id);
});

Deno.test("server sends older messages page by page", async () => {
  await using server = await RealServer.start({ CHAT_JOIN_HISTORY: "2", CHAT_MESSAGE_BURST: "0" });
  await using ada = await server.user("Ada");
  await ada.join("lobby");
  const ids = await say(ada, "lobby", Array.from({ length: 7 }, (_, i) => `${i}`));
  await using bob = await server.user("Bob");
  const joined = await bob.join("lobby");
  assertEquals(joined.more, true);
  const seen = joined.messages.map(({ id }) => id);
  for (let more: boolean = joined.more; more;) {
    const page = await bob.ask("history", {
      type: "history",
      room: "lobby",
      before: seen[0],
      limit: 2,
    });
    seen.unshift(...page.messages.map(({ id }) => id));
    more = page.more;
  }
  assertEquals(seen, ids);
});

Deno.test("server separates rooms, and delivers both to a client in both", async () => {
  await using server = await RealServer.start();
  await using ada = await server.user("Ada");
  await using bob = await server.user("Bob");
  await ada.join("one");
  await ada.join("two");
  await bob.join("TWO");
  await ada.send("one", "in one");
  await ada.send("two", "in two");
  await bob.next("message", ({ text }) => text === "in two");
  await ada.next("message", ({ text }) => text === "in two");
  assertEquals(textsOf(bob.events), ["in two"]);
  assertEquals(textsOf(ada.events), ["in one", "in two"]);
  await ada.ask("left", { type: "leave", room: "two" });
  await bob.send("two", "without Ada");
  await ada.ask("pong", { type: "ping" });
  assertEquals(textsOf(ada.events), ["in one", "in two"]);
});

Deno.test("server counts a user with two connections as one member", async () => {
  await using server = await RealServer.start({ CHAT_LEAVE_GRACE_MS: "0" });
  await using bob = await server.user("Bob");
  await bob.join("lobby");
  await using ada = await server.user("Ada", ADA_KEY);
  await ada.join("lobby");
  await bob.next("presence", ({ count }) => count === 2);
  {
    using second = await server.rawUser("Ada", ADA_KEY);
    assertEquals((await second.join("lobby")).count, 2);
    const { id } = await bob.send("lobby", "to both");
    for (const each of [ada, second]) await each.next("message", (message) => message.id === id);
  }
  await server.connectionsLeft(2);
  const { count } = await bob.join("lobby");
  assertEquals(count, 2);
});

Deno.test("server does not announce that a user left who returns within the grace period", async () => {
  await using server = await RealServer.start({ CHAT_LEAVE_GRACE_MS: "60000" });
  await using bob = await server.user("Bob");
  await bob.join("lobby");
  {
    using ada = await server.rawUser("Ada", ADA_KEY);
    await ada.join("lobby");
    await bob.next("presence");
  }
  await server.connectionsLeft(1);
  await using ada = await server.user("Ada", ADA_KEY);
  assertEquals((await ada.join("lobby")).count, 2);
  // The next presence is of something else.
  await ada.ask("renamed", { type: "rename", name: "Ada L" });
  const { joined, left, renamed } = await bob.next("presence");
  assertEquals({ joined, left }, { joined: undefined, left: undefined });
  assertEquals(renamed?.map(({ name }) => name), ["Ada L"]);
});

Deno.test("server announces that a user left after the grace period, and frees the name", async () => {
  await using server = await RealServer.start({ CHAT_LEAVE_GRACE_MS: "200" });
  await using bob = await server.user("Bob");
  await bob.join("lobby");
  {
    using ada = await server.rawUser("Ada", ADA_KEY);
    await ada.join("lobby");
    await bob.next("presence");
  }
  const { left, count } = await bob.next("presence");
  assertEquals({ left: left?.length, count }, { left: 1, count: 1 });
  await using other = await server.user("Ada");
  await other.join("lobby");
});

Deno.test("server limits the messages of a user, and says when to retry", async () => {
  await using server = await RealServer.start({ CHAT_MESSAGES_PER_SECOND: "1" });
  await using ada = await server.user("Ada", ADA_KEY);
  await ada.join("lobby");
  const sends = Array.from(
    { length: 30 },
    (_, i) => ({ type: "send", room: "lobby", text: "hi", ref: `${i}` }) as const,
  );
  await ada.tell(...sends);
  const { retryMs } = await ada.next("error", ({ code }) => code === "rate_limited");
  assert(retryMs !== undefined && retryMs > 0 && retryMs <= 1000, `retryMs: ${retryMs}`);
  // A message that was sent already costs nothing.
  await ada.next("ack", ({ ref }) => ref === "0");
  assertEquals((await ada.send("lobby", "hi", "0")).duplicate, true);
});

Deno.test("server sends bye and closes with 1001 when it drains", async () => {
  await using server = await RealServer.start();
  await using ada = await server.user("Ada");
  await using bob = await server.user("Bob");
  const drained = server.chat.drain();
  for (const client of [ada, bob]) {
    const { retryMs } = await client.next("bye");
    assert(retryMs >= 0, `retryMs: ${retryMs}`);
    assertEquals((await client.closed()).code, 1001);
  }
  await drained;
});

function isMessage(event: ServerEvent): event is Extract<ServerEvent, { type: "message" }> {
  return event.type === "message";
}

Deno.test("a response that can't be sent is no error of the server's", async () => {
  await using server = await RealServer.start();
  const remoteAddr = { transport: "tcp", hostname: "192.0.2.1", port: 1 } as const;
  // Deno 2.5 fails so when a client cuts an export off.
  const completed = Promise.reject(new Error("not sent"));
  const request = new Request("http://localhost/api/rooms/ops/messages");
  const response = await server.chat.handle(request, { remoteAddr, completed });
  await response.body?.cancel();
  await new Promise((resolve) => setTimeout(resolve));
});
