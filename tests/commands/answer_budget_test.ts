import { assertEquals } from "@std/assert";
import { type FakeClient, FakeHub, ofType, only, UNLIMITED } from "../support/fake_hub.ts";

const SINCE_EVER = "0".repeat(26);

/** Says the numbers from 0, each as long as a text may be, and longer when it is encoded. */
function sayLongThings(client: FakeClient, count: number): void {
  for (const i of upTo(count)) client.say(`${i} `.padEnd(4000, '"'));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Nothing is limited but addresses. */
const BUSY = { messageRate: UNLIMITED, commandRate: UNLIMITED };

/** After answers of 1 MiB an address' commands wait for the next look at those that wait. */
const PAUSE_MS = 20;

/** Bytes that an address may be given at once, and those that are left of them for these tests. */
const HISTORY_BURST = 100 * 2 ** 18;
const HISTORY_LEFT = 900_000;

/** Asks on and on, when most of the history has been given to the address. */
async function askUntilRefused(
  fake: FakeHub,
  command: Readonly<Record<string, unknown>>,
): Promise<{ readonly client: FakeClient; readonly answers: number; readonly retryMs: number }> {
  const client = await fake.member("Eve");
  const { address } = client.connection;
  const refilled = HISTORY_BURST * PAUSE_MS / 1000;
  address.spendAnswer(HISTORY_BURST - HISTORY_LEFT + refilled, fake.timers.now);
  await fake.pass(PAUSE_MS);
  for (let answers = 0; answers < 1000; answers++) {
    const events = await client.ask({ ...command, ref: "r" });
    if (events.length === 0) await fake.pass(PAUSE_MS);
    const [error] = ofType([...events, ...await client.read()], "error");
    if (error === undefined) continue;
    assertEquals([error.code, error.ref], ["rate_limited", "r"]);
    return { client, answers, retryMs: error.retryMs ?? 0 };
  }
  throw new Error("All was answered");
}

Deno.test("answer() lets an address that was given much just now wait, and no other", async () => {
  const fake = new FakeHub(BUSY);
  sayLongThings(await fake.member("Ada"), 200);
  const [eve, bob] = [await fake.member("Eve"), fake.connect("192.0.2.2")];
  await bob.ask({ type: "hello", name: "Bob" });
  await fake.pass(PAUSE_MS);
  const ask = { type: "history", room: "lobby", limit: 200 };
  // One at a time: the answers of a turn are more than a client has to take at once.
  for (let i = 0; i < 5; i++) assertEquals(ofType(await eve.ask(ask), "history").length, 1);
  eve.send(ask);
  eve.send({ type: "ping" });
  bob.send({ type: "ping" });
  assertEquals([await eve.read(), (await bob.readOf("pong")).length], [[], 1]);
  await fake.pass(PAUSE_MS);
  assertEquals((await eve.read()).map(({ type }) => type), ["history", "pong"]);
});

Deno.test("join() counts the messages that follow, too", async () => {
  const fake = new FakeHub({ ...BUSY, joinHistory: 1 });
  const ada = await fake.client("Ada");
  const { head } = await ada.join("lobby");
  sayLongThings(ada, 500);
  // Five hundred times 8 KB are 4 MB: nearly all that there is.
  const { answers } = await askUntilRefused(fake, { type: "join", room: "lobby", since: head });
  assertEquals(answers, 1);
});

Deno.test("join() and history() let a page rejoin 20 full rooms and read all of them", async () => {
  const fake = new FakeHub({ ...BUSY, connectionsPerAddress: 1 });
  const rooms = upTo(20).map((i) => `room-${i}`);
  const ada = await fake.client("Ada");
  for (const room of rooms) {
    await ada.join(room);
    for (const i of upTo(1000)) ada.say(`${i}`, room);
  }
  ada.drop();
  const page = await fake.client("Ada");
  for (const room of rooms) {
    let before = (await page.join(room)).messages[0]?.id;
    while (before !== undefined) {
      await fake.pass(PAUSE_MS);
      const answer = await page.ask({ type: "history", room, before, limit: 50 });
      before = only(answer, "history").messages[0]?.id;
    }
  }
});

for (
  const [what, command] of [
    ["history", { type: "history", room: "lobby", limit: 200 }],
    ["join", { type: "join", room: "lobby" }],
    ["join with all that follows", { type: "join", room: "lobby", since: SINCE_EVER }],
  ] as const
) {
  Deno.test(`${what} is rate limited by length, with the time to wait`, async () => {
    const fake = new FakeHub(BUSY);
    sayLongThings(await fake.member("Ada"), 200);
    const { client, answers, retryMs } = await askUntilRefused(fake, command);
    // 900 kB were there for answers of 256 KiB, of which Eve's own join was the first.
    assertEquals(answers, 3);
    await fake.pass(retryMs - 1);
    assertEquals((await client.ask(command)).map(({ type }) => type), ["error"]);
    await fake.pass(1);
    assertEquals(ofType(await client.ask(command), "error"), []);
  });
}

Deno.test("history() is rate limited for the address, not the connection", async () => {
  const fake = new FakeHub(BUSY);
  sayLongThings(await fake.member("Ada"), 200);
  const command = { type: "history", room: "lobby", limit: 200 };
  (await askUntilRefused(fake, command)).client.drop();
  assertEquals(
    only(await (await fake.client("Bob")).ask({ type: "join", room: "lobby" }), "error").code,
    "rate_limited",
  );
  const stranger = fake.connect("192.0.2.2");
  await stranger.ask({ type: "hello", name: "Carol" });
  await stranger.join("lobby");
});
