import { assertEquals, assertRejects } from "@std/assert";
import { type PageBound, Unavailable } from "../../chat/broker/broker.ts";
import { remembered } from "../../chat/commands/remembered.ts";
import type { LoggedMessage } from "../../chat/protocol/encode.ts";
import { RoomLog } from "../../chat/room/log.ts";
import { messageOf } from "../support/messages.ts";

const FLOOR = idOf(0);

function idOf(n: number): string {
  return `01J${String(n).padStart(23, "0")}`;
}

function message(n: number, position = n): LoggedMessage {
  const user = { id: "adaadaadaadaadaa", name: "Ada" };
  return messageOf({ id: idOf(n), user, text: `${n}`, changed: idOf(position) });
}

/** A log of the messages 1 to 10, of which the newest are in memory. */
function logOf(historySize: number): RoomLog {
  const messages = Array.from({ length: 10 }, (_, i) => message(i + 1));
  const opened = { messages, head: idOf(10), floor: FLOOR };
  return new RoomLog("lobby", opened, { historySize, joinHistory: 5, isKeptElsewhere: true });
}

const numbersOf = (messages: readonly LoggedMessage[]) =>
  messages.map(({ body }) => Number(JSON.parse(body).text));

async function page(log: RoomLog, bound: PageBound, limit: number) {
  const { messages, more, moreAfter } = await remembered(log).page("lobby", bound, limit);
  return [numbersOf(messages), more, moreAfter];
}

Deno.test("remembered().page() is that of all messages where all are in memory", async () => {
  const log = logOf(20);
  assertEquals(await page(log, {}, 3), [[8, 9, 10], true, false]);
  assertEquals(await page(log, {}, 20), [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], false, false]);
  assertEquals(await page(log, { before: idOf(1) }, 3), [[], false, true]);
  assertEquals(await page(log, { after: FLOOR }, 2), [[1, 2], false, true]);
  assertEquals(await page(log, { around: idOf(5) }, 4), [[3, 4, 5, 6], true, true]);
});

Deno.test("remembered().page() says that there is more than in memory", async () => {
  // Messages 7 to 10.
  const log = logOf(4);
  assertEquals(await page(log, {}, 20), [[7, 8, 9, 10], true, false]);
  assertEquals(await page(log, { before: idOf(9) }, 20), [[7, 8], true, true]);
  assertEquals(await page(log, { after: idOf(6) }, 2), [[7, 8], true, true]);
  assertEquals(await page(log, { after: idOf(10) }, 2), [[], true, false]);
  assertEquals(await page(log, { around: idOf(7) }, 2), [[7, 8], true, true]);
});

Deno.test("remembered() gives nothing next to which messages may be missing", async () => {
  const log = logOf(4);
  for (const bound of [{ before: idOf(7) }, { after: idOf(5) }, { around: idOf(5) }]) {
    await assertRejects(() => remembered(log).page("lobby", bound, 2), Unavailable);
  }
  await assertRejects(() => remembered(log).after("lobby", idOf(5), 2), Unavailable);
});

Deno.test("remembered().after() goes on by position", async () => {
  const log = logOf(4);
  log.append(message(2, 11));
  log.append(message(9, 12));
  // Memory has 8, 10, and the changed 2 and 9.
  const { messages, more, head } = await remembered(log).after("lobby", idOf(7), 3);
  assertEquals([numbersOf(messages), more, head], [[8, 10, 2], true, idOf(12)]);
  // Between 2 and 8 some are missing.
  assertEquals(await page(log, {}, 20), [[8, 9, 10], true, false]);
});
