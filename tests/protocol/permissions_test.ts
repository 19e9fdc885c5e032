import { assertEquals, assertMatch } from "@std/assert";
import { type Act, refuseAct, type Role, ROLES } from "../../chat/protocol/permissions.ts";

type Somebody = Role | undefined;

/** Everybody, the lowest first. */
const EVERYBODY: readonly Somebody[] = [undefined, ...ROLES.toReversed()];

/** The users who may do what needs no target: everybody (e), moderator, owner, admin. */
const ALLOWED: Readonly<Record<string, string>> = {
  "read the bans of a room": "moa",
  "read the bans of the server": "a",
  "set topic": "moa",
  "set readOnly": "moa",
  "set slowMs": "moa",
  "set password": "oa",
  "set listed": "oa",
  "set moderators": "oa",
  "speak in a read-only room": "moa",
  "ignore slow mode": "moa",
  "enter without the password": "moa",
};

/** For each who acts, those to whom it may be done; and whether it may be done to oneself. */
const TARGETS: Readonly<Record<string, readonly [Record<"e" | "m" | "o" | "a", string>, boolean]>> =
  {
    "edit": [{ e: "", m: "", o: "", a: "" }, true],
    "delete": [{ e: "", m: "em", o: "emo", a: "emoa" }, true],
    "react": [{ e: "emoa", m: "emoa", o: "emoa", a: "emoa" }, true],
    "kick": [{ e: "", m: "em", o: "emo", a: "emo" }, false],
    "mute": [{ e: "", m: "em", o: "emo", a: "emo" }, false],
    "ban": [{ e: "", m: "", o: "", a: "emo" }, false],
  };

const letterOf = (role: Somebody) => (role ?? "everybody").charAt(0) as "e" | "m" | "o" | "a";

Deno.test("refuseAct() allows each role what the table of the protocol says", () => {
  for (const [act, allowed] of Object.entries(ALLOWED)) {
    const letters = EVERYBODY.filter((role) => refuseAct(role, act as Act) === undefined)
      .map(letterOf);
    assertEquals(letters.join(""), allowed, act);
  }
});

Deno.test("refuseAct() allows acts against others, but none against somebody above", () => {
  for (const [act, [targets]] of Object.entries(TARGETS)) {
    for (const role of EVERYBODY) {
      const letters = EVERYBODY.filter((target) =>
        refuseAct(role, act as Act, { role: target, isSelf: false }) === undefined
      ).map(letterOf);
      assertEquals(letters.join(""), targets[letterOf(role)], `${act} by ${role}`);
    }
  }
});

Deno.test("refuseAct() lets everybody change their own messages, and nobody keep themselves out", () => {
  for (const [act, [, isAllowed]] of Object.entries(TARGETS)) {
    for (const role of EVERYBODY) {
      const refused = refuseAct(role, act as Act, { role, isSelf: true });
      assertEquals(refused === undefined, isAllowed, `${act} by ${role}`);
    }
  }
});

Deno.test("refuseAct() says which role is missing", () => {
  assertMatch(refuseAct(undefined, "set topic") ?? "", /^Only a moderator of the room/);
  assertMatch(refuseAct("moderator", "set password") ?? "", /^Only the owner of the room/);
  assertMatch(refuseAct("owner", "ban") ?? "", /^Only an admin of the server/);
  const target = { role: "owner", isSelf: false } as const;
  assertMatch(refuseAct("moderator", "kick", target) ?? "", /to the owner of the room$/);
});
