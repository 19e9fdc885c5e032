import { assert, assertEquals } from "@std/assert";
import { MAX_PAGE, ORIGIN } from "../../chat/broker/broker.ts";
import { SqliteBroker } from "../../chat/broker/sqlite.ts";
import { settled } from "../support/fake_hub.ts";
import { RECEIPT_BYTES, testBroker } from "./contract.ts";
import { keep, send } from "./ops.ts";
import { OPTIONS, testSqlite } from "./sqlite_folder.ts";

testBroker("SqliteBroker", () => {
  const folder = Deno.makeTempDirSync();
  const open = () => new SqliteBroker({ ...OPTIONS, folder });
  let broker = open();
  return {
    broker,
    receiptBytes: RECEIPT_BYTES,
    restart: async () => {
      await broker.close();
      return broker = open();
    },
    dispose: async () => {
      await broker.close();
      Deno.removeSync(folder, { recursive: true });
    },
  };
});

testSqlite("page() and after() read no more than an answer holds", async ({ open }) => {
  const { broker } = open();
  const sends = Array.from({ length: 100 }, () => send("漢".repeat(4_000)));
  const ids = (await keep(broker, ...sends)).map(({ id }) => id);
  const found: string[] = [];
  let before: string | undefined;
  for (let more = true; more;) {
    const page = await broker.page("lobby", before === undefined ? {} : { before }, MAX_PAGE);
    assert(page.messages.length < 50, `${page.messages.length} messages`);
    found.unshift(...page.messages.map(({ id }) => id));
    before = found[0];
    more = page.more;
  }
  assertEquals(found, ids);
  const newer: string[] = [];
  let position = ORIGIN;
  for (let more = true; more;) {
    const part = await broker.after("lobby", position, MAX_PAGE);
    newer.push(...part.messages.map(({ id }) => id));
    position = newer.at(-1) ?? position;
    more = part.more;
  }
  assertEquals(newer, ids);
  const middle = ids[50] ?? "";
  const around = await broker.page("lobby", { around: middle }, MAX_PAGE);
  assertEquals([around.more, around.moreAfter], [true, true]);
  const start = ids.indexOf(around.messages[0]?.id ?? "");
  assertEquals(
    around.messages.map(({ id }) => id),
    ids.slice(start, start + around.messages.length),
  );
  assert(around.messages.some(({ id }) => id === middle));
  // The second has few newer ones, the last but one few older ones.
  for (const id of [ids[1] ?? "", ids[98] ?? ""]) {
    const page = await broker.page("lobby", { around: id }, MAX_PAGE);
    const given = page.messages.map((message) => ids.indexOf(message.id));
    assertEquals([page.more, page.moreAfter], [given[0] !== 0, given.at(-1) !== 99]);
  }
});

testSqlite("publish() knows any ref of any user after a restart", async ({ open, reopen }) => {
  const ops = ["\uD800", "\uDC00", "a\0b", "a\0c", "\\ud800", '"'].flatMap((odd) => [
    send("by its ref", { ref: odd }),
    send("by its user", { user: odd }),
  ]);
  const kept = await keep(open().broker, ...ops);
  const { broker } = await reopen();
  assertEquals(
    await broker.publish(ops),
    kept.map((receipt) => ({ as: "known" as const, ...receipt })),
  );
});

testSqlite(
  "after() takes a turn of the event loop each time, of many at once",
  async ({ open }) => {
    const { broker } = open();
    const rooms = Array.from({ length: 20 }, (_, i) => `room${i}`);
    await keep(broker, ...rooms.map((room) => send("hi", { room })));
    let areAllRead = false;
    const all = Promise.all(rooms.map((room) => broker.after(room, ORIGIN, 1)));
    all.then(() => areAllRead = true);
    let turns = 0;
    for (; !areAllRead; turns++) await settled();
    assert(turns >= rooms.length, `${turns} turns`);
    assertEquals((await all).map(({ messages }) => messages.length), rooms.map(() => 1));
  },
);
