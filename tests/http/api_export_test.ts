import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryBroker } from "../../chat/broker/memory.ts";
import { exportMessages } from "../../chat/http/api/export.ts";
import { positionAt } from "../../chat/protocol/ulid.ts";
import { BUSY, outcome } from "../support/charge.ts";
import { FakeHub } from "../support/fake_hub.ts";
import { messageOf } from "../support/messages.ts";

const TEXT = "x".repeat(4000);

/** The export of the room "den", which never ends, and how often a page of it was read. */
async function endlessExport(settings: Parameters<typeof newFake>[0] = {}) {
  const { fake, pages } = newFake(settings);
  const { hub, timers } = fake;
  const owner = await fake.member("Owner", "den");
  const place = hub.requests.begin("192.0.2.9", false);
  if ("reason" in place) throw new Error(place.reason);
  const release = place.hold();
  const response = await exportMessages({
    ...{ hub, context: hub.context, sent: Promise.resolve() },
    request: new Request("http://localhost/api/rooms/den/export"),
    path: { room: "den" },
    query: new URLSearchParams(),
    caller: {
      user: { id: "a", name: "bot", role: "bot" },
      ...{ isAdmin: false, isNamed: false, isStranger: true, address: place.address },
      ...{ rooms: undefined, expiresAt: Infinity, password: undefined },
    },
    ...{ timers, bodyMs: 1000, place },
  });
  if (!(response instanceof Response) || response.body === null) throw new Error("No export");
  release();
  return { fake, owner, pages, reader: response.body.getReader(), address: place.address };
}

function newFake(settings: ConstructorParameters<typeof FakeHub>[0]) {
  const pages: string[] = [];
  const fake = new FakeHub({ ...BUSY, ...settings }, {
    createBroker(options) {
      const broker = new MemoryBroker(options);
      broker.page = (_, { after = "" }, limit) => {
        pages.push(after);
        const messages = Array.from({ length: limit }, (_, i) => (
          messageOf({
            id: positionAt(pages.length * 1000 + i),
            user: { id: "a", name: "A" },
            text: TEXT,
          })
        ));
        return Promise.resolve({ messages, more: true, moreAfter: true });
      };
      return broker;
    },
  });
  return { fake, pages };
}

Deno.test("export reads no more than its client takes, and frees its place with it", async () => {
  const { pages, reader, address } = await endlessExport();
  assertEquals(pages.length, 0);
  let bytes = 0;
  while (bytes < 200_000) bytes += (await reader.read()).value?.length ?? 0;
  // A page has 80 KB.
  assert(pages.length >= 2 && pages.length <= 3, `${pages.length} pages`);
  assertEquals(address.requests, 1);
  await reader.cancel();
  assertEquals(address.requests, 0);
});

Deno.test("export fails when its room is locked, and frees its place", async () => {
  const { reader, owner, address } = await endlessExport();
  await reader.read();
  await outcome(owner, { type: "configure", room: "den", password: "secret" });
  await assertRejects(
    async () => {
      while (!(await reader.read()).done);
    },
    Error,
    "another password",
  );
  assertEquals(address.requests, 0);
});

Deno.test("export fails when its client has taken nothing for a while", async () => {
  const { reader, address } = await endlessExport({ stuckMs: 20 });
  await reader.read();
  await assertRejects(() => reader.closed, Error, "too slowly");
  assertEquals(address.requests, 0);
});

Deno.test("export fails when the server is going away", async () => {
  const { fake, reader, address } = await endlessExport();
  await reader.read();
  await fake.hub.requests.drain();
  await assertRejects(() => reader.closed, Error, "going away");
  assertEquals(address.requests, 0);
});

Deno.test("export counts as history that its address was given", async () => {
  const { fake, reader, address } = await endlessExport();
  const { answers } = address.budgets;
  for (let read = 0; answers.wait(fake.timers.now) === 0; read++) {
    assert(read < 10_000, "Nothing limits it");
    await reader.read();
  }
  await reader.cancel();
});
