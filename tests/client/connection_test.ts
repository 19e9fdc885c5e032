import { assert, assertEquals } from "@std/assert";
import {
  backoffMs,
  connecting,
  type Connection,
  dueStep,
  expecting,
  heard,
  IDLE,
  isTerminal,
  lost,
  pinged,
  turnedAway,
  welcomed,
  type Work,
} from "../../static/client/connection.js";

/** Nothing waits for an answer. */
const IDLY: Work = { pending: [], outbox: [] };

const lose = (connection: Connection, code: number, now = 0, random = 1): Connection =>
  lost(connection, { code, now, random });

Deno.test("backoffMs() doubles its bound from 0.5 s to 20 s", () => {
  const bounds = [0, 1, 2, 3, 4, 5, 6, 50].map((attempt) => backoffMs(attempt, 1));
  assertEquals(bounds, [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]);
});

Deno.test("backoffMs() spreads over the whole range below its bound", () => {
  assertEquals([0, 0.25, 0.5].map((random) => backoffMs(2, random)), [0, 500, 1000]);
});

Deno.test("isTerminal() is true of the codes after which the page stops", () => {
  const stop = [1003, 1009, 4500, 4501, 4999];
  const comeBack = [1000, 1001, 1005, 1006, 1011, 1012, 4000, 4001, 4002, 4499, 5000];
  assertEquals(stop.filter(isTerminal), stop);
  assertEquals(comeBack.filter(isTerminal), []);
});

Deno.test("lost() waits longer with every failed try", () => {
  let connection = IDLE;
  const waits = [0, 1, 2].map(() => {
    connection = lose(connecting(connection, 0), 1006);
    return connection.retryAt;
  });
  assertEquals(waits, [500, 1000, 2000]);
});

Deno.test("lost() resets its backoff after a stable connection", () => {
  const tried = { ...IDLE, attempt: 5, goneAt: -60_000 };
  assertEquals(lose(welcomed(tried, 25_000, 0), 1006, 9999).retryAt, 9999 + 16_000);
  assertEquals(lose(welcomed(tried, 25_000, 0), 1006, 10_000).retryAt, 10_000 + 500);
});

/** The times of the tries of a page that lost its connection at 0 and finds no server. */
const triesUntil = (end: number, code: number, random: () => number): number[] => {
  let connection = lose(welcomed(IDLE, 25_000, -60_000), code, 0, random());
  const tries: number[] = [];
  while (connection.retryAt < end) {
    tries.push(connection.retryAt);
    const trying = connecting(connection, connection.retryAt);
    connection = lose(trying, code, connection.retryAt, random());
  }
  return [...tries, connection.retryAt];
};

Deno.test("lost() finds a server that was gone for 10 s within 5 s, and waits 20 s in the end", () => {
  for (const random of [() => 1, () => 0.5, Math.random]) {
    const found = triesUntil(10_000, 1006, random).at(-1) ?? Infinity;
    assert(found < 15_000, `${found} ms`);
  }
  const tries = triesUntil(600_000, 1006, () => 1);
  const waits = tries.map((time, index) => time - (tries[index - 1] ?? 0));
  assertEquals(waits.slice(0, 4), [500, 1000, 2000, 2000]);
  assertEquals(waits.slice(-2), [20_000, 20_000]);
});

Deno.test("lost() doubles its waits after a close code that asks for it", () => {
  const tries = triesUntil(60_000, 4000, () => 1);
  const waits = tries.map((time, index) => time - (tries[index - 1] ?? 0));
  assertEquals(waits, [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]);
});

Deno.test("lost() waits for as long as the server asked", () => {
  const connection = { ...welcomed(IDLE, 25_000, 0), byeMs: 4210 };
  assertEquals(lose(connection, 1001, 100, 0.5).retryAt, 4310);
});

Deno.test("lost() stops for good at a terminal code", () => {
  for (const code of [1003, 1009, 4500, 4501, 4777]) {
    const connection = lose(welcomed(IDLE, 25_000, 0), code);
    assertEquals([connection.status, connection.retryAt], ["stopped", Infinity]);
  }
});

Deno.test("welcomed(), pinged() and heard() make the heartbeat", () => {
  const online = welcomed(connecting(IDLE, 0), 25_000, 100);
  assertEquals([online.pingAt, online.deadAt], [25_100, Infinity]);
  const waiting = pinged(online, IDLY, 25_100);
  assertEquals([waiting.pingAt, waiting.deadAt], [Infinity, 50_100]);
  const alive = heard(waiting, IDLY, 26_000);
  assertEquals([alive.pingAt, alive.deadAt], [51_000, Infinity]);
});

Deno.test("pinged() keeps the deadline of an earlier ping", () => {
  const online = welcomed(IDLE, 25_000, 0);
  assertEquals(pinged(online, IDLY, 1000, true).deadAt, 6000);
  assertEquals(pinged(pinged(online, IDLY, 25_000), IDLY, 49_000, true).deadAt, 50_000);
});

Deno.test("expecting() brings the next ping forward, once", () => {
  const online = welcomed(IDLE, 25_000, 0);
  const asked = expecting(online, 1000);
  assertEquals([asked.pingAt, asked.deadAt], [6000, Infinity]);
  assertEquals(expecting(asked, 3000).pingAt, 6000);
  assertEquals(expecting(IDLE, 1000), IDLE);
});

Deno.test("connecting() gives up on a server that never welcomes", () => {
  const connection = connecting(IDLE, 1000);
  assertEquals(heard(connection, IDLY, 5000).deadAt, connection.deadAt);
  assertEquals([15_999, 16_000].map((now) => dueStep(connection, now)), [null, "give_up"]);
});

Deno.test("dueStep() gives a dead socket up, then pings, then opens another", () => {
  const online = welcomed(IDLE, 25_000, 0);
  assertEquals([24_999, 25_000].map((now) => dueStep(online, now)), [null, "ping"]);
  const waiting = pinged(online, IDLY, 25_000);
  assertEquals([49_999, 50_000].map((now) => dueStep(waiting, now)), [null, "give_up"]);
  const offline = lose(waiting, 1006, 50_000);
  assertEquals([50_499, 50_500].map((now) => dueStep(offline, now)), [null, "open"]);
});

Deno.test("heard() asks again soon while an answer is due", () => {
  const online = welcomed(IDLE, 25_000, 0);
  assertEquals(heard(online, { ...IDLY, outbox: [{ status: "sent" }] }, 100).pingAt, 5100);
  assertEquals(heard(online, { ...IDLY, outbox: [{ status: "queued" }] }, 100).pingAt, 25_100);
});

Deno.test("pinged() gives up soon where an answer is due, but not a page of messages", () => {
  const online = welcomed(IDLE, 25_000, 0);
  const rooms: Work = { ...IDLY, pending: [{ type: "rooms" }] };
  const join: Work = { ...IDLY, pending: [{ type: "join", room: "lobby" }] };
  const deadlines = [rooms, join, IDLY].map((work) => pinged(online, work, 0).deadAt);
  assertEquals(deadlines, [5000, 25_000, 25_000]);
});

Deno.test("turnedAway() comes back when the server said, or after a backoff", () => {
  const connection = connecting(IDLE, 0);
  const [told, untold] = [{ retryMs: 3000 }, {}].map((refusal) =>
    turnedAway(connection, { ...refusal, now: 0, random: 1 })
  );
  assertEquals([told?.retryAt, untold?.retryAt], [3000, 500]);
  assertEquals([told?.status, untold?.status], ["offline", "offline"]);
});
