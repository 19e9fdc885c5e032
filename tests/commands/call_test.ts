import { assertEquals } from "@std/assert";
import { changeBy, postBy } from "../../chat/commands/call.ts";
import { type Caller, openRoom, refuseStay } from "../../chat/commands/caller.ts";
import { userIdOf } from "../../chat/commands/user_id.ts";
import type { Address } from "../../chat/limits/addresses.ts";
import { BUSY, idOf, outcome } from "../support/charge.ts";
import { FakeHub } from "../support/fake_hub.ts";

/** A caller with a key, or without one, as which it is another user each time. */
function callerOf(address: Address, key?: string): Caller {
  return {
    user: { id: userIdOf(key ?? crypto.randomUUID()), name: "bot", role: "bot" },
    ...{ isAdmin: false, isNamed: false, isStranger: key === undefined, address },
    ...{ rooms: undefined, expiresAt: Infinity, password: undefined },
  };
}

const DRAFT = { room: "lobby", text: "a", ref: "" };

Deno.test("postBy() limits the new users of an address, as connections do, and nobody who has a key", async () => {
  const { hub, timers } = new FakeHub(BUSY);
  const address = hub.addresses.begin("192.0.2.1", timers.now);
  const post = async (key?: string) => {
    const posted = await postBy(hub.context, callerOf(address, key), DRAFT, timers.now);
    return "code" in posted ? posted.code : "kept";
  };
  for (let i = 0; i < 1000; i++) assertEquals(await post(), "kept");
  assertEquals(await post(), "rate_limited");
  assertEquals(await post("a key"), "kept");
  assertEquals(hub.refuse("192.0.2.1")?.reason, "too_fast_from_address");
  const other = hub.addresses.begin("192.0.2.2", timers.now);
  const posted = await postBy(hub.context, callerOf(other), DRAFT, timers.now);
  assertEquals("code" in posted, false);
});

Deno.test("postBy() limits the messages of an address, however many users it has", async () => {
  const messageRate = { burst: 1, perSecond: 1 };
  const { hub, timers } = new FakeHub({ messageRate });
  const address = hub.addresses.begin("192.0.2.1", timers.now);
  let kept = 0;
  for (; kept < 2000; kept++) {
    const caller = callerOf(address, `key ${kept}`);
    if ("code" in await postBy(hub.context, caller, DRAFT, timers.now)) break;
  }
  assertEquals(kept, 1000);
});

Deno.test("postBy() makes no room for what it refuses", async () => {
  const { hub, timers } = new FakeHub(BUSY);
  const address = hub.addresses.begin("192.0.2.1", timers.now);
  const caller = callerOf(address, "a key");
  for (
    const draft of [
      { ...DRAFT, text: " " },
      { ...DRAFT, name: "\u200b" },
      { ...DRAFT, room: "-" },
    ]
  ) assertEquals("code" in await postBy(hub.context, caller, draft, timers.now), true);
  assertEquals([hub.roomCount, await hub.context.broker.documents("lobby")], [0, []]);
});

Deno.test("changeBy() lets moderators delete what a bot has said, and changes nothing twice", async () => {
  const fake = new FakeHub(BUSY);
  const { hub, timers } = fake;
  await fake.member("Owner", "den");
  const address = hub.addresses.begin("192.0.2.9", timers.now);
  const posted = await postBy(hub.context, callerOf(address), { ...DRAFT, room: "den" }, 0);
  const id = "receipt" in posted ? posted.receipt.id : "";
  const owner = { ...callerOf(address, "unused"), user: { id: idOf("Owner"), name: "bot" } };
  const change = { type: "delete", room: "den", id, ref: "1" } as const;
  const changing = changeBy(hub.context, owner, change, timers.now);
  await fake.turn();
  const deleted = await changing;
  assertEquals("receipt" in deleted && deleted.duplicate, false);
  const again = await changeBy(hub.context, owner, { ...change, id: "0".repeat(26) }, timers.now);
  assertEquals("receipt" in again && [again.receipt.id, again.duplicate], [id, true]);
});

Deno.test("refuseStay() refuses a caller whose room was locked since, or who was put out", async () => {
  const fake = new FakeHub(BUSY);
  const { hub, timers } = fake;
  const owner = await fake.member("Owner", "den");
  const address = hub.addresses.begin("192.0.2.9", timers.now);
  const caller = callerOf(address, "a key of somebody");
  const room = await openRoom(hub.context, caller, "DEN", timers.now);
  assertEquals("name" in room && room.name, "den");
  const stay = async (caller: Caller) =>
    (await refuseStay(hub.context, caller, "den", undefined))?.code;
  assertEquals(await stay(caller), undefined);
  assertEquals(await stay({ ...caller, expiresAt: hub.context.now() }), "unauthorized");
  const user = caller.user.id;
  await outcome(owner, { type: "kick", room: "den", user, minutes: 1 });
  assertEquals(await stay(caller), "kicked");
  await outcome(owner, { type: "kick", room: "den", user, minutes: 0 });
  await outcome(owner, { type: "configure", room: "den", password: "secret" });
  assertEquals(await stay(caller), "unauthorized");
  assertEquals(await stay({ ...caller, user: { id: idOf("Owner"), name: "bot" } }), undefined);
});
