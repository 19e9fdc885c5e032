import { assertEquals } from "@std/assert";
import { Presence } from "../../chat/room/presence.ts";
import type { PresenceEvent, User } from "../../chat/protocol/types.ts";
import { skeletonsOf as realSkeletonsOf } from "../../chat/text/skeletons.ts";
import { SeededRandom } from "../support/seeded_random.ts";

const GRACE_MS = 5000;
const NOW = 1_789_057_529_454;
const ADA = { id: "ada", name: "Ada" };
const BOB = { id: "bob", name: "Bob" };
const EVE = { id: "eve", name: "Eve" };

const skeletonsOf = ({ name }: User): string[] => [name.toLowerCase()];

/** A room whose users all have entered, and are known to everyone. */
function presenceOf(...users: User[]): Presence {
  const presence = new Presence(GRACE_MS);
  for (const user of users) enter(presence, user);
  presence.forgetBefore(presence.position);
  return presence;
}

function enter(presence: Presence, user: User): void {
  presence.enter(user, skeletonsOf(user));
}

function membersOf(presence: Presence): User[] {
  return JSON.parse(presence.encodedMembers);
}

function rename(presence: Presence, id: string, name: string): void {
  presence.rename({ id, name }, [name.toLowerCase()]);
}

/** What somebody is told who knew everything before `change`. */
function told(presence: Presence, change: (presence: Presence) => void): PresenceEvent | undefined {
  const { position } = presence;
  change(presence);
  return presence.changesSince(position, "lobby");
}

Deno.test("Presence.enter() adds a user once, whatever the number of connections", () => {
  const presence = presenceOf(ADA);
  const event = told(presence, () => enter(presence, ADA));
  assertEquals([event, presence.count, membersOf(presence)], [undefined, 1, [ADA]]);
});

Deno.test("Presence.leave() removes a user with the last connection", () => {
  const presence = presenceOf(ADA, ADA, BOB);
  assertEquals([presence.leave("ada"), presence.has("ada")], [false, true]);
  assertEquals([presence.leave("ada"), presence.has("ada")], [true, false]);
  assertEquals(membersOf(presence), [BOB]);
});

Deno.test("Presence.leave() ignores users who are not there", () => {
  const presence = presenceOf(ADA);
  assertEquals([presence.leave("bob"), presence.count], [false, 1]);
});

Deno.test("Presence.encodedMembers names users in the order in which they came", () => {
  assertEquals(membersOf(presenceOf()), []);
  assertEquals(membersOf(presenceOf(EVE, ADA, BOB)), [EVE, ADA, BOB]);
});

Deno.test("Presence.encodedMembers names the first members, 200 at most", () => {
  const users = Array.from({ length: 202 }, (_, i) => ({ id: `id${i}`, name: `Name ${i}` }));
  const presence = new Presence(GRACE_MS);
  for (const [i, user] of users.entries()) {
    enter(presence, user);
    assertEquals(membersOf(presence), users.slice(0, Math.min(i + 1, 200)));
  }
  presence.leave("id0");
  assertEquals(membersOf(presence), users.slice(1, 201));
});

Deno.test("Presence.encodedMembers names only a few of a crowd", () => {
  const presence = new Presence(GRACE_MS);
  const numbers = [500, 501].map((size) => {
    for (let i = presence.count; i < size; i++) enter(presence, { id: `id${i}`, name: `N${i}` });
    return membersOf(presence).length;
  });
  presence.leave("id500");
  assertEquals([...numbers, membersOf(presence).length], [200, 20, 200]);
});

Deno.test("Presence.lose() keeps a user for the grace period", () => {
  const presence = presenceOf(ADA, BOB);
  const event = told(presence, () => presence.lose("ada", NOW));
  assertEquals([event, presence.has("ada"), presence.hasAbsent], [undefined, true, true]);
  assertEquals(presence.expire(NOW + GRACE_MS - 1), []);
  assertEquals(presence.has("ada"), true);
  assertEquals(presence.expire(NOW + GRACE_MS), ["ada"]);
  assertEquals([presence.has("ada"), presence.hasAbsent], [false, false]);
});

Deno.test("Presence.lose() keeps a user with another connection for good", () => {
  const presence = presenceOf(ADA, ADA);
  presence.lose("ada", NOW);
  assertEquals([presence.hasAbsent, presence.expire(NOW + 2 * GRACE_MS)], [false, []]);
});

Deno.test("Presence.expire() removes only users whose grace period is over", () => {
  const presence = presenceOf(ADA, BOB, EVE);
  presence.lose("bob", NOW);
  presence.lose("ada", NOW + 100);
  assertEquals(presence.expire(NOW + GRACE_MS), ["bob"]);
  assertEquals(presence.expire(NOW + GRACE_MS + 100), ["ada"]);
  assertEquals(membersOf(presence), [EVE]);
});

Deno.test("Presence.expire() keeps a user who came back, and starts a new grace period for the next loss", () => {
  const presence = presenceOf(ADA, BOB);
  presence.lose("ada", NOW);
  presence.lose("bob", NOW + 1000);
  enter(presence, ADA);
  assertEquals([presence.hasAbsent, membersOf(presence)], [true, [ADA, BOB]]);
  presence.lose("ada", NOW + 2000);
  assertEquals(presence.expire(NOW + GRACE_MS + 1999), ["bob"]);
  assertEquals(presence.expire(NOW + GRACE_MS + 2000), ["ada"]);
});

Deno.test("Presence.expire() removes at once without a grace period", () => {
  const presence = new Presence(0);
  enter(presence, ADA);
  presence.lose("ada", NOW);
  assertEquals(presence.expire(NOW), ["ada"]);
});

Deno.test("Presence.isTaken() is true of names that others have", () => {
  const presence = presenceOf(ADA, BOB);
  const table: [id: string, skeletons: string[], taken: boolean][] = [
    ["eve", ["ada"], true],
    ["eve", ["other", "bob"], true],
    ["eve", ["eve"], false],
    ["ada", ["ada"], false],
    ["ada", ["bob"], true],
    ["eve", ["constructor"], false],
  ];
  for (const [id, skeletons, taken] of table) {
    assertEquals(presence.isTaken(skeletons, id), taken, `${id} as ${skeletons}`);
  }
});

Deno.test("Presence.isTaken() holds every skeleton of a name", () => {
  const presence = new Presence(GRACE_MS);
  presence.enter(ADA, ["nina", "vina"]);
  assertEquals(["nina", "vina"].map((each) => presence.isTaken([each], "bob")), [true, true]);
  presence.leave("ada");
  assertEquals(["nina", "vina"].map((each) => presence.isTaken([each], "bob")), [false, false]);
});

Deno.test("Presence.isTaken() holds a name until its user is gone", () => {
  const presence = presenceOf(ADA, BOB);
  presence.lose("ada", NOW);
  assertEquals(presence.isTaken(["ada"], "eve"), true);
  presence.expire(NOW + GRACE_MS);
  assertEquals(presence.isTaken(["ada"], "eve"), false);
  presence.leave("bob");
  assertEquals(presence.isTaken(["bob"], "eve"), false);
});

Deno.test("Presence.rename() frees the old name and takes the new one", () => {
  const presence = presenceOf(ADA);
  rename(presence, "ada", "Grace");
  assertEquals([presence.isTaken(["ada"], "bob"), presence.isTaken(["grace"], "bob")], [
    false,
    true,
  ]);
  assertEquals(membersOf(presence), [{ id: "ada", name: "Grace" }]);
});

Deno.test("Presence.rename() keeps a skeleton that both names have", () => {
  const presence = presenceOf(ADA);
  rename(presence, "ada", "ADA");
  assertEquals(presence.isTaken(["ada"], "bob"), true);
});

Deno.test("Presence.rename() ignores users who are not there", () => {
  const presence = presenceOf(ADA);
  const event = told(presence, () => rename(presence, "bob", "Robert"));
  assertEquals([event, presence.isTaken(["robert"], "ada")], [undefined, false]);
});

Deno.test("Presence.changesSince() is the net change of a room with Ada and Bob", () => {
  const lists = (lists: Partial<PresenceEvent>, count: number): PresenceEvent => ({
    type: "presence",
    room: "lobby",
    ...lists,
    count,
  });
  const robert = { id: "bob", name: "Robert" };
  const ava = { id: "eve", name: "Ava" };
  const table: [what: string, (presence: Presence) => void, PresenceEvent | undefined][] = [
    ["nothing", () => {}, undefined],
    ["a join", (p) => enter(p, EVE), lists({ joined: [EVE] }, 3)],
    ["a leave", (p) => p.leave("bob"), lists({ left: ["bob"] }, 1)],
    ["a rename", (p) => rename(p, "bob", "Robert"), lists({ renamed: [robert] }, 2)],
    ["join, leave", (p) => (enter(p, EVE), p.leave("eve")), undefined],
    ["leave, rejoin", (p) => (p.leave("bob"), enter(p, BOB)), undefined],
    [
      "leave, rejoin by another name",
      (p) => (p.leave("bob"), enter(p, robert)),
      lists({ renamed: [robert] }, 2),
    ],
    [
      "leave, rejoin, leave",
      (p) => (p.leave("bob"), enter(p, BOB), p.leave("bob")),
      lists({ left: ["bob"] }, 1),
    ],
    [
      "rename, rename back",
      (p) => (rename(p, "bob", "Robert"), rename(p, "bob", "Bob")),
      undefined,
    ],
    [
      "rename, leave",
      (p) => (rename(p, "bob", "Robert"), p.leave("bob")),
      lists({ left: ["bob"] }, 1),
    ],
    ["join, rename", (p) => (enter(p, EVE), rename(p, "eve", "Ava")), lists({ joined: [ava] }, 3)],
    [
      "join, rename, leave",
      (p) => (enter(p, EVE), rename(p, "eve", "Ava"), p.leave("eve")),
      undefined,
    ],
    [
      "join, leave, rejoin",
      (p) => (enter(p, EVE), p.leave("eve"), enter(p, ava)),
      lists({ joined: [ava] }, 3),
    ],
    ["lost", (p) => p.lose("bob", NOW), undefined],
    ["lost and back", (p) => (p.lose("bob", NOW), enter(p, BOB)), undefined],
    [
      "lost and gone",
      (p) => (p.lose("bob", NOW), p.expire(NOW + GRACE_MS)),
      lists({ left: ["bob"] }, 1),
    ],
    [
      "one of each",
      (p) => (enter(p, EVE), p.leave("ada"), rename(p, "bob", "Robert")),
      lists({ joined: [EVE], left: ["ada"], renamed: [robert] }, 2),
    ],
  ];
  for (const [what, change, event] of table) {
    assertEquals(told(presenceOf(ADA, BOB), change), event, what);
  }
});

Deno.test("Presence.changesSince() has no id in two lists, and adds up, whatever happened", () => {
  const chance = new SeededRandom(3);
  const users = Array.from({ length: 8 }, (_, i) => ({ id: `id${i}`, name: `Name ${i}` }));
  const presence = new Presence(GRACE_MS);
  for (let round = 0; round < 300; round++) {
    const { position } = presence;
    const known = new Map(membersOf(presence).map((user) => [user.id, user.name]));
    for (let step = chance.below(12); step > 0; step--) {
      const user = users[chance.below(users.length)] ?? ADA;
      if (!presence.has(user.id)) enter(presence, user);
      else if (chance.below(2) === 0) presence.leave(user.id);
      else rename(presence, user.id, `${user.name}${chance.below(2) === 0 ? "" : "!"}`);
    }
    const event = presence.changesSince(position, "lobby");
    const { joined = [], left = [], renamed = [] } = event ?? {};
    const ids = [...joined.map((user) => user.id), ...left, ...renamed.map((user) => user.id)];
    assertEquals(new Set(ids).size, ids.length);
    for (const id of left) known.delete(id);
    for (const { id, name } of [...joined, ...renamed]) known.set(id, name);
    assertEquals(known, new Map(membersOf(presence).map((user) => [user.id, user.name])));
    assertEquals(event?.count ?? presence.count, known.size);
  }
});

Deno.test("Presence.changesSince() gives the change after each position", () => {
  const presence = presenceOf(ADA);
  const atFirst = presence.position;
  enter(presence, BOB);
  const afterBob = presence.position;
  enter(presence, EVE);
  assertEquals(presence.changesSince(atFirst, "lobby")?.joined, [BOB, EVE]);
  assertEquals(presence.changesSince(afterBob, "lobby")?.joined, [EVE]);
  assertEquals(presence.changesSince(presence.position, "lobby"), undefined);
});

Deno.test("Presence.changesSince() is a count alone in a room of more than 200", () => {
  const crowd = Array.from({ length: 199 }, (_, i) => ({ id: `id${i}`, name: `Name ${i}` }));
  const presence = presenceOf(...crowd);
  assertEquals(told(presence, (p) => enter(p, ADA))?.joined, [ADA]);
  const event = { type: "presence", room: "lobby", count: 201 } as const;
  assertEquals(told(presence, (p) => enter(p, BOB)), event);
  assertEquals(told(presence, (p) => p.leave("id7"))?.left, ["id7"]);
});

Deno.test("Presence.forgetBefore() moves no position", () => {
  const presence = presenceOf(ADA);
  const before = presence.position;
  enter(presence, BOB);
  const between = presence.position;
  enter(presence, EVE);
  presence.forgetBefore(between);
  assertEquals([presence.firstPosition, presence.position], [between, before + 2]);
  assertEquals(presence.changesSince(between, "lobby")?.joined, [EVE]);
});

Deno.test("Presence.forgetBefore() brings nothing back", () => {
  const presence = presenceOf(ADA);
  const { position } = presence;
  for (const each of [position, 0, -5]) {
    presence.forgetBefore(each);
    assertEquals([presence.firstPosition, presence.position], [position, position]);
  }
});

Deno.test("Presence.takeTyping() is true of a member four times a second", () => {
  const presence = presenceOf(ADA, BOB);
  const taken = [0, 249, 250, 251, 500].map((ms) => presence.takeTyping("ada", NOW + ms));
  assertEquals(taken, [true, false, true, false, true]);
  assertEquals(presence.takeTyping("bob", NOW), true);
  assertEquals(presence.takeTyping("eve", NOW), false);
});

Deno.test("Presence.takeTyping() remembers a member who joins with another connection", () => {
  const presence = presenceOf(ADA);
  presence.takeTyping("ada", NOW);
  enter(presence, ADA);
  presence.lose("ada", NOW);
  assertEquals(presence.takeTyping("ada", NOW + 249), false);
});

Deno.test("Presence has members of other instances, and tells of them as of others", () => {
  const presence = new Presence(5_000);
  presence.enterElsewhere(ADA);
  assertEquals([presence.count, presence.countHere, presence.has(ADA.id)], [1, 0, true]);
  assertEquals(presence.changesSince(0, "lobby")?.joined, [ADA]);
  const { position } = presence;
  presence.enter(ADA, ["ada"]);
  assertEquals([presence.count, presence.countHere], [1, 1]);
  assertEquals(presence.leave(ADA.id), true);
  presence.enter(ADA, ["ada"]);
  presence.lose(ADA.id, 0);
  assertEquals([presence.countHere, presence.expire(5_000)], [1, [ADA.id]]);
  assertEquals([presence.count, presence.countHere, presence.expel(ADA.id)], [1, 0, false]);
  assertEquals(presence.changesSince(position, "lobby"), undefined);
  presence.leaveElsewhere(ADA.id);
  assertEquals([presence.count, presence.changesSince(position, "lobby")?.left], [0, [ADA.id]]);
});

Deno.test("Presence keeps a member here who is no longer elsewhere, and within the grace", () => {
  const presence = new Presence(5_000);
  presence.enter(ADA, ["ada"]);
  presence.enterElsewhere(ADA);
  presence.lose(ADA.id, 0);
  presence.leaveElsewhere(ADA.id);
  assertEquals([presence.count, presence.countHere], [1, 1]);
  assertEquals([presence.endGrace(ADA.id), presence.endGrace(ADA.id), presence.count], [
    ...[true, false],
    0,
  ]);
});

Deno.test("Presence.isTaken() knows the names of members of other instances, also new ones", () => {
  const presence = new Presence(5_000);
  presence.enterElsewhere({ id: "x", name: "Ian" });
  const look = realSkeletonsOf("lan");
  assertEquals([presence.isTaken(look, "x"), presence.isTaken(look, "y")], [false, true]);
  presence.rename({ id: "x", name: "Eve" });
  assertEquals(presence.isTaken(look, "y"), false);
  assertEquals(presence.isTaken(realSkeletonsOf("Eve"), "y"), true);
  presence.leaveElsewhere("x");
  assertEquals(presence.isTaken(realSkeletonsOf("Eve"), "y"), false);
});
