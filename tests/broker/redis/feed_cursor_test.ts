import { assertEquals } from "@std/assert";
import { FeedCursor, type Joined } from "../../../chat/broker/redis/feed_cursor.ts";

const JOINED: Joined = {
  epoch: "AAAA",
  newest: "",
  number: 5,
  firstNumber: 3,
  lastId: "7-0",
  lastSignalId: "2-0",
  lastTypingId: "3-0",
  epochs: [],
};

function cursorAt(joined: Joined): FeedCursor {
  const cursor = new FeedCursor();
  cursor.join(joined);
  return cursor;
}

Deno.test("FeedCursor.join() begins at the end of the feed", () => {
  const cursor = new FeedCursor();
  assertEquals(cursor.join(JOINED), true);
  assertEquals([cursor.epoch, cursor.number, cursor.id, cursor.signalId], [
    "AAAA",
    5,
    "7-0",
    "2-0",
  ]);
});

Deno.test("FeedCursor.join() goes on where it was, as long as nothing after it was trimmed", () => {
  for (
    const [firstNumber, isLost, number] of [[1, false, 5], [6, false, 5], [7, true, 6]] as const
  ) {
    const cursor = cursorAt(JOINED);
    const joined = { ...JOINED, number: 9, firstNumber, lastId: "9-0" };
    assertEquals([cursor.join(joined), cursor.number, cursor.id], [isLost, number, "7-0"]);
  }
});

Deno.test("FeedCursor.join() of another life goes to its end", () => {
  const cursor = cursorAt(JOINED);
  assertEquals(cursor.join({ ...JOINED, epoch: "BBBB", number: 1, lastId: "8-0" }), true);
  assertEquals([cursor.epoch, cursor.number, cursor.id], ["BBBB", 1, "8-0"]);
});

Deno.test("FeedCursor.take() goes on after an entry without a number", () => {
  const cursor = cursorAt(JOINED);
  assertEquals([NaN, 0.5, 6].map((number) => cursor.take("AAAA", number)), [
    "other",
    "other",
    "next",
  ]);
});

Deno.test("FeedCursor.take() knows the next entry, a hole, what is old and another life", () => {
  const cursor = cursorAt(JOINED);
  const entries = [["AAAA", 6], ["AAAA", 6], ["AAAA", 8], ["BBBB", 9], ["AAAA", 9]] as const;
  assertEquals(
    entries.map(([epoch, number]) => cursor.take(epoch, number)),
    ["next", "old", "hole", "other", "next"],
  );
});
