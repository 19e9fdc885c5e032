import { assertEquals } from "@std/assert";
import type { Settings } from "../../chat/protocol/types.ts";
import { withRoles, yourRole } from "../../static/model/roles.js";
import { BOB, online, YOU } from "./page_driver.ts";

const SETTINGS: Settings = {
  topic: "",
  owner: YOU.id,
  moderators: [],
  locked: false,
  readOnly: false,
  slowMs: 0,
  listed: false,
};
const moderated = { ...SETTINGS, moderators: [BOB] };

Deno.test("withRoles() takes roles from the settings, but for those of the server", () => {
  const eve = { id: "eve", name: "Eve", role: "admin" } as const;
  const cem = { id: "cem", name: "Cem", role: "moderator" } as const;
  assertEquals(withRoles([YOU, BOB, eve, cem], moderated), [
    { ...YOU, role: "owner" },
    { ...BOB, role: "moderator" },
    eve,
    { id: "cem", name: "Cem" },
  ]);
});

Deno.test("reduce() keeps the settings of a room, and the roles of its members", () => {
  const page = online({ settings: SETTINGS, members: [{ ...YOU, role: "owner" }, BOB], count: 2 });
  assertEquals(page.room.settings, SETTINGS);
  assertEquals(yourRole(page.state, page.room), "owner");

  page.hears({ type: "settings", room: "lobby", ...moderated, topic: "Tea" });
  assertEquals(page.room.settings?.topic, "Tea");
  assertEquals(page.room.members[1], { ...BOB, role: "moderator" });

  // Another tab gives the user another name; the role holds in this room alone.
  const renamed = [{ ...YOU, name: "Ada L", role: "owner" as const }];
  page.hears({ type: "presence", room: "lobby", renamed, count: 2 });
  assertEquals(page.state.you, { ...YOU, name: "Ada L" });
  page.hears({ type: "renamed", you: { ...YOU, name: "Ada" } });
  assertEquals(page.room.members[0], { ...YOU, role: "owner" });
});

Deno.test("reduce() knows no settings of a server without roles", () => {
  const page = online();
  assertEquals(page.room.settings, null);
  assertEquals(yourRole(page.state, page.room), undefined);
});

Deno.test("reduce() settles the answers of moderation", () => {
  const page = online();
  const pending = page.state.pending.length;
  page.hears(
    { type: "done", ref: "1" },
    { type: "bans", ref: "2", bans: [] },
    { type: "rooms", ref: "3", rooms: [] },
  );
  assertEquals(page.state.pending.length, pending);
});
