/**
 * Tests of messages to which the page leads, and of the past that it shows around them.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { HistoryEvent, JoinedEvent, Message } from "../../chat/protocol/types.ts";
import { type Entry, isFillable, isGap, isMessage } from "../../static/model/log.js";
import {
  addNewer,
  addOlder,
  changePast,
  MAX_PAST,
  mergePast,
  type Past,
  pastOf,
} from "../../static/model/past.js";
import { partOnShow } from "../../static/model/state.js";
import { SeededRandom } from "../support/seeded_random.ts";
import { message, messageId, online, Page, YOU } from "./page_driver.ts";

const range = (from: number, to: number): Message[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => message(from + index));

const numberOf = ({ id }: { id: string }): number => Number(/(\d{4})~?$/.exec(id)?.[1]);

/** Entries in short: numbers of messages as ranges, "…" for a gap, "?" for a quiet one. */
function brief(entries: readonly Entry[]): string {
  const parts: string[] = [];
  let start = NaN;
  let end = NaN;
  const close = () => {
    if (!Number.isNaN(start)) parts.push(start === end ? `${start}` : `${start}-${end}`);
    start = end = NaN;
  };
  for (const entry of entries) {
    if (isMessage(entry)) {
      const number = numberOf(entry);
      if (number !== end + 1) close();
      if (Number.isNaN(start)) start = number;
      end = number;
    } else {
      close();
      parts.push(isGap(entry) ? "…" : isFillable(entry) ? "?" : "note");
    }
  }
  close();
  return parts.join(" ");
}

const shown = (page: Page): string => brief(partOnShow(page.room).entries);
const log = (page: Page): string => brief(page.room.entries);

/** A page whose log has the messages 2901 to 3000 of 3,000. */
function latest(fields: Partial<JoinedEvent> = {}): Page {
  const page = new Page().welcomed("Ada", 0).joined({
    messages: range(2901, 3000),
    more: true,
    ...fields,
  });
  page.effects = [];
  return page;
}

const wants = (page: Page, n: number, room = "lobby"): Page =>
  page.does({ type: "message_wanted", room, id: messageId(n) });

/** A page that shows 450 to 549 of the past. */
const inPast = (): Page =>
  wants(latest(), 500).pages(range(450, 549), { more: true, moreAfter: true });

const asked = (page: Page): unknown[] =>
  page.sent("history").map((command) => ({ ...command, type: undefined, ref: undefined }))
    .map((command) => JSON.parse(JSON.stringify(command)));

/** The fragments that the location was given. */
const fragments = (page: Page): unknown[] =>
  page.effects.flatMap((effect) => effect.type === "navigate" ? [effect.message ?? ""] : []);

Deno.test("reduce() leads to a message that the log has, without a request", () => {
  const page = wants(latest(), 2950);
  assertEquals([page.room.target, page.room.past], [{ id: messageId(2950) }, null]);
  assertEquals(fragments(page), [messageId(2950)]);
  assertEquals(asked(page), []);
  const { target } = page.room;
  // Again: the view goes there again.
  assert(wants(page, 2950).room.target !== target);
});

Deno.test("reduce() shows the past around a message that the log lacks, and not the log", () => {
  const page = wants(latest(), 500);
  assertEquals(page.room.past, null);
  assertEquals(asked(page), [{ room: "lobby", around: messageId(500), limit: 100 }]);
  page.pages(range(450, 549), { more: true, moreAfter: true });
  assertEquals([shown(page), log(page)], ["450-549", "2901-3000"]);
  assertEquals([page.room.target, page.room.wanted], [{ id: messageId(500) }, null]);
  assertEquals(page.announced(), ["Older messages are on show. Escape leads back to the latest"]);
});

Deno.test("reduce() takes an id in lower case, and ignores what is none", () => {
  const page = latest();
  page.does({ type: "message_wanted", room: "lobby", id: messageId(500).toLowerCase() });
  assertEquals(asked(page), [{ room: "lobby", around: messageId(500), limit: 100 }]);
  const other = latest().does({ type: "message_wanted", room: "lobby", id: "message" });
  assertEquals([asked(other), other.room.wanted], [[], null]);
});

Deno.test("reduce() says that a message is not kept, and stays where it is", () => {
  for (const messages of [[], range(2900, 2950)]) {
    const page = wants(latest(), 500).pages(messages, { more: true, moreAfter: true });
    assertEquals(page.state.notice?.text, "That message is not kept here any more");
    assertEquals([page.room.past, page.room.wanted, page.room.atBottom], [null, null, true]);
    assertEquals(fragments(page), [messageId(500), ""]);
  }
  const page = wants(inPast(), 1);
  page.pages(range(2, 101), { moreAfter: true });
  assertEquals(shown(page), "450-549");
});

Deno.test("reduce() tells of a refused message, and can be asked again", () => {
  const page = wants(latest(), 500).refusesLast("history", "rate_limited");
  assertEquals(page.state.notice?.text, "The message could not be loaded. Try again");
  asked(page);
  assertEquals(asked(wants(page, 500)).length, 1);
});

Deno.test("reduce() loads older and newer pages of the past, one at a time", () => {
  const page = inPast();
  asked(page);
  page.does({ type: "older_wanted" }).does({ type: "older_wanted" }).does({ type: "newer_wanted" });
  assertEquals(asked(page), [{ room: "lobby", before: messageId(450), limit: 100 }]);
  page.pages(range(400, 449), { more: false, moreAfter: true });
  assertEquals([shown(page), page.room.more], ["400-549", true]);
  page.does({ type: "older_wanted" }).does({ type: "newer_wanted" });
  assertEquals(asked(page), [{ room: "lobby", after: messageId(549), limit: 100 }]);
  page.pages(range(550, 649), { more: true, moreAfter: true });
  assertEquals([shown(page), log(page)], ["400-649", "2901-3000"]);
  page.does({ type: "newer_wanted" }).refusesLast("history", "unavailable");
  assertEquals(page.state.notice?.text, "Messages could not be loaded. Scroll to try again");
  asked(page);
  assertEquals(asked(page.does({ type: "newer_wanted" })).length, 1);
});

Deno.test("reduce() merges the past into the log when they meet, and stays there", () => {
  const page = wants(latest(), 2850).pages(range(2800, 2899), { more: true, moreAfter: true });
  page.does({ type: "newer_wanted" }).pages(range(2900, 2999), { more: true, moreAfter: true });
  assertEquals([page.room.past, log(page)], [null, "2800-3000"]);
  assertEquals([page.room.more, page.room.atBottom], [true, false]);
  asked(page);
  page.does({ type: "older_wanted" });
  assertEquals(asked(page), [{ room: "lobby", before: messageId(2800), limit: 100 }]);
});

Deno.test("reduce() merges a page around a message at once if it meets the log", () => {
  const page = wants(latest(), 2890).pages(range(2840, 2939), { more: false, moreAfter: true });
  assertEquals([page.room.past, log(page), page.room.more], [null, "2840-3000", false]);
  assertEquals(page.room.target, { id: messageId(2890) });
});

Deno.test("reduce() asks again where messages came after the newest page was read", () => {
  const page = latest({ messages: [message(3000)], more: true });
  page.hears({ type: "gap", room: "lobby", after: messageId(3000), before: messageId(3100) });
  page.says(3100);
  wants(page, 3050).pages(range(3001, 3099), { more: true, moreAfter: false });
  assertEquals([shown(page), log(page)], ["3001-3099", "3000 … 3100"]);
  page.does({ type: "newer_wanted" }).pages([message(3100)], { more: true });
  assertEquals(log(page), "3000 … 3001-3100");
});

Deno.test("reduce() covers gaps of its log, of which only changes can be missing then", () => {
  const page = online({ messages: range(1, 2) }).closes().waits(500).welcomed("Ada", 0);
  page.joined({ complete: false, more: true, messages: range(301, 302) });
  wants(page, 150).pages(range(100, 199), { more: true, moreAfter: true });
  assertEquals([shown(page), log(page)], ["100-199", "1-2 … 301-302"]);
  page.does({ type: "older_wanted" }).pages(range(1, 99), { moreAfter: true });
  assertEquals(log(page), "1-2 … 301-302");
  page.does({ type: "newer_wanted" }).pages(range(200, 302), { more: true });
  assertEquals([log(page), page.room.past], ["1-2 ? 3-302", null]);
  // The changes are loaded without being asked.
  assertEquals(asked(page).at(-1), { room: "lobby", since: messageId(2), limit: 200 });
});

Deno.test("reduce() keeps what comes live out of the past, and counts it", () => {
  const page = inPast().says(3001).says(3002);
  assertEquals([shown(page), log(page)], ["450-549", "2901-3002"]);
  assertEquals([page.room.unread, page.room.unreadFrom], [2, messageId(3001)]);
  // Neither reading there nor another tab's look marks them as read.
  page.does({ type: "visibility_changed", visible: true }).waits(5000);
  assertEquals(page.room.unread, 2);
  page.does({ type: "present_wanted" });
  assertEquals([page.room.past, page.room.target, page.room.atBottom], [null, null, true]);
  assertEquals([page.room.unread, fragments(page).at(-1)], [0, ""]);
});

Deno.test("reduce() shows changes of messages in the past at once, whichever event brings them", () => {
  const gone = { ...message(500, ""), deleted: true, changed: messageId(3001) } as const;
  const events: [string, (page: Page) => Page][] = [
    ["message", (page) => page.hears({ type: "message", room: "lobby", ...gone })],
    ["joined", (page) => page.closes().waits(500).welcomed("Ada", 0).joined({ messages: [gone] })],
    [
      "history",
      (page) => {
        page.hears({ type: "gap", room: "lobby", after: messageId(3000), before: messageId(3005) });
        page.says(3005);
        const key = page.room.entries.filter(isFillable)[0]?.fill.key ?? "";
        page.does({ type: "gap_wanted", key, isWhole: false });
        return page.pages([gone], { more: true });
      },
    ],
  ];
  for (const [name, happens] of events) {
    const page = happens(inPast());
    const entry = page.room.past?.entries.filter(isMessage).find(({ id }) => id === messageId(500));
    assertEquals([entry?.text, entry?.deleted], ["", true], name);
  }
});

Deno.test("reduce() keeps the past over a lost connection, and asks again for what was on its way", () => {
  const page = inPast().does({ type: "newer_wanted" }).closes().waits(500).welcomed("Ada", 0);
  asked(page.joined());
  assertEquals([shown(page), page.room.past?.isStale], ["450-549", false]);
  assertEquals(asked(page.does({ type: "newer_wanted" })).length, 1);
  const waiting = wants(latest(), 500).closes();
  waiting.effects = [];
  waiting.waits(500).welcomed("Ada", 0);
  assertEquals(asked(waiting), []);
  assertEquals(asked(waiting.joined()).at(-1), {
    room: "lobby",
    around: messageId(500),
    limit: 100,
  });
});

Deno.test("reduce() reads the past again where changes may have been missed", () => {
  const again = (page: Page) => {
    page.closes().waits(500).welcomed("Ada", 0);
    page.joined({ complete: false, more: true, messages: range(3100, 3200) });
    asked(page);
    return page;
  };
  const page = again(inPast());
  assertEquals(page.room.past?.isStale, true);
  page.does({ type: "past_reread", id: messageId(520) });
  assertEquals(asked(page), [{ room: "lobby", around: messageId(520), limit: 200 }]);
  const edited = { ...message(500, "edited"), changed: messageId(3050) };
  page.pages([...range(420, 499), edited, ...range(501, 619)], { more: true, moreAfter: true });
  assertEquals([shown(page), page.room.past?.isStale], ["420-619", false]);
  const gone = again(inPast()).does({ type: "past_reread", id: messageId(520) }).pages([]);
  assertEquals(gone.room.past, null);
  assertEquals(gone.state.notice?.text, "These messages are not kept here any more");
});

Deno.test("reduce() leaves the past when a message is sent", () => {
  const page = inPast().submits("one");
  assertEquals([page.room.past, page.room.target, page.room.atBottom], [null, null, true]);
});

Deno.test("reduce() stays in the past when a message there is edited, and shows the new text at once", () => {
  const mine = message(500, "mine", YOU);
  const page = wants(latest(), 500).pages([...range(450, 499), mine, ...range(501, 549)], {
    more: true,
    moreAfter: true,
  });
  page.does({ type: "edit_wanted", id: messageId(500) }).submits("ref", "edited");
  page.hears({
    type: "ack",
    ref: "ref",
    room: "lobby",
    id: messageId(500),
    time: 1,
    changed: messageId(3001),
    duplicate: false,
  });
  const entry = page.room.past?.entries.find(({ id }) => id === messageId(500));
  assertEquals(isMessage(entry) && entry.text, "edited");
  assertEquals([shown(page), log(page)], ["450-549", "2901-3000"]);
});

Deno.test("reduce() drops answers that nobody waits for", () => {
  const page = wants(latest(), 500);
  const ref = page.state.pending.find(({ type }) => type === "history")?.ref ?? "";
  page.does({ type: "present_wanted" });
  const answer: HistoryEvent = {
    type: "history",
    ref,
    room: "lobby",
    messages: range(450, 549),
    more: true,
    moreAfter: true,
  };
  page.hears(answer);
  assertEquals([shown(page), log(page)], ["2901-3000", "2901-3000"]);
  // The first of two messages that were wanted one after the other.
  const two = wants(wants(latest(), 500), 700).pages(range(650, 749), {
    more: true,
    moreAfter: true,
  });
  two.hears({ ...answer, ref });
  assertEquals(shown(two), "650-749");
});

Deno.test("reduce() keeps the past of a room, not the mark, while another is on show", () => {
  const page = inPast().does({ type: "room_opened", room: "garden" });
  page.does({ type: "room_opened", room: "lobby" });
  assertEquals([shown(page), page.room.target], ["450-549", null]);
  const wanting = wants(latest(), 500).does({ type: "room_opened", room: "garden" });
  wanting.does({ type: "room_opened", room: "lobby" });
  assertEquals(wanting.room.wanted, null);
});

Deno.test("reduce() opens a message in another room, in one step of the history", () => {
  const page = wants(latest(), 7, "garden");
  const { effects } = page;
  assertEquals(effects.filter(({ type }) => type === "navigate"), [
    { type: "navigate", room: "garden", replace: false },
    { type: "navigate", room: "garden", replace: true, message: messageId(7) },
  ]);
  page.effects = [];
  page.joined({ room: "garden", messages: range(5, 9) });
  assertEquals([page.room.name, page.room.target], ["garden", { id: messageId(7) }]);
});

Deno.test("reduce() leads a newcomer to the message of the link, after the name is chosen", () => {
  const page = new Page({ name: "", wanted: messageId(500) });
  assertEquals(fragments(page), [messageId(500)]);
  page.does({ type: "name_chosen", name: "Ada" }).welcomed("Ada", 0);
  page.joined({ messages: range(2901, 3000), more: true });
  assertEquals(asked(page), [{ room: "lobby", around: messageId(500), limit: 100 }]);
  page.pages(range(450, 549), { more: true, moreAfter: true });
  assertEquals(page.room.target, { id: messageId(500) });
});

Deno.test("reduce() follows back, forward and a fragment that was written by hand", () => {
  const go = (page: Page, message: string | undefined) =>
    page.does({ type: "room_opened", room: "lobby", isFromLocation: true, message });
  const page = inPast();
  assertEquals(shown(go(page, undefined)), "450-549");
  go(page, "");
  assertEquals([page.room.past, page.room.target], [null, null]);
  asked(page);
  assertEquals(asked(go(page, messageId(500))).length, 1);
});

Deno.test("reduce() shows the past in the era of the server, and leaves it with the next one", () => {
  const page = online({ messages: [message(900)] }).closes().waits(500).welcomed("Ada", 0);
  page.joined({ complete: false, more: true, messages: range(301, 302) });
  assertEquals(page.room.era, "|");
  wants(page, 100).pages(range(50, 149), { more: true, moreAfter: true });
  assertEquals(page.room.past?.entries[0]?.id, `|${messageId(50)}`);
  asked(page);
  page.does({ type: "older_wanted" });
  assertEquals(asked(page), [{ room: "lobby", before: messageId(50), limit: 100 }]);
  page.hears({
    type: "message",
    room: "lobby",
    ...message(100, "edited"),
    changed: messageId(303),
  });
  assertEquals(
    page.room.past?.entries.some((entry) => isMessage(entry) && entry.text === "edited"),
    true,
  );
  page.closes().waits(500).welcomed("Ada", 0).joined({
    complete: false,
    messages: [message(1)],
  });
  assertEquals([page.room.era, page.room.past], ["||", null]);
});

const past = (from: number, to: number, fields: Partial<Past> = {}): Past => ({
  ...pastOf({ messages: range(from, to), more: true, moreAfter: true }),
  ...fields,
});

Deno.test("addOlder() and addNewer() keep a bounded part, and drop at the far end", () => {
  let grown = past(5000, 5099, { more: true, moreAfter: false });
  for (let at = 4900; at >= 2000; at -= 100) {
    grown = addOlder(grown, { messages: range(at, at + 99), more: true, moreAfter: true });
  }
  assertEquals(grown.entries.length, MAX_PAST);
  assertEquals([brief(grown.entries), grown.moreAfter], ["2000-3999", true]);
  for (let at = 4000; at <= 6000; at += 100) {
    grown = addNewer(grown, { messages: range(at, at + 99), more: true, moreAfter: true });
  }
  assertEquals([brief(grown.entries), grown.more], ["4100-6099", true]);
});

Deno.test("addNewer() marks a gap where the server has lost what followed", () => {
  const grown = addNewer(past(1, 9), { messages: range(20, 29), more: false, moreAfter: true });
  assertEquals(brief(grown.entries), "1-9 … 20-29");
});

Deno.test("addOlder() and addNewer() ask no more after an empty page, and ignore other messages", () => {
  const empty = { messages: [], more: true, moreAfter: true };
  assertEquals(addOlder(past(5, 9), empty).more, false);
  assertEquals(addNewer(past(5, 9), empty).moreAfter, false);
  const odd = { messages: [message(7), message(99)], more: true, moreAfter: true };
  assertEquals(brief(addOlder(past(5, 9), odd).entries), "5-9");
});

Deno.test("changePast() takes later states of known messages alone", () => {
  const before = past(5, 9);
  const edited = { ...message(6, "edited"), changed: messageId(20) };
  const after = changePast(before, [
    edited,
    { ...message(6, "older"), changed: messageId(12) },
    message(10),
  ]);
  assertEquals(after.entries.filter(isMessage).map(({ text }) => text)[1], "edited");
  assertEquals(brief(after.entries), "5-9");
  assertEquals(changePast(before, [message(6), message(10)]), before);
});

Deno.test("mergePast() leaves a gap wherever messages may be missing", () => {
  const gap = (after: number, isKept = true): Entry => ({
    id: `${messageId(after)}~`,
    gap: true,
    ...(isKept && {
      fill: {
        key: `${after}`,
        since: messageId(after),
        until: messageId(after + 1000),
        loaded: null,
        isLoading: false,
        isWhole: false,
        isRefused: false,
        isQuiet: false,
      },
    }),
  });
  const cases: [string, Entry[], Past, string][] = [
    ["into nothing", [], past(5, 9), "5-9"],
    ["above, touching", range(8, 12), past(5, 9), "5-12"],
    ["inside", range(1, 20), past(5, 9), "1-20"],
    ["below a gap", [...range(1, 2), gap(2), ...range(8, 12)], past(5, 9), "1-2 … 5-12"],
    ["over a gap", [...range(1, 2), gap(2), ...range(8, 12)], past(2, 9), "1-2 ? 3-12"],
    ["over a gap at the end", [...range(1, 2), gap(2)], past(2, 9), "1-2 ? 3-9"],
    ["over what was lost", [...range(1, 2), gap(2, false), ...range(8, 12)], past(2, 9), "1-12"],
    ["within a gap", [...range(1, 2), gap(2), ...range(20, 22)], past(5, 9), "1-2 … 5-9 … 20-22"],
    [
      "into a gap from above",
      [...range(1, 2), gap(2), ...range(20, 22)],
      past(2, 9),
      "1-9 … 20-22",
    ],
    ["before all", range(20, 22), past(5, 9), "5-9 … 20-22"],
    ["after all", range(1, 2), past(5, 9), "1-2 … 5-9"],
  ];
  for (const [name, entries, part, expected] of cases) {
    assertEquals(brief(mergePast(entries, part, messageId(12))), expected, name);
  }
});

/** Two neighbours with something missing between and no gap, or a wrong order. */
function holesIn(entries: readonly Entry[]): string[] {
  const holes: string[] = [];
  let last: number | undefined;
  entries.forEach((entry, index) => {
    if (index > 0 && (entries[index - 1]?.id ?? "") >= entry.id) holes.push(`order at ${index}`);
    if (isGap(entry)) last = undefined;
    if (!isMessage(entry)) return;
    const number = numberOf(entry);
    if (last !== undefined && number !== last + 1) holes.push(`${last} ${number}`);
    last = number;
  });
  return holes;
}

Deno.test("reduce() never shows two neighbours with something missing between, in random histories", () => {
  for (let seed = 1; seed <= 15; seed++) {
    const random = new SeededRandom(seed);
    const int = (most: number) => random.below(most);
    let head = 200 + int(600);
    /** The last message that the server keeps no more. */
    let floor = 0;
    const page = new Page().welcomed("Ada", 0).joined({
      messages: range(Math.max(1, head - int(100)), head),
      more: true,
      head: messageId(head),
    });
    /** Answers every request for the history as the server does. */
    const answer = () => {
      for (const command of page.state.pending) {
        if (command.type !== "history" || command.ref === undefined) continue;
        const { ref, before, after, around, since, limit } = command;
        const number = (id: string) => numberOf({ id });
        let [from, to] = [floor + 1, head];
        if (before !== undefined) [from, to] = [number(before) - limit, number(before) - 1];
        if (after !== undefined) [from, to] = [number(after) + 1, number(after) + limit];
        if (since !== undefined) [from, to] = [number(since) + 1, number(since) + limit];
        if (around !== undefined) {
          from = number(around) - limit / 2;
          to = from + limit - 1;
        }
        const messages = range(Math.max(floor + 1, from), Math.min(head, to));
        page.hears({
          type: "history",
          ref,
          room: "lobby",
          messages,
          more: (messages[0]?.id ?? messageId(floor + 1)) > messageId(floor + 1),
          moreAfter: (messages.at(-1)?.id ?? messageId(head)) < messageId(head),
        });
      }
    };
    for (let step = 0; step < 60; step++) {
      const steps: (() => void)[] = [
        () => wants(page, 1 + int(head)),
        () => page.does({ type: "older_wanted" }),
        () => page.does({ type: "newer_wanted" }),
        () => page.does({ type: "newer_wanted" }),
        () => page.does({ type: "present_wanted" }),
        () => page.says(++head),
        () => {
          const after = head;
          head += 2 + int(150);
          page.hears({
            type: "gap",
            room: "lobby",
            after: messageId(after),
            before: messageId(head),
          }).says(head);
        },
        () => {
          page.closes();
          const since = head;
          head += int(300);
          page.waits(500).welcomed("Ada", 0);
          const complete = head - since < 100;
          page.joined({
            complete,
            messages: range(complete ? since + 1 : head - 50, head),
            more: true,
            head: messageId(head),
            floor: messageId(floor),
          });
        },
        () => {
          if (int(4) === 0) floor += int(Math.min(200, head - floor));
        },
        () => {
          const [gap] = page.room.entries.filter(isFillable);
          if (gap) page.does({ type: "gap_wanted", key: gap.fill.key, isWhole: int(2) === 0 });
        },
        () => page.does({ type: "past_reread", id: messageId(1 + int(head)) }),
      ];
      steps[int(steps.length)]?.();
      if (int(4) > 0) answer();
      const holes = [...holesIn(page.room.entries), ...holesIn(partOnShow(page.room).entries)];
      assertEquals(holes, [], `seed ${seed}, step ${step}: ${log(page)}, ${shown(page)}`);
      if (page.room.past !== null) assert(page.room.past.entries.length <= MAX_PAST);
    }
    // Paging down leads to the present.
    for (let pages = 0; page.room.past !== null && pages < 60; pages++) {
      page.does({ type: "newer_wanted" });
      answer();
    }
    assertEquals(page.room.past, null, `seed ${seed}`);
    assertEquals(page.room.entries.findLast(isMessage)?.id, messageId(head), `seed ${seed}`);
  }
});

Deno.test("reduce() shows no text of a page that was deleted while the page was on its way", () => {
  const gone = { ...message(10, ""), deleted: true as const, changed: messageId(60) };
  const deletes = (page: Page) => page.hears({ type: "message", room: "lobby", ...gone });
  const log = online({ messages: [message(50)], more: true }).does({ type: "older_wanted" });
  deletes(log).pages([message(10, "secret"), message(11)]);
  assertEquals(log.log, ["", "text 11", "text 50"]);
  const past = online({ messages: [message(50)], more: true });
  past.does({ type: "message_wanted", room: "lobby", id: messageId(10) });
  deletes(past).pages([message(10, "secret"), message(11)], { moreAfter: true });
  assertEquals(past.room.past?.entries.map((entry) => "text" in entry && entry.text), [
    "",
    "text 11",
  ]);
  assertEquals(past.waits(1000).state.lateChanges, []);
});
