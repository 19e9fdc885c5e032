import { assertEquals } from "@std/assert";
import type { LoggedMessage } from "../../chat/protocol/encode.ts";
import { type JoinSnapshot, RoomLog } from "../../chat/room/log.ts";
import { messageOf } from "../support/messages.ts";

const ADA = { id: "adaadaadaadaadaa", name: "Ada" };
const FLOOR = idOf(0);

function idOf(n: number): string {
  return `01J${String(n).padStart(23, "0")}`;
}

/** A message whose text says its number, and its position if it was changed. */
function message(n: number, position = n): LoggedMessage {
  const text = position === n ? `${n}` : `${n} at ${position}`;
  return messageOf({ id: idOf(n), user: ADA, text, changed: idOf(position) });
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** A log of the last 5 positions of messages 1 to 10, of which 2 and 3 were changed at the end. */
function changedLog({ joinHistory = 5, floor = FLOOR } = {}): RoomLog {
  const messages = [...range(1, 10).map((n) => message(n)), message(2, 11), message(3, 12)];
  const opened = { messages, head: idOf(12), floor };
  return new RoomLog("lobby", opened, { historySize: 5, joinHistory, isKeptElsewhere: true });
}

/** The newest messages as they were read before anything else happened. */
function read(first: number, head = 12) {
  const messages = range(first, 10).map((n) => n === 2 || n === 3 ? message(n, n + 9) : message(n));
  return { messages, more: first > 1, head: idOf(head) };
}

const textsOf = ({ entries }: JoinSnapshot): string[] =>
  entries.map(({ body }) => JSON.parse(body).text);

Deno.test("RoomLog.lacksNewest() is whether messages lie between those of a newcomer that are not in memory", () => {
  const log = changedLog();
  assertEquals(log.lacksNewest(), true);
  assertEquals(changedLog({ joinHistory: 3 }).lacksNewest(), false);
  assertEquals(log.lacksNewest({ since: idOf(7), isVouched: true }), false);
  assertEquals(log.lacksNewest({ since: idOf(6), isVouched: true }), true);
  assertEquals(log.lacksNewest({ since: idOf(8), isVouched: false }), true);
  for (const n of range(13, 15)) log.append(message(n));
  assertEquals(log.lacksNewest(), true);
  for (const n of range(16, 17)) log.append(message(n));
  assertEquals(log.lacksNewest(), false);
});

Deno.test("RoomLog.lacksNewest() is false where everything that is kept is in memory", () => {
  const log = changedLog();
  log.trim(idOf(7));
  assertEquals(log.lacksNewest(), false);
  const { more, floor } = log.open();
  assertEquals([textsOf(log.open()), more, floor], [
    ["2 at 11", "3 at 12", "8", "9", "10"],
    false,
    idOf(7),
  ]);
});

Deno.test("RoomLog.open() gives a newcomer what was read, in the states of now", () => {
  const log = changedLog();
  log.append(message(7, 13));
  log.append(message(14));
  log.append(message(1, 15));
  const { complete, more, head, position, follow, ...snapshot } = log.open(undefined, read(6));
  assertEquals(textsOf({ ...snapshot, complete, more, head, position, follow }), [
    "7 at 13",
    "8",
    "9",
    "10",
    "14",
  ]);
  assertEquals([complete, more, head, position, follow], [true, true, idOf(15), idOf(15), 0]);
});

Deno.test("RoomLog.open() gives no more than is in memory of a usual room, and says that there is more", () => {
  const { more, ...snapshot } = changedLog({ joinHistory: 200 }).open(undefined, read(1));
  assertEquals([textsOf({ more, ...snapshot }), more], [["6", "7", "8", "9", "10"], true]);
});

Deno.test("RoomLog.open() says that there is no more if what was read is all", () => {
  const log = new RoomLog("lobby", {
    messages: [message(1), message(3), message(1, 4), message(2, 5)],
    head: idOf(5),
    floor: FLOOR,
  }, { historySize: 2, joinHistory: 2, isKeptElsewhere: true });
  const all = [message(1, 4), message(2, 5), message(3)];
  const { more, ...snapshot } = log.open(undefined, { messages: all, more: false, head: idOf(5) });
  assertEquals([textsOf({ more, ...snapshot }), more], [["2 at 5", "3"], true]);
  log.trim(idOf(4));
  const rest = log.open(undefined, { messages: all, more: false, head: idOf(5) });
  assertEquals([textsOf(rest), rest.more], [["2 at 5"], false]);
});

Deno.test("RoomLog.open() leaves out what was read and is kept no more, and what is newer than the log", () => {
  const log = changedLog();
  log.trim(idOf(8));
  log.append(message(9, 13));
  const messages = [...read(6).messages, message(14)];
  assertEquals(textsOf(log.open(undefined, { ...read(6), messages })), ["9 at 13", "10"]);
});

Deno.test("RoomLog.open() gives the newer state where that was read before it was told", () => {
  const messages = read(6).messages.map((each) => each.id === idOf(9) ? message(9, 13) : each);
  const { head, ...snapshot } = changedLog().open(undefined, { ...read(6), messages });
  assertEquals(textsOf({ head, ...snapshot }), ["6", "7", "8", "9 at 13", "10"]);
  assertEquals(head, idOf(12));
});

Deno.test("RoomLog.open() does without what was read when more was said since than is in memory", () => {
  const log = changedLog();
  for (const n of range(13, 17)) log.append(message(n));
  log.append(message(2, 18));
  const { more, ...snapshot } = log.open(undefined, read(6));
  assertEquals([textsOf({ more, ...snapshot }), more], [["14", "15", "16", "17"], true]);
});

Deno.test("RoomLog.open() knows whether there is something older than what was missed", () => {
  const log = new RoomLog("lobby", {
    messages: [message(1), message(2)],
    head: idOf(2),
    floor: FLOOR,
  }, { historySize: 5, joinHistory: 5 });
  const since = (n: number) => log.open({ since: idOf(n), isVouched: true }).more;
  assertEquals([since(0), since(1), since(2)], [false, true, true]);
  log.append(message(1, 3));
  assertEquals([since(1), since(2), since(3)], [true, false, true]);
});

Deno.test("RoomLog.lacksOlder() is whether a client has missed what the log may hold and does not, but for want of place", () => {
  const messages = range(6, 8).map((n) => message(n));
  const opened = { messages, head: idOf(8), floor: FLOOR, memoryFloor: idOf(5) };
  const log = new RoomLog("lobby", opened, {
    historySize: 10,
    joinHistory: 3,
    isKeptElsewhere: true,
  });
  const lacks = (n: number, isVouched = true) => log.lacksOlder({ since: idOf(n), isVouched });
  assertEquals([lacks(2), lacks(2, false), lacks(5)], [true, false, false]);
  log.shrink(0);
  assertEquals([lacks(2), log.open({ since: idOf(2), isVouched: true }).complete], [false, false]);
});

Deno.test("RoomLog promises nothing up to where messages are lost, and gives those that are left", () => {
  const messages = range(1, 4).map((n) => message(n));
  const options = { historySize: 5, joinHistory: 5, isKeptElsewhere: true };
  const opened = { messages, head: idOf(4), floor: FLOOR, lostUntil: idOf(6) };
  const log = new RoomLog("lobby", opened, options);
  assertEquals([log.head, log.floor, log.keptFloor], [idOf(6), idOf(6), FLOOR]);
  const { more, complete, position } = log.open();
  assertEquals([textsOf(log.open()), more, complete], [["1", "2", "3", "4"], false, true]);
  assertEquals(log.open({ since: idOf(3), isVouched: true }).complete, false);
  log.append(message(7));
  assertEquals(log.batches().next(position)?.gaps, 0);
  const [gap, ...others] = JSON.parse(log.batches().next(idOf(2))?.frame ?? "");
  assertEquals(gap, { type: "gap", room: "lobby", after: idOf(2), before: idOf(7) });
  assertEquals(others.map(({ text }: { text: string }) => text), ["7"]);
  assertEquals(log.resume({ since: idOf(3), isVouched: true }).position, idOf(6));
  assertEquals(textsOf(log.open({ since: idOf(6), isVouched: true })), ["7"]);
});

Deno.test("RoomLog.lose() drops what may be lost, and takes again what is left", () => {
  const messages = range(1, 4).map((n) => message(n));
  const options = { historySize: 5, joinHistory: 5, isKeptElsewhere: true };
  const log = new RoomLog("lobby", { messages, head: idOf(4), floor: FLOOR }, options);
  log.lose(idOf(5));
  assertEquals([log.open().more, log.floor], [true, idOf(5)]);
  log.extend(messages.slice(0, 3), FLOOR);
  assertEquals([textsOf(log.open()), log.open().more], [["1", "2", "3"], false]);
  assertEquals(log.open({ since: idOf(3), isVouched: true }).complete, false);
  // For its age.
  log.trim(idOf(2));
  assertEquals([textsOf(log.open()), log.floor, log.keptFloor], [["3"], idOf(5), idOf(2)]);
});
