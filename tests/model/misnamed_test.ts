import { assertEquals } from "@std/assert";
import { checkRoom } from "../../chat/text/names.ts";
import { offerRoom, roomProblem, writtenRoom } from "../../static/model/misnamed.js";

const LETTERS = "Names of rooms have only letters a to z, digits, - and _.";
const BEGIN = "Names of rooms begin with a letter or a digit.";
const LENGTH = "Names of rooms have at most 64 characters; this one has 70.";

const CASES: readonly (readonly [written: string, problem: string, offer: string])[] = [
  ["Küche", LETTERS, "kueche"],
  ["Ku\u0308che", LETTERS, "kueche"],
  ["GROẞE Straße", LETTERS, "grosse-strasse"],
  ["Ärger & Öl", LETTERS, "aerger-oel"],
  ["café", LETTERS, "cafe"],
  ["Łódź", LETTERS, "lodz"],
  ["Ærø", LETTERS, "aero"],
  ["İstanbul", LETTERS, "istanbul"],
  ["ﬁｎｎ２", LETTERS, "finn2"],
  ["it's here", LETTERS, "its-here"],
  ["a/b.c", LETTERS, "a-b-c"],
  ["☕ coffee 👩‍💻!", LETTERS, "coffee"],
  ["🇩🇪", LETTERS, ""],
  ["会议", LETTERS, ""],
  ["会议 room", LETTERS, ""],
  ["кухня", LETTERS, ""],
  ["room ٣", LETTERS, ""],
  ["a\0b\u202Ec\ud800", LETTERS, "a-b-c"],
  ["-x", BEGIN, "x"],
  ["__init__", BEGIN, "init__"],
  ["-", BEGIN, ""],
  ["x".repeat(70), LENGTH, "x".repeat(64)],
  [`${"x".repeat(63)}-${"y".repeat(6)}`, LENGTH, "x".repeat(63)],
  [`${"ü".repeat(70)}`, LETTERS, "ue".repeat(32)],
  ["\ufdfa".repeat(4000), LETTERS, ""],
  ["", "Please enter the name of a room.", ""],
  ["  ", "Please enter the name of a room.", ""],
];

Deno.test("roomProblem() explains an invalid name, and offerRoom() returns the nearest valid one", () => {
  for (const [written, problem, offer] of CASES) {
    assertEquals([roomProblem(written), offerRoom(written)], [problem, offer], written);
    if (offer !== "") assertEquals(checkRoom(offer), { ok: true, value: offer });
  }
});

Deno.test("writtenRoom() returns the text of a room's name in a path", () => {
  const cases: [string, string | undefined][] = [
    ["/", undefined],
    ["/rooms", undefined],
    ["/index.html", undefined],
    ["/r", ""],
    ["/r/", ""],
    ["/r/lobby", "lobby"],
    ["/r/lobby/", "lobby"],
    ["/r/k%C3%BCche", "küche"],
    ["/r/a%20b", "a b"],
    ["/r/a/b/", "a/b"],
    ["/r/%ff", "%ff"],
    ["/r/%", "%"],
  ];
  for (const [path, written] of cases) assertEquals(writtenRoom(path), written, path);
});
