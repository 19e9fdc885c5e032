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
function askUntilRefused(
  fake: FakeHub,
  command: Readonly<Record<string, unknown>>,
): { readonly client: FakeClient; readonly answers: number; readonly retryMs: number } {
  const client = fake.member("Eve");
  const { address } = client.connection;
  const refilled = HISTORY_BURST * PAUSE_MS / 1000;
  address.spendAnswer(HISTORY_BURST - HISTORY_LEFT + refilled, fake.timers.now);
  fake.pass(PAUSE_MS);
  for (let answers = 0; answers < 1000; answers++) {
    const events = client.ask({ ...command, ref: "r" });
    if (events.length === 0) fake.pass(PAUSE_MS);
    const [error] = ofType([...events, ...client.read()], "error");
    if (error === undefined) continue;
    assertEquals([error.code, error.ref], ["rate_limited", "r"]);
    return { client, answers, retryMs: error.retryMs ?? 0 };
  }
  throw new Error("All was answered");
}

Deno.test("answer() lets an address that was given much just now wait, and no other", () => {
  const fake = new FakeHub(BUSY);
  sayLongThings(fake.member("Ada"), 200);
  const [eve, bob] = [fake.member("Eve"), fake.connect("192.0.2.2")];
  bob.ask({ type: "hello", name: "Bob" });
  fake.pass(PAUSE_MS);
  const ask = { type: "history", room: "lobby", limit: 200 };
  // One at a time: the answers of a turn are more than a client has to take at once.
  for (let i = 0; i < 5; i++) assertEquals(ofType(eve.ask(ask), "history").length, 1);
  eve.send(ask);
  eve.send({ type: "ping" });
  bob.send({ type: "ping" });
  assertEquals([eve.read(), bob.readOf("pong").length], [[], 1]);
  fake.pass(PAUSE_MS);
  assertEquals(eve.read().map(({ type }) => type), ["history", "pong"]);
});

Deno.test("join() counts the messages that follow, too", () => {
  const fake = new FakeHub({ ...BUSY, joinHistory: 1 });
  const ada = fake.client("Ada");
  const { head } = ada.join("lobby");
  sayLongThings(ada, 500);
  // Five hundred times 8 KB are 4 MB: nearly all that there is.
  const { answers } = askUntilRefused(fake, { type: "join", room: "lobby", since: head });
  assertEquals(answers, 1);
});

Deno.test("join() and history() let a page rejoin 20 full rooms and read all of them", () => {
  const fake = new FakeHub({ ...BUSY, connectionsPerAddress: 1 });
  const rooms = upTo(20).map((i) => `room-${i}`);
  const ada = fake.client("Ada");
  for (const room of rooms) {
    ada.join(room);
    for (const i of upTo(1000)) ada.say(`${i}`, room);
  }
  ada.drop();
  const page = fake.client("Ada");
  for (const room of rooms) {
    let before = page.join(room).messages[0]?.id;
    while (before !== undefined) {
      fake.pass(PAUSE_MS);
      const answer = page.ask({ type: "history", room, before, limit: 50 });
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
  Deno.test(`${what} is rate limited by length, with the time to wait`, () => {
    const fake = new FakeHub(BUSY);
    sayLongThings(fake.member("Ada"), 200);
    const { client, answers, retryMs } = askUntilRefused(fake, command);
    // 900 kB were there for answers of 256 KiB, of which Eve's own join was the first.
    assertEquals(answers, 3);
    fake.pass(retryMs - 1);
    assertEquals(client.ask(command).map(({ type }) => type), ["error"]);
    fake.pass(1);
    assertEquals(ofType(client.ask(command), "error"), []);
  });
}

Deno.test("history() is rate limited for the address, not the connection", () => {
  const fake = new FakeHub(BUSY);
  sayLongThings(fake.member("Ada"), 200);
  const command = { type: "history", room: "lobby", limit: 200 };
  askUntilRefused(fake, command).client.drop();
  assertEquals(
    only(fake.client("Bob").ask({ type: "join", room: "lobby" }), "error").code,
    "rate_limited",
  );
  const stranger = fake.connect("192.0.2.2");
  stranger.ask({ type: "hello", name: "Carol" });
  stranger.join("lobby");
});
