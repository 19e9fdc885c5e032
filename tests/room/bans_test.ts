import { assert, assertEquals } from "@std/assert";
import { MAX_DOCUMENT_LENGTH } from "../../chat/broker/broker.ts";
import {
  type Ban,
  banDocument,
  Bans,
  combineOrigins,
  encodeBans,
  MAX_INSIDE,
  NOWHERE,
  reviseBans,
  reviseOrigin,
  ROOM_DOCUMENTS,
  UNKNOWN_ADDRESS,
} from "../../chat/room/bans.ts";

const id = (letter: string) => letter.repeat(16);
const NOW = 1_789_057_529_454;

function banOf(over: Partial<Ban> = {}): Ban {
  return {
    ...{ kind: "kick", id: id("a"), name: "Ada", until: NOW + 1000, by: id("m"), at: NOW },
    ...{ address: "", inside: [] },
    ...over,
  };
}

/** Bans of a document with these. */
function bansOf(...given: readonly Ban[]): Bans {
  const bans = new Bans();
  bans.apply("bans/0", { position: "1", body: encodeBans(given) });
  return bans;
}

const suspect = (letter: string, address = "", isExempt = false) => (
  { id: id(letter), address: () => address, isExempt }
);

Deno.test("reviseBans() replaces the ban of a kind and user, and drops what has expired", () => {
  const body = encodeBans([
    banOf(),
    banOf({ kind: "mute" }),
    banOf({ id: id("b"), until: NOW }),
    banOf({ id: id("c") }),
  ]);
  const next = banOf({ until: NOW + 5000 });
  const kept = reviseBans(body, next, NOW);
  assertEquals(kept.map(({ kind, id, until }) => [kind, id.charAt(0), until - NOW]), [
    ["mute", "a", 1000],
    ["kick", "c", 1000],
    ["kick", "a", 5000],
  ]);
  assertEquals(reviseBans(body, banOf({ kind: "mute", until: NOW }), NOW).length, 2);
  // A kick for no time is kept until the next change, so that every instance hears of it.
  assertEquals(reviseBans(undefined, banOf({ until: NOW }), NOW).length, 1);
});

Deno.test("reviseBans() drops the oldest of too many, and a document of the longest fits", () => {
  let body: string | undefined;
  for (let i = 0; i < 120; i++) {
    const ban = banOf({
      id: `${id("a").slice(3)}${i}`.padStart(16, "b").slice(-16),
      name: '"'.repeat(31) + "🙂",
      address: "f".repeat(20),
      inside: Array.from({ length: MAX_INSIDE }, () => id("z")),
    });
    body = encodeBans(reviseBans(body, ban, NOW));
  }
  assertEquals(JSON.parse(body ?? "").length, 100);
  assert((body ?? "").length < MAX_DOCUMENT_LENGTH, `${body?.length}`);
  assert(new TextEncoder().encode("🙂".repeat(32)).length === 128);
});

Deno.test("Bans.find() finds by id, and newcomers by address, until it ends", () => {
  const bans = bansOf(banOf({ address: "x", inside: [id("i")] }));
  const finds = (who: ReturnType<typeof suspect>, now = NOW) => bans.find("kick", who, now)?.id;
  assertEquals(finds(suspect("a", "elsewhere", true)), id("a"));
  assertEquals(finds(suspect("n", "x")), id("a"));
  assertEquals(finds(suspect("n", "y")), undefined);
  assertEquals(finds(suspect("i", "x")), undefined, "who was inside");
  assertEquals(finds(suspect("m", "x", true)), undefined, "who has a role");
  assertEquals(finds(suspect("a"), NOW + 1000), undefined);
  assertEquals(finds(suspect("n", "x"), NOW + 1000), undefined);
  assertEquals(bans.find("mute", suspect("a"), NOW), undefined);
});

Deno.test("Bans.apply() takes later documents alone, and tells which bans are fresh", () => {
  const bans = bansOf(banOf());
  assertEquals(bans.takeFresh().length, 1);
  const next = { position: "2", body: encodeBans([banOf(), banOf({ id: id("b") })]) };
  assert(bans.apply("bans/0", next) && !bans.apply("bans/0", { ...next, position: "1" }));
  assertEquals(bans.takeFresh().map((each) => each.id), [id("b")]);
  // Again, later: it is fresh once more.
  bans.apply("bans/0", { position: "3", body: encodeBans([banOf({ at: NOW + 1 })]) });
  assertEquals(bans.takeFresh().map((each) => each.id), [id("a")]);
  assertEquals(bans.list(NOW).map((each) => each.id), [id("a")]);
});

Deno.test("Bans.apply() tells of a ban once more when its address is known", () => {
  const bans = bansOf(banOf({ address: UNKNOWN_ADDRESS }));
  assertEquals(bans.takeFresh().length, 1);
  const known = banOf({ address: "x", inside: [id("i")] });
  bans.apply("bans/0", { position: "2", body: encodeBans([known]) });
  assertEquals(bans.takeFresh(), [known]);
  const body = encodeBans([{ ...known, inside: [id("i"), id("j")] }]);
  bans.apply("bans/0", { position: "3", body });
  assertEquals(bans.takeFresh(), []);
});

Deno.test("combineOrigins() adds those who are inside, until too many share the address", () => {
  const at = (...letters: readonly string[]) => ({ address: "x", inside: letters.map(id) });
  const unknown = { address: UNKNOWN_ADDRESS, inside: [] };
  const many = Array.from({ length: MAX_INSIDE }, (_, i) => String.fromCharCode(97 + i));
  assertEquals(combineOrigins(at("a"), at("a", "b")), at("a", "b"));
  assertEquals(combineOrigins(at("a"), at("a")), undefined);
  assertEquals(combineOrigins(unknown, at()), at());
  assertEquals(combineOrigins(at("a"), NOWHERE), NOWHERE);
  assertEquals(combineOrigins(NOWHERE, at("a")), undefined);
  assertEquals(combineOrigins(at("a"), at(...many)), at(...many));
  assertEquals(combineOrigins(at("z"), at(...many)), NOWHERE);
});

Deno.test("reviseOrigin() changes the ban that was given, and no other", () => {
  const ban = banOf({ address: "x" });
  const other = banOf({ id: id("b"), address: "x" });
  const origin = { address: "x", inside: [id("i")] };
  const body = encodeBans([other, ban]);
  assertEquals(reviseOrigin(body, ban, origin), [other, { ...ban, ...origin }]);
  assertEquals(reviseOrigin(encodeBans([other]), ban, origin), undefined);
  assertEquals(reviseOrigin(encodeBans([{ ...ban, at: NOW + 1 }]), ban, origin), undefined);
  assertEquals(reviseOrigin(undefined, ban, origin), undefined);
});

Deno.test("banDocument() spreads users over all documents", () => {
  const letters = [..."abcdefghijklmnopqrstuvwxyz234567"];
  const ids = letters.flatMap((a) => letters.map((b) => a + b));
  assertEquals(new Set(ids.map((each) => banDocument(each, ROOM_DOCUMENTS))).size, ROOM_DOCUMENTS);
});
