import { assertEquals } from "@std/assert";
import { ERROR_CODES } from "../../chat/protocol/types.ts";
import {
  isKeptSince,
  joinedCursor,
  movedCursor,
  positionOf,
  rejoinMs,
} from "../../static/client/resume.js";

const id = (n: number): string => `01J${String(n).padStart(23, "0")}`;
const message = (n: number, changed?: number) => ({
  id: id(n),
  time: 0,
  user: { id: "bobbobbobbobbobb", name: "Bob" },
  text: "",
  ...(changed !== undefined && { changed: id(changed) }),
});

Deno.test("positionOf() is the last change, or the id", () => {
  assertEquals([positionOf(message(1)), positionOf(message(1, 5))], [id(1), id(5)]);
});

Deno.test("joinedCursor() is the head, unless messages follow", () => {
  const joined = { messages: [message(3), message(1, 4)], head: id(9), follow: 0 };
  assertEquals(joinedCursor({ since: null }, joined), { since: id(9), follow: 0 });
  assertEquals(joinedCursor({ since: id(2) }, { ...joined, follow: 5 }), {
    since: id(4),
    follow: 5,
  });
  assertEquals(
    joinedCursor({ since: id(2) }, { ...joined, messages: [], follow: 5 }).since,
    id(2),
  );
});

Deno.test("movedCursor() only moves forward", () => {
  const cursor = { since: id(5), follow: 1 };
  assertEquals(movedCursor(cursor, message(6)), { since: id(6), follow: 0 });
  assertEquals(movedCursor(cursor, message(4)), { since: id(5), follow: 0 });
  assertEquals(movedCursor({ ...cursor, follow: 0 }, message(4, 7)).since, id(7));
});

Deno.test("isKeptSince() is true from the floor to the head", () => {
  const joined = { floor: id(3), head: id(6) };
  const kept = [2, 3, 6, 7].map((since) => isKeptSince(joined, id(since)));
  assertEquals(kept, [false, true, true, false]);
  assertEquals(isKeptSince({ head: id(6) }, id(5)), false);
});

Deno.test("rejoinMs() is Infinity for refusals that time does not mend", () => {
  const mended = ERROR_CODES.filter((code) => rejoinMs({ code }) < Infinity);
  assertEquals(mended, ["rate_limited", "kicked", "unavailable", "internal"]);
  assertEquals(rejoinMs({ code: "kicked", retryMs: 60_000 }), 60_000);
});
