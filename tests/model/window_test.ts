import { assert, assertEquals } from "@std/assert";
import type { Entry } from "../../static/model/log.js";
import {
  around,
  extendDown,
  extendUp,
  findPlace,
  follow,
  type LogWindow,
  MAX_DRAWN,
  rangeOf,
  tailOf,
} from "../../static/model/log_window.js";

const entriesFrom = (first: number, end: number): Entry[] =>
  Array.from({ length: end - first }, (_, index) => ({
    id: String(first + index).padStart(26, "0"),
    time: 0,
    user: { id: "a", name: "Ada" },
    text: "",
  }));
const LOG = entriesFrom(0, 10_000);

const sizeOf = (shown: LogWindow, entries: Entry[] = LOG): number => {
  const { start, end } = rangeOf(entries, shown);
  return end - start;
};

Deno.test("tailOf() has the newest entries, or all of a short log", () => {
  const { start, end } = rangeOf(LOG, tailOf(LOG));
  assert(start > 9000 && end === 10_000);
  assertEquals(rangeOf(LOG.slice(0, 3), tailOf(LOG.slice(0, 3))), { start: 0, end: 3 });
  assertEquals(rangeOf([], tailOf([])), { start: 0, end: 0 });
});

Deno.test("extendUp() and extendDown() reach both ends, and never exceed the most rows", () => {
  let shown = tailOf(LOG);
  for (let step = 0; step < 120; step++) {
    shown = extendUp(LOG, shown);
    assert(sizeOf(shown) <= MAX_DRAWN);
  }
  assertEquals(rangeOf(LOG, shown).start, 0);
  assert(shown.last !== "");
  for (let step = 0; step < 120; step++) {
    shown = extendDown(LOG, shown);
    assert(sizeOf(shown) <= MAX_DRAWN);
  }
  assertEquals([rangeOf(LOG, shown).end, shown.last], [10_000, ""]);
});

Deno.test("rangeOf() keeps its entries when older ones come", () => {
  const newer = entriesFrom(100, 200);
  const shown = tailOf(newer);
  assertEquals(rangeOf(entriesFrom(0, 200), shown), { start: 100, end: 200 });
});

Deno.test("follow() moves to the newest entries at the bottom, and stays elsewhere", () => {
  const shown = tailOf(LOG.slice(0, 100));
  assertEquals(follow(LOG.slice(0, 400), shown, true), shown);
  assertEquals(follow(LOG, shown, true), tailOf(LOG));
  assertEquals(rangeOf(LOG, follow(LOG, shown, false)), { start: 0, end: MAX_DRAWN });
});

Deno.test("follow() stays around what is in sight when a gap above it is filled", () => {
  const before = [...entriesFrom(0, 100), ...entriesFrom(9_900, 10_000)];
  const shown = { first: LOG[0]?.id ?? "", last: "" };
  assertEquals(sizeOf(shown, before), 200);
  const { start, end } = rangeOf(LOG, follow(LOG, shown, false, LOG[9_900]?.id));
  assert(start < 9_850 && end > 9_950, `${start} to ${end}`);
  assert(end - start <= MAX_DRAWN);
});

Deno.test("around() has some entries before one, or the tail if that is near", () => {
  const { start, end } = rangeOf(LOG, around(LOG, LOG[5000]?.id ?? ""));
  assert(start < 5000 && start > 4800 && end > 5100);
  assertEquals(around(LOG, LOG[9990]?.id ?? ""), tailOf(LOG));
});

Deno.test("findPlace() keeps a place, or takes the next message if its message is dropped", () => {
  const place = { id: LOG[5000]?.id ?? "", offset: -12 };
  assertEquals(findPlace(LOG, place), place);
  assertEquals(findPlace(LOG.slice(6000), place), { id: LOG[6000]?.id, offset: 0 });
  const gap: Entry = { id: `${LOG[5999]?.id}~`, gap: true };
  assertEquals(findPlace([gap, ...LOG.slice(6000)], place), { id: LOG[6000]?.id, offset: 0 });
  assertEquals([findPlace([], place), findPlace(LOG, undefined)], [null, null]);
});
