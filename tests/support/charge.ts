/**
 * Rooms with roles, on a fake hub.
 *
 * @module
 */

import type { Config } from "../../chat/config/config.ts";
import type { ErrorEvent, ServerEvent } from "../../chat/protocol/types.ts";
import { delay } from "../../chat/runtime/timers.ts";
import { userIdOf } from "../../chat/commands/user_id.ts";
import { type FakeClient, FakeHub, keyOf, UNLIMITED } from "./fake_hub.ts";

/** Enough for tests that say much. */
export const BUSY: Partial<Config> = { messageRate: UNLIMITED, commandRate: UNLIMITED };

/** The id of the user whom `FakeHub.client()` makes under a name. */
export function idOf(name: string): string {
  return userIdOf(keyOf(name));
}

/** The answer to a command: the first event with its `ref`, however long that takes. */
export async function answer(
  client: FakeClient,
  command: Readonly<Record<string, unknown>>,
): Promise<ServerEvent> {
  const ref = `a${crypto.randomUUID().slice(0, 8)}`;
  client.send({ ref, ...command });
  const end = performance.now() + 30_000;
  while (performance.now() < end) {
    const found = (await client.read()).find((each) =>
      "ref" in each && each.ref === (command["ref"] ?? ref)
    );
    if (found !== undefined) return found;
    // Passwords are computed by another thread.
    await delay(2);
  }
  throw new Error(`No answer to ${JSON.stringify(command)}`);
}

/** The code of the error that answers a command, or the type of another answer. */
export async function outcome(
  client: FakeClient,
  command: Readonly<Record<string, unknown>>,
): Promise<string> {
  const event = await answer(client, command);
  return event.type === "error" ? event.code : event.type;
}

/** The error that answers a command. */
export async function errorOf(
  client: FakeClient,
  command: Readonly<Record<string, unknown>>,
): Promise<ErrorEvent> {
  const event = await answer(client, command);
  if (event.type === "error") return event;
  throw new TypeError(`Expected an error, got ${JSON.stringify(event)}`);
}

/** A room with an owner, a moderator, a guest, and an admin of the server. */
export interface Staffed {
  readonly fake: FakeHub;
  readonly admin: FakeClient;
  readonly owner: FakeClient;
  readonly moderator: FakeClient;
  readonly guest: FakeClient;
}

/** Makes the room "den", in which all have read everything. */
export async function staffed(
  settings: Partial<Config> = {},
  options: ConstructorParameters<typeof FakeHub>[1] = {},
): Promise<Staffed> {
  const admins = new Set([idOf("Admin")]);
  const fake = new FakeHub({ ...BUSY, admins, ...settings }, options);
  const owner = await fake.member("Owner", "den");
  const moderator = await fake.member("Moderator", "den");
  const guest = await fake.member("Guest", "den");
  const admin = await fake.member("Admin", "den");
  await outcome(owner, { type: "configure", room: "den", moderators: [idOf("Moderator")] });
  await fake.pass(2000);
  for (const client of [admin, owner, moderator, guest]) await client.read();
  return { fake, admin, owner, moderator, guest };
}
