/**
 * Contract of brokers: documents.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { documentKey, MAX_DOCUMENT_LENGTH, ORIGIN } from "../../chat/broker/broker.ts";
import type { Test } from "./contract.ts";
import { Ear } from "./ear.ts";
import { documentOp, keep, keepOne, nextRef, receiptOf, send } from "./ops.ts";

/** Tests it with a broker that is made for each test. */
export function testDocuments(test: Test): void {
  test("publish() sets a document by compare-and-set, and tells it", async (broker, ear) => {
    const [made] = await keep(broker, documentOp("bans", ORIGIN, [1]));
    const outcomes = await broker.publish([
      documentOp("bans", ORIGIN, [2]),
      documentOp("bans", made.position, [3]),
      documentOp("none", made.position, [4]),
    ]);
    assertEquals(outcomes.map(({ as }) => as), ["conflict", "kept", "conflict"]);
    const document = { position: receiptOf(outcomes[1]).position, body: "[3]" };
    assertEquals(await broker.document("bans"), document);
    assertEquals(await broker.document("none"), undefined);
    assertEquals(ear.documents.map(({ key, document }) => [key, document.body]), [
      ["bans", "[1]"],
      ["bans", "[3]"],
    ]);
    assertEquals(ear.heard, []);
  });

  test("open() and documents() return all documents of a room", async (broker) => {
    assertEquals((await broker.open("lobby", 10)).documents, []);
    const keys = ["a", "b"].map((name) => documentKey("lobby", name));
    const others = ["lobby2:a", "lobb:a", ":a"];
    const documents = [];
    for (const key of [...others, ...keys]) {
      const { position } = await keepOne(broker, documentOp(key, ORIGIN, { key }));
      documents.push({ key, position, body: JSON.stringify({ key }) });
    }
    const expected = documents.slice(others.length);
    assertEquals((await broker.open("lobby", 10)).documents, expected);
    assertEquals(await broker.documents("lobby"), expected);
    assertEquals((await broker.documents("")).map(({ key }) => key), [":a"]);
    assertEquals(await broker.documents("other"), []);
  });

  test("publish() gives each maker of documents a share of the memory", async (broker) => {
    const body = JSON.stringify("x".repeat(MAX_DOCUMENT_LENGTH - 2));
    const make = async (maker: string, count: number): Promise<string[]> => {
      const ops = Array.from({ length: count }, (_, i) => (
        { ...documentOp(`${maker}${i}:a`, ORIGIN, ""), body, maker }
      ));
      const outcomes = [];
      for (const op of ops) outcomes.push(...await broker.publish([op]));
      return outcomes.map(({ as }) => as);
    };
    const made = await make("ada", 120);
    assert(made.includes("kept") && made.at(-1) === "full");
    assertEquals(await make("bob", 1), ["kept"]);
    const { position = "" } = await broker.document("ada0:a") ?? {};
    const smaller = { ...documentOp("ada0:a", position, 1), maker: "ada" };
    assertEquals((await broker.publish([smaller])).map(({ as }) => as), ["kept"]);
  });

  test("open() returns the documents as they are now", async (broker) => {
    const key = documentKey("lobby", "settings");
    const first = await keepOne(broker, documentOp(key, ORIGIN, { topic: "tea" }, "lobby"));
    await keep(broker, send("a"), documentOp(key, first.position, { topic: "coffee" }, "lobby"));
    const { documents: [settings], messages } = await broker.open("lobby", 10);
    assertEquals([settings?.body, messages.length], ['{"topic":"coffee"}', 1]);
    assertEquals(settings, { key, ...await broker.document(key) });
  });

  test("publish() takes of two changes of a document in one call the first", async (broker) => {
    const outcomes = await broker.publish([
      documentOp("bans", ORIGIN, [1]),
      documentOp("bans", ORIGIN, [2]),
      documentOp("other", ORIGIN, [3]),
    ]);
    assertEquals(outcomes.map(({ as }) => as), ["kept", "conflict", "kept"]);
    assertEquals((await broker.document("bans"))?.body, "[1]");
  });

  test("publish() knows the ref of a document's change again", async (broker, ear) => {
    const op = { ...documentOp("bans", ORIGIN, [1]), ref: nextRef() };
    const receipt = await keepOne(broker, op);
    assertEquals(receipt.id, "bans");
    assertEquals(await broker.publish([{ ...op, was: receipt.position, body: "[2]" }]), [
      { ...receipt, as: "known" },
    ]);
    assertEquals(await broker.receipt("ada", op.ref), receipt);
    assertEquals(ear.documents.length, 1);
  });

  test("publish() gives documents and messages one order", async (broker, ear) => {
    const [a, document, b] = await keep(
      broker,
      send("a"),
      documentOp("bans", ORIGIN, [1], "lobby"),
      send("b"),
    );
    assert(a.position < document.position && document.position < b.position);
    assertEquals(ear.documents.map(({ document }) => document.position), [document.position]);
    const { messages, head } = await broker.after("lobby", ORIGIN, 10);
    assertEquals([messages.length, head], [2, b.position]);
    assert(broker.vouches(document.position));
  });

  test("publish() of documents that race with each other loses no change", async (broker, ear) => {
    const add = async () => {
      for (;;) {
        const { position = ORIGIN, body = "0" } = await broker.document("count") ?? {};
        const op = documentOp("count", position, Number(body) + 1);
        const [outcome] = await broker.publish([op]);
        if (outcome?.as === "kept") return;
        assertEquals(outcome?.as, "conflict");
      }
    };
    await Promise.all(Array.from({ length: 10 }, add));
    assertEquals((await broker.document("count"))?.body, "10");
    assertEquals(
      ear.documents.map(({ document }) => document.body),
      Array.from({ length: 10 }, (_, i) => `${i + 1}`),
    );
    const positions = ear.documents.map(({ document }) => document.position);
    assertEquals(positions, positions.toSorted());
  });

  test("publish() refuses a document that is too large, and does nothing then", async (broker) => {
    const body = "x".repeat(MAX_DOCUMENT_LENGTH - 2);
    const tooLarge = [documentOp("small", ORIGIN, [1]), documentOp("bans", ORIGIN, `${body}x`)];
    await assertRejects(() => broker.publish(tooLarge), RangeError);
    assertEquals(await broker.document("small"), undefined);
    await keepOne(broker, documentOp("bans", ORIGIN, body));
    assertEquals((await broker.document("bans"))?.body.length, MAX_DOCUMENT_LENGTH);
  });

  test("isStore says whether a restart finds what was kept", (broker, _ear, { restart }) => {
    assertEquals(broker.isStore, restart !== undefined);
    return Promise.resolve();
  });

  test("documents are kept as long as messages are", async (broker, _ear, { restart }) => {
    if (restart === undefined) return;
    const key = documentKey("lobby", "settings");
    const op = { ...documentOp(key, ORIGIN, { topic: "tea" }, "lobby"), ref: nextRef() };
    const { position } = await keepOne(broker, op);
    const again = await restart();
    const ear = new Ear();
    again.subscribe(ear);
    const document = { position, body: op.body };
    assertEquals(await again.document(key), document);
    assertEquals((await again.open("lobby", 1)).documents, [{ key, ...document }]);
    assertEquals((await again.publish([op])).map(({ as }) => as), ["known"]);
    const stale = documentOp(key, ORIGIN, { topic: "beer" }, "lobby");
    const next = documentOp(key, position, { topic: "coffee" }, "lobby");
    assertEquals((await again.publish([stale, next])).map(({ as }) => as), ["conflict", "kept"]);
    await ear.until(() => ear.documents.length === 1);
    assertEquals(ear.documents[0]?.document.body, next.body);
  });
}
