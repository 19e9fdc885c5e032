import { assertEquals } from "@std/assert";
import {
  describeBeginning,
  describeEmpty,
  describeKeeping,
  describePeople,
  parseFacts,
} from "../../static/model/facts.js";

Deno.test("parseFacts() parses the response of /healthz, and ignores invalid values", () => {
  const answer = { status: "ok", connections: 3, rooms: 1, users: 2, history: 1000 };
  assertEquals(parseFacts(answer), { users: 2, history: 1000 });
  const keeping = { users: 2, history: 1000, keepDays: 0 };
  assertEquals(parseFacts({ ...answer, keepDays: 0 }), keeping);
  assertEquals(parseFacts({ ...answer, keepDays: -1 }), { users: 2, history: 1000 });
  for (const users of [undefined, "2", -1, 0.5, NaN, null]) {
    assertEquals(parseFacts({ ...answer, users }), { history: 1000 });
  }
  for (const answer of [undefined, null, 1, "", [], { users: 1 }, { history: "1" }]) {
    assertEquals(parseFacts(answer), undefined);
  }
});

Deno.test("describePeople() counts the other users", () => {
  assertEquals(describePeople({ history: 1000 }), "");
  const sentences = [0, 1, 3, 1234].map((users) => describePeople({ users, history: 1000 }));
  assertEquals(sentences, [
    "Nobody else is here yet.",
    "1 person is here now.",
    "3 people are here now.",
    "1,234 people are here now.",
  ]);
});

Deno.test("describeKeeping() tells how many messages are kept, and how long", () => {
  const sentences = [1, 1000].map((history) => describeKeeping({ users: 0, history }));
  assertEquals(sentences, [
    "At most 1 message of a room is kept, until the server restarts.",
    "At most 1,000 messages of a room are kept, until the server restarts.",
  ]);
  const days = [0, 1, 1000].map((keepDays) => describeKeeping({ users: 0, history: 9, keepDays }));
  assertEquals(days, [
    "What is said here is kept.",
    "What is said here is kept for a day.",
    "What is said here is kept for 1,000 days.",
  ]);
});

Deno.test("describeBeginning() tells where a room begins, and how long messages are kept", () => {
  const origin = "0".repeat(26);
  const floor = "01J00000000000000000000000";
  const sentences = [
    { keepDays: null, floor: null },
    { keepDays: 0, floor: origin },
    { keepDays: 0, floor },
    { keepDays: 1, floor: origin },
    { keepDays: 1000, floor },
  ].map((kept) => describeBeginning("lobby", kept));
  assertEquals(sentences, [
    "Only the newest messages are kept, until the server restarts.",
    "#lobby begins here. What is said is kept.",
    "Older messages are no longer kept.",
    "Messages are deleted after a day.",
    "Messages are deleted after 1,000 days.",
  ]);
});

Deno.test("describeEmpty() does not claim that nothing was said where messages were deleted", () => {
  const nothing = "Nothing has been said here yet. Say hello!";
  assertEquals(describeEmpty({ keepDays: null, floor: "01J00000000000000000000000" }), nothing);
  assertEquals(describeEmpty({ keepDays: 3, floor: "0".repeat(26) }), nothing);
  const empty = describeEmpty({ keepDays: 3, floor: "01J00000000000000000000000" });
  assertEquals(empty, "There are no messages here. Say hello!");
});
