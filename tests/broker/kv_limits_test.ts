/**
 * A KV that does not answer, and the limits of its values and commits.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { serialize } from "node:v8";
import { MAX_DOCUMENT_LENGTH, ORIGIN, Unavailable } from "../../chat/broker/broker.ts";
import { KvBroker } from "../../chat/broker/kv.ts";
import { PART_BYTES, toParts } from "../../chat/broker/kv/values.ts";
import { encodeBody } from "../../chat/protocol/body.ts";
import { Ear, inTime } from "./ear.ts";
import { HangingKv, openBroker, OPTIONS } from "./kv_store.ts";
import { documentOp, keepOne, receiptOf, send, textOf } from "./ops.ts";

const CALL_MS = 150;

Deno.test("KvBroker.publish() is Unavailable while KV hangs, and its refs settle what is unknown", async () => {
  const kv = await Deno.openKv(":memory:");
  const hanging = new HangingKv(kv);
  const problems: (string | undefined)[] = [];
  const broker = await openBroker(kv, {
    kv: hanging.kv,
    callMs: CALL_MS,
    pollMs: 50,
    onProblem: (problem) => problems.push(problem),
  });
  const ear = new Ear();
  broker.subscribe(ear);
  const [first, second, third] = [send("1"), send("2"), send("3")];
  await keepOne(broker, first);
  hanging.hangs = "late commits";
  const calls = [broker.publish([second])];
  // The other waits for it, and is not tried.
  await new Promise((resolve) => setTimeout(resolve, 20));
  calls.push(broker.publish([third]));
  const errors = await Promise.all(
    calls.map((call) => assertRejects<Unavailable>(() => call, Unavailable)),
  );
  assertEquals(errors.map((error: Unavailable) => error.kept), ["unknown", "no"]);
  hanging.hangs = "everything";
  await assertRejects(() => broker.get("lobby", ORIGIN), Unavailable);
  assert(broker.status().problem?.includes("does not answer"));
  const started = performance.now();
  const refused = await assertRejects(() => broker.publish([third]), Unavailable);
  assertEquals([refused.kept, performance.now() - started < CALL_MS], ["no", true]);
  hanging.hangs = "nothing";
  while (broker.status().problem !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const outcomes = [...await broker.publish([second]), ...await broker.publish([third])];
  assertEquals(outcomes.map(({ as }) => as), ["known", "kept"]);
  await ear.until(() => ear.heard.length === 3);
  assertEquals(ear.heard.map(({ message }) => textOf(message)), ["1", "2", "3"]);
  // While commits alone hang, a read in between may find that KV answers. Each change is told once.
  const told = problems.map((each) => each === undefined);
  assertEquals(told, told.map((_, index) => index % 2 === 1));
  assertEquals(told.at(-1), true);
  await broker.close();
  kv.close();
});

Deno.test("KvBroker.close() ends in time while KV hangs, and so does open()", async () => {
  const kv = await Deno.openKv(":memory:");
  const hanging = new HangingKv(kv);
  const broker = await openBroker(kv, { kv: hanging.kv, callMs: 60_000 });
  assert(await broker.claim("ada", ["lobby"], ["ada"]));
  hanging.hangs = "everything";
  const call = broker.publish([send("a")]);
  const rejected = assertRejects(() => call, Unavailable);
  const read = assertRejects(() => broker.get("lobby", ORIGIN), Unavailable);
  await inTime(broker.close(), "close() hangs", 4_000);
  await Promise.all([rejected, read]);
  const opening = KvBroker.open({ ...OPTIONS, kv: hanging.kv, callMs: CALL_MS });
  await inTime(assertRejects(() => opening, Unavailable), "open() hangs", 4_000);
  kv.close();
});

Deno.test("KvBroker.publish() splits what is too much for one commit, and tells each once", async () => {
  const kv = await Deno.openKv(":memory:");
  const hanging = new HangingKv(kv);
  const broker = await openBroker(kv, { kv: hanging.kv, callMs: 500, pollMs: 50 });
  const ear = new Ear();
  broker.subscribe(ear);
  const sends = Array.from({ length: 200 }, (_, i) => send(`${i} ${"漢".repeat(4_000)}`));
  const receipts = (await broker.publish(sends)).map(receiptOf);
  assertEquals(ear.positions("lobby"), receipts.map(({ position }) => position));
  // A later part fails: what was kept before stays, and the same refs tell.
  const more = sends.map(({ body }) => ({ ...send(""), body }));
  hanging.hangs = "commits";
  hanging.left = 2;
  const error = await assertRejects(() => broker.publish(more), Unavailable);
  assertEquals(error.kept, "unknown");
  hanging.hangs = "nothing";
  while (broker.status().problem !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const outcomes = await broker.publish(more);
  const kinds = new Set(outcomes.map(({ as }) => as));
  assertEquals(kinds, new Set(["known", "kept"]));
  await ear.until(() => ear.heard.length === 400);
  assertEquals(new Set(ear.positions("lobby")).size, 400);
  await broker.close();
  kv.close();
});

Deno.test("KvBroker keeps the largest document, and texts beyond one value", async () => {
  const kv = await Deno.openKv(":memory:");
  const broker = await openBroker(kv);
  const other = await openBroker(kv);
  const ear = new Ear();
  other.subscribe(ear);
  const body = JSON.stringify("漢".repeat(MAX_DOCUMENT_LENGTH - 2));
  const { position } = await keepOne(broker, documentOp("den:a", ORIGIN, 1));
  const large = await keepOne(broker, { ...documentOp("den:a", position, 1), body });
  assertEquals((await other.document("den:a"))?.body, body);
  assertEquals((await other.open("den", 1)).documents.map((each) => each.body), [body]);
  const text = send("💩".repeat(100_000));
  const { id } = await keepOne(broker, text);
  await ear.until(() => ear.heard.length === 1);
  assertEquals(ear.documents.map(({ document }) => document.body), ["1", body]);
  assertEquals(ear.heard[0]?.message.body, text.body);
  assertEquals((await other.page("lobby", {}, 5)).messages[0]?.id, id);
  const small = await keepOne(broker, documentOp("den:a", large.position, 2));
  assertEquals(await other.document("den:a"), { position: small.position, body: "2" });
  await broker.close();
  await other.close();
  kv.close();
});

Deno.test("the largest text with most reactions is one value of less than 64 KiB", () => {
  const emoji = Array.from({ length: 20 }, (_, i) => String.fromCodePoint(0x1f600 + i));
  const users = Array.from({ length: 1_000 }, (_, i) => String(i).padStart(16, "a"));
  const body = encodeBody({
    user: { id: "a".repeat(16), name: "漢".repeat(32) },
    text: "𒀀".repeat(4_000),
    reactions: emoji.map((emoji, i) => ({ emoji, users: users.slice(i * 50, (i + 1) * 50) })),
  });
  const parts = toParts(body);
  assertEquals(parts.length, 1);
  const [part = new Uint8Array()] = parts;
  assert(part.length < PART_BYTES && serialize(part).length < 65_536, `${part.length} bytes`);
  // As a string it would take two bytes a unit.
  assert(serialize(body).length > part.length * 1.2);
});

Deno.test("KvBroker.claim() is Unavailable for more names than a commit takes, and the KV is well", async () => {
  const kv = await Deno.openKv(":memory:");
  const broker = await openBroker(kv);
  const rooms = Array.from({ length: 1_100 }, (_, i) => `room${i}`);
  const error = await assertRejects(() => broker.claim("ada", rooms, ["ada"]), Unavailable);
  assertEquals([error.kept, broker.status().problem], ["no", undefined]);
  assert(await broker.claim("ada", rooms.slice(0, 500), ["ada"]));
  await broker.close();
  kv.close();
});
