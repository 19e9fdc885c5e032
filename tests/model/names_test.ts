import { assertEquals } from "@std/assert";
import { checkName } from "../../chat/text/names.ts";
import {
  foldForComparison,
  foldForSearch,
  foldName,
  nameProblem,
  parseId,
  parseRoom,
  roomOfLink,
  roomOfPath,
  suggestName,
} from "../../static/model/names.js";
import { REAL_NAMES } from "../text/real_names.ts";

Deno.test("foldName() normalises a name like the server", () => {
  assertEquals(["  Ada \n L ", "Ａｄａ"].map(foldName), ["Ada L", "Ada"]);
});

Deno.test("nameProblem() counts code points", () => {
  assertEquals(nameProblem("😀".repeat(32), 32), "");
  assertEquals(
    nameProblem("x".repeat(33), 32),
    "A name has at most 32 characters; this one has 33.",
  );
  assertEquals(nameProblem("  ", 32), "Please enter a name.");
});

Deno.test("nameProblem() and foldName() agree with the server", () => {
  const names = [
    "می‌خواهم",
    "ශ්‍රී",
    "👩‍💻 Ada",
    "शर्मा‌जी",
    "\ufe0fAda",
    "Ada \ufe0fL",
    "❤️",
    "  ﬁnn  x ",
  ];
  for (const name of [...names, ...Object.values(REAL_NAMES).flat()]) {
    const checked = checkName(name);
    assertEquals(foldName(name), checked.ok && checked.value, name);
    assertEquals(nameProblem(name, 32), "");
  }
});

Deno.test("nameProblem() does not normalise a name that is far too long", () => {
  const pasted = "\u0344".repeat(4000);
  assertEquals(foldName(pasted), pasted);
  assertEquals(
    nameProblem(pasted, 32),
    "A name has at most 32 characters; this one is far longer.",
  );
});

Deno.test("foldForSearch() folds width, case and diacritics, and nothing that is far too long", () => {
  assertEquals(["Zoë", "ＺＯＥ", "zoe\u0301", "Weiß"].map(foldForSearch), [
    ...["zoe", "zoe", "zoe", "weiss"],
  ]);
  const pasted = "\u0344".repeat(4000);
  assertEquals(foldForSearch(pasted), pasted);
});

Deno.test("foldForComparison() is the same for names that differ in case, joiners and selectors", () => {
  const pairs = [
    ["می‌خواهم", "میخواهم"],
    ["ශ්‍රී", "ශ්රී"],
    ["👩‍👩‍👧", "👩👩👧"],
    ["❤️ Ada", "❤ ADA"],
    ["Weiß", "WEISS"],
  ];
  for (const [a = "", b = ""] of pairs) assertEquals(foldForComparison(a), foldForComparison(b));
  assertEquals(foldForComparison("Ada") === foldForComparison("Adá"), false);
});

Deno.test("suggestName() increments the number, within the limit", () => {
  const cases = [["Ada", "Ada 2"], ["Ada 2", "Ada 3"], ["R2D2", "R2D2 2"], ["Ada 99", "Ada 100"]];
  for (const [name = "", suggestion] of cases) assertEquals(suggestName(name, 32), suggestion);
  assertEquals(suggestName("x".repeat(32), 32), `${"x".repeat(30)} 2`);
  assertEquals(suggestName("😀".repeat(32), 32), `${"😀".repeat(30)} 2`);
  assertEquals(suggestName(`${"x".repeat(27)}👩‍👩‍👧`, 32), `${"x".repeat(27)} 2`);
  assertEquals(suggestName(`${"ا".repeat(29)}\u200cاا`, 32), `${"ا".repeat(29)} 2`);
});

Deno.test("parseRoom() accepts the room names of the protocol", () => {
  assertEquals([" Garden ", "a-b_9"].map(parseRoom), ["garden", "a-b_9"]);
  assertEquals(
    ["", "-a", "ä", "a/b", "x".repeat(65)].map(parseRoom),
    Array(5).fill(undefined),
  );
});

Deno.test("parseId() takes ULIDs in either case, and nothing else", () => {
  const id = "01J8ZX5VWQABCDEFGHJKMNPQRS";
  const cases = [
    id,
    id.toLowerCase(),
    "",
    "message",
    `${id}0`,
    `8${id.slice(1)}`,
    `${id.slice(1)}U`,
  ];
  assertEquals(cases.map(parseId), [id, id, ...Array(5).fill(undefined)]);
});

Deno.test("roomOfPath() returns the room of a path, or the lobby", () => {
  const rooms = ["/r/garden", "/r/Garden/", "/", "/r/", "/r/a/b", "/r/%2e"].map((path) =>
    roomOfPath(path)
  );
  assertEquals(rooms, ["garden", "garden", "lobby", "lobby", "lobby", "lobby"]);
});

Deno.test("roomOfLink() returns rooms and messages of this server only", () => {
  const id = "01J8ZX5VWQ0000000000000000";
  const cases: [string, { room: string; message?: string } | undefined][] = [
    ["https://chat.test/r/garden", { room: "garden" }],
    ["https://chat.test/r/Garden/", { room: "garden" }],
    [`https://chat.test/r/garden#${id}`, { room: "garden", message: id }],
    [`https://chat.test/r/garden/#${id.toLowerCase()}`, { room: "garden", message: id }],
    // The skip link, and others that the browser follows.
    ["https://chat.test/r/garden#message", undefined],
    [`https://chat.test/r/garden#${id}#${id}`, undefined],
    [`https://chat.test/#${id}`, undefined],
    ["https://chat.test/", undefined],
    ["https://chat.test/r/", undefined],
    ["https://chat.test/r/no%20room", undefined],
    ["https://chat.test/r/garden?embed", undefined],
    ["https://chat.test/metrics", undefined],
    ["http://chat.test/r/garden", undefined],
    ["https://chat.test.evil/r/garden", undefined],
    ["", undefined],
  ];
  for (const [href, found] of cases) assertEquals(roomOfLink(href, "https://chat.test"), found);
});
