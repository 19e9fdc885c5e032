import { assert, assertEquals } from "@std/assert";
import { ORIGIN } from "../../chat/broker/broker.ts";
import { epochOf, Epochs, Positions } from "../../chat/broker/positions.ts";
import { positionAt, timeOf } from "../../chat/protocol/ulid.ts";

const NOW = 1_789_057_529_454;
const YEAR_MS = 365 * 86_400_000;

Deno.test("Positions.next() grows while the clock goes on, stands and is set back", () => {
  const positions = new Positions(new Epochs(), NOW);
  const made = [0, 1, 1, 5, -1000, 3, 6].map((ms) => positions.next(NOW + ms));
  assertEquals(made, made.toSorted());
  assertEquals(new Set(made).size, made.length);
  assertEquals(made.map((each) => timeOf(each) - NOW), [0, 1, 1, 5, 5, 5, 6]);
  assert(made[0] !== undefined && positions.start < made[0]);
});

Deno.test("Positions.next() goes on for more than one digit", () => {
  const positions = new Positions(new Epochs(), NOW);
  let last = positions.start;
  for (let i = 0; i < 40_000; i++) {
    const position = positions.next(NOW);
    if (position <= last) throw new Error(`${position} is not beyond ${last}`);
    last = position;
  }
  assert(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(last));
});

for (
  const [clock, later] of [
    ["stands still", NOW],
    ["was set back", NOW - YEAR_MS],
    ["was a year ahead before", NOW - YEAR_MS + 1000],
  ] as const
) {
  Deno.test(`Positions start above the head of the store when the clock ${clock}`, () => {
    const epochs = new Epochs();
    // The greater epoch comes first: in the same millisecond the next would be below it.
    const first = new Positions(epochs, NOW, () => "ZZZZ");
    const head = first.next(NOW);
    first.confirm(head);
    const second = new Positions(new Epochs(epochs), later, () => "0001");
    assert(second.start > head);
    assert(second.next(later) > second.start);
  });
}

Deno.test("Positions draw an epoch that the store does not know", () => {
  const epochs = new Epochs();
  new Positions(epochs, NOW, () => "000A");
  const draws = ["000A", "000A", "000B"];
  const { start } = new Positions(epochs, NOW, () => draws.shift() ?? "");
  assertEquals(epochOf(start), "000B");
});

Deno.test("Epochs.vouches() for what was confirmed in a known epoch, up to its last", () => {
  const epochs = new Epochs();
  const positions = new Positions(epochs, NOW);
  const [kept, failed] = [positions.next(NOW), positions.next(NOW)];
  assert(!epochs.vouches(kept));
  positions.confirm(kept);
  assert(epochs.vouches(kept) && epochs.vouches(positions.start));
  assert(!epochs.vouches(failed));
  const restored = new Epochs(epochs);
  assert(restored.vouches(kept) && !restored.vouches(failed));
  assert(!new Epochs().vouches(kept) && !epochs.vouches(ORIGIN));
  assertEquals(restored.newest, kept);
});

Deno.test("timeOf() and positionAt() are inverse, and bounded", () => {
  assertEquals(positionAt(0), ORIGIN);
  assertEquals(positionAt(-5), ORIGIN);
  assertEquals(timeOf(positionAt(NOW)), NOW);
  assertEquals(timeOf("ZZZZZZZZZZ"), 2 ** 48 - 1);
  assertEquals(timeOf("!"), 0);
});
