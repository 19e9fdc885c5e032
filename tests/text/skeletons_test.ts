import { assert, assertEquals } from "@std/assert";
import { checkName } from "../../chat/text/names.ts";
import { skeletonsOf } from "../../chat/text/skeletons.ts";
import { DIFFERENT, LOOK_ALIKES } from "./look_alikes.ts";
import { REAL_NAMES } from "./real_names.ts";

/** Values as they can be told apart in a failure: `"\u{200b}"` and not nothing. */
const escape = (text: string): string =>
  text.replace(/[^!-~]/gu, (each) => `\\u{${each.codePointAt(0)?.toString(16)}}`);

/** The skeletons of a name as a user types it; `undefined` if it is none. */
function skeletonsOfTyped(name: string): readonly string[] | undefined {
  const checked = checkName(name);
  return checked.ok ? skeletonsOf(checked.value) : undefined;
}

/** Whether somebody may be called `other` in a room where somebody is called `one`. */
function isFree(one: string, other: string): boolean {
  const taken = new Set(skeletonsOfTyped(one));
  assert(taken.size > 0, `"${escape(one)}" is no name`);
  return skeletonsOfTyped(other)?.every((each) => !taken.has(each)) ?? false;
}

for (const [kind, pairs] of Object.entries(LOOK_ALIKES)) {
  Deno.test(`skeletonsOf() and checkName() prevent impersonation by ${kind}`, () => {
    for (const [one = "", other = ""] of pairs) {
      assertEquals(isFree(one, other), false, `${one} and ${other} (${escape(other)})`);
    }
  });
}

Deno.test("skeletonsOf() shares a skeleton among names of one script that look the same", () => {
  const pairs = [
    ...[["Paul", "PauI"], ["Al", "AI"], ["Bill", "BiII"], ["Bernie", "Bemie"], ["David", "Davicl"]],
    ...[["Will", "VVill"], ["Bob", "B0b"], ["Sam", "5am"], ["PAUL", "paul"], ["BILL", "bill"]],
    ...[["Max", "Мах"], ["Nina", "ΝΙΝΑ"], ["ouo", "օսօ"], ["Ada", "ᎪᎠᎪ"], ["Sen", "ꓢꓰꓠ"]],
    ...[["COC", "ⲤⲞⲤ"], ["HAM", "ᕼᗅᗰ"], ["Ada", "ᴀᴅᴀ"], ["O'Brien", "O’Brien"]],
    ...[["Jean-Luc", "Jean‐Luc"], ["Jean-Luc", "Jean−Luc"], ["می‌نا", "مینا"]],
  ];
  for (const [one = "", other = ""] of pairs) {
    assert(skeletonsOfTyped(other) !== undefined, `"${other}" is no name`);
    assertEquals(isFree(one, other), false, `${one} and ${other}`);
  }
});

Deno.test("skeletonsOf() is symmetric", () => {
  for (const [one = "", other = ""] of Object.values(LOOK_ALIKES).flat()) {
    if (skeletonsOfTyped(other) === undefined) continue;
    assertEquals(isFree(other, one), false, `${other} and ${one}`);
  }
});

Deno.test("skeletonsOf() shares no skeleton among names that look different", () => {
  for (const [one = "", other = ""] of DIFFERENT) {
    assertEquals(isFree(one, other), true, `${one} and ${other}`);
  }
});

Deno.test("skeletonsOf() distinguishes the names of real people", () => {
  const names = Object.values(REAL_NAMES).flat();
  const owners = new Map<string, string>();
  for (const name of names) {
    for (const skeleton of skeletonsOfTyped(name) ?? []) {
      assertEquals(owners.get(skeleton) ?? name, name);
      owners.set(skeleton, name);
    }
  }
});

Deno.test("skeletonsOf() returns one to three skeletons of bounded length", () => {
  const names = [
    ...Object.values(REAL_NAMES).flat(),
    ...Object.values(LOOK_ALIKES).flat(2),
    ...["mmmmmmmm", "𝕎", "각", "\u1e69", "\u0344", "ﷺ"].map((each) => each.repeat(32)),
  ];
  for (const name of names) {
    const skeletons = skeletonsOf(name);
    assert(skeletons.length >= 1 && skeletons.length <= 3, escape(name));
    for (const each of skeletons) assert(each.length <= name.length * 8, escape(name));
  }
});

Deno.test("skeletonsOf() returns one skeleton for a name in usual spelling", () => {
  const counts = ["Ada", "Bob", "Нина", "李", "Ada Lovelace", "PAUL", "νίκος"].map((name) =>
    skeletonsOf(name).length
  );
  assertEquals(counts, [1, 1, 1, 1, 1, 2, 2]);
});
