/**
 * The `configure` command.
 *
 * @module
 */

import type { Act } from "../protocol/permissions.ts";
import { encodeEvent } from "../protocol/encode.ts";
import { type ErrorEvent, refusal, type SettingsChange } from "../protocol/types.ts";
import type { Client, Session } from "../room/memberships.ts";
import type { Room } from "../room/room.ts";
import type { RoomSettings } from "../room/settings.ts";
import { addressDigest } from "./address_digest.ts";
import { changeSettings } from "./admission.ts";
import { type Answer, type Context, type Of, refOf, useRoom } from "./context.ts";
import { takeRate } from "./once.ts";
import { refuseInRoom, type Visitor } from "./restrictions.ts";
import { refuseActs, roleIn } from "./roles.ts";

/** Changes the settings of a room for everybody. Answers when they are kept. */
export async function configure(
  context: Context,
  client: Client,
  { user }: Session,
  command: Of<"configure">,
  now: number,
): Promise<Answer> {
  const { type: _, ref, room: name, ...change } = command;
  const { address, isAdmin } = client;
  const room = await useRoom(context, name, now, { ref, address });
  if ("code" in room) return room;
  context.rooms.pin(room);
  try {
    const actor = { user, isAdmin, address };
    const acts = Object.keys(change).map((name) => `set ${name}` as Act);
    const check = () =>
      refuseActs(roleIn(room, actor), acts, ref) ??
        refuseInRoom(context, "kick", room, actor, ref);
    const { password = "" } = change;
    const refused = check() ?? refuseFixed(room, change, ref) ??
      refuseHash(actor, password, ref, now) ??
      takeRate(context, actor, ref, JSON.stringify(change), now);
    if (refused !== undefined) return refused;
    const by = { user: user.id, maker: addressDigest(address) };
    const hash = password === "" ? undefined : await context.passwords.make(password, address.name);
    if (change.listed === true) await context.directory.set(room.name, true, by);
    const failed = await changeSettings(context, room, actor, (settings) => {
      // The role may have gone meanwhile.
      return check() ?? applyChange(context, settings, change, hash);
    });
    if (failed !== undefined) return failed;
    if (change.listed === false) await context.directory.set(room.name, false, by);
    const cursor = client.cursors.get(room.name);
    if (cursor !== undefined) cursor.settings = room.settingsVersion;
    context.logger("info", "room_configured", {
      room: room.name,
      by: user.id,
      set: Object.keys(change).join(","),
    });
    const event = { type: "settings", ...refOf(command), room: room.name } as const;
    const encoded = encodeEvent({ ...event, ...room.rules.published });
    // All of it is written again, and told to everybody in the room.
    address.budgets.texts.spend(encoded.length);
    return encoded;
  } finally {
    context.rooms.unpin(room);
  }
}

/** Refuses to compute the hash of a password, or takes it from the budget. */
function refuseHash(
  { address: { budgets } }: Visitor,
  password: string,
  ref: string | undefined,
  now: number,
): ErrorEvent | undefined {
  if (password === "") return undefined;
  // Those who make rooms set passwords: it is the same budget.
  const retryMs = budgets.rooms.wait(now);
  if (retryMs > 0) {
    return refusal("rate_limited", "Too many new passwords from this address", ref, retryMs);
  }
  budgets.rooms.spend(1);
  return undefined;
}

function refuseFixed(
  { name, rules }: Room,
  { listed }: SettingsChange,
  ref: string | undefined,
): ErrorEvent | undefined {
  if (!rules.isFixed || listed !== false) return undefined;
  return refusal("forbidden", `The configuration of the server lists ${name}`, ref);
}

function applyChange(
  { memberships }: Context,
  settings: RoomSettings,
  { password, moderators, topic, ...change }: SettingsChange,
  hash: RoomSettings["password"],
): RoomSettings {
  return {
    ...settings,
    ...change,
    ...topic !== undefined && { topic: tidy(topic) },
    ...password !== undefined && { password: hash },
    ...moderators !== undefined && {
      moderators: new Map(
        moderators.filter((id) => id !== settings.owner).map((id) => {
          const name = memberships.userOf(id)?.name ?? settings.moderators.get(id) ?? "";
          return [id, name] as const;
        }),
      ),
    },
  };
}

/** A topic in one line, without control characters. */
function tidy(topic: string): string {
  return topic.toWellFormed().replace(/[\s\p{Cc}]+/gu, " ").trim();
}
