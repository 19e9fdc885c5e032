import { assertEquals } from "@std/assert";
import { type Act, refuseAct, ROLES } from "../../chat/protocol/permissions.ts";
import { isAllowed, mayDo, type Offered, roleIn } from "../../static/model/permissions.js";
import { charged, SETTINGS } from "./charge_driver.ts";
import { BOB, online, YOU } from "./page_driver.ts";

const ACTS = [
  ...["edit", "delete", "kick", "mute", "ban"],
  ...["read the bans of a room", "read the bans of the server"],
  ...["set topic", "set readOnly", "set slowMs", "set password", "set listed", "set moderators"],
  ...["speak in a read-only room", "ignore slow mode", "enter without the password"],
] as (Act & Offered)[];

Deno.test("isAllowed() says the same as the server, for every role, act and target", () => {
  const roles = [undefined, ...ROLES];
  for (const act of ACTS) {
    const isToSomebody = ["edit", "delete", "kick", "mute", "ban"].includes(act);
    for (const role of roles) {
      const targets = isToSomebody
        ? roles.flatMap((role) => [{ role, isSelf: false }, { role, isSelf: true }])
        : [undefined];
      for (const target of targets) {
        assertEquals(
          isAllowed(role, act, target),
          refuseAct(role, act, target) === undefined,
          JSON.stringify([role, act, target]),
        );
      }
    }
  }
});

Deno.test("roleIn() takes the role of now, whatever a message says", () => {
  const settings = {
    ...SETTINGS,
    owner: YOU.id,
    moderators: [{ id: "cemcemcemcemcemc", name: "" }],
  };
  const page = charged({ settings, members: [YOU, { ...BOB, role: "admin" }] });
  const roles = [
    YOU,
    BOB,
    { id: "cemcemcemcemcemc", name: "Cem" },
    { id: "doradoradoradora", name: "Dora", role: "moderator" as const },
    { id: "eveeveeveeveevee", name: "Eve", role: "bot" as const },
  ].map((user) => roleIn(page.room, user));
  assertEquals(roles, ["owner", "admin", "moderator", undefined, undefined]);
});

Deno.test("mayDo() offers nothing where the server has no roles", () => {
  const settings = { ...SETTINGS, owner: YOU.id };
  assertEquals(mayDo(charged({ settings }).state, charged({ settings }).room, "set topic"), true);
  const old = online({ settings });
  assertEquals(mayDo(old.state, old.room, "set topic"), false);
});
