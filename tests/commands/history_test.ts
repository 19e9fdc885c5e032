import { assertEquals } from "@std/assert";
import { type FakeClient, FakeHub, ofType, only, textsOf, UNLIMITED } from "../support/fake_hub.ts";

const NEVER_YET = "7" + "Z".repeat(25);

/** Says the numbers from 0, each as long as a text may be, and longer when it is encoded. */
function sayLongThings(client: FakeClient, count: number): void {
  for (const i of upTo(count)) client.say(`${i} `.padEnd(4000, '"'));
}

function numbersOf(messages: readonly { readonly text: string }[]): number[] {
  return messages.map(({ text }) => parseInt(text));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** A room of the messages "0" to "9", and one who may ask for them. */
async function roomOfTen(): Promise<
  { readonly ids: string[]; ask(bounds: object): Promise<[string[], boolean]> }
> {
  const fake = new FakeHub();
  const ada = await fake.member("Ada");
  for (let i = 0; i < 10; i++) ada.say(String(i));
  return {
    ids: ofType(await ada.read(), "ack").map(({ id }) => id),
    async ask(bounds) {
      const event = only(await ada.ask({ type: "history", room: "lobby", ...bounds }), "history");
      return [textsOf(event.messages), "after" in bounds ? event.moreAfter : event.more];
    },
  };
}

Deno.test("history() without a bound gives the newest", async () => {
  assertEquals(await (await roomOfTen()).ask({ limit: 2 }), [["8", "9"], true]);
});

Deno.test("history() of all there is says that there is no more", async () => {
  assertEquals((await (await roomOfTen()).ask({ limit: 10 }))[1], false);
});

Deno.test("history() with before gives the newest of the older, without the bound", async () => {
  const { ids, ask } = await roomOfTen();
  assertEquals(await ask({ before: ids[3], limit: 2 }), [["1", "2"], true]);
  assertEquals(await ask({ before: ids[3], limit: 3 }), [["0", "1", "2"], false]);
});

Deno.test("history() with after gives the oldest of the newer, without the bound", async () => {
  const { ids, ask } = await roomOfTen();
  assertEquals(await ask({ after: ids[6], limit: 2 }), [["7", "8"], true]);
  assertEquals(await ask({ after: ids[6], limit: 3 }), [["7", "8", "9"], false]);
});

Deno.test("history() uses a bound that is no message of the room as a position", async () => {
  assertEquals(await (await roomOfTen()).ask({ before: NEVER_YET, limit: 1 }), [["9"], true]);
});

Deno.test("history() is answered also when there is nothing", async () => {
  const { ids, ask } = await roomOfTen();
  assertEquals(await ask({ before: ids[0] }), [[], false]);
  assertEquals(await ask({ after: ids[9] }), [[], false]);
});

Deno.test("history() gives 50 when no limit is asked for", async () => {
  const fake = new FakeHub({ messageRate: UNLIMITED });
  const ada = await fake.member("Ada");
  for (let i = 0; i < 51; i++) ada.say("hi");
  await ada.read();
  const { messages } = only(await ada.ask({ type: "history", room: "lobby" }), "history");
  assertEquals(messages.length, 50);
});

Deno.test("history() of long messages gives fewer, and says that there are more", async () => {
  const fake = new FakeHub({ messageRate: UNLIMITED, commandRate: UNLIMITED });
  const ada = await fake.member("Ada");
  sayLongThings(ada, 50);
  await ada.read();
  const newest = only(await ada.ask({ type: "history", room: "lobby", limit: 200 }), "history");
  const before = newest.messages[0]?.id;
  const older = only(
    await ada.ask({ type: "history", room: "lobby", limit: 200, before }),
    "history",
  );
  assertEquals([newest.more, older.more], [true, false]);
  assertEquals(numbersOf([...older.messages, ...newest.messages]), upTo(50));
});
