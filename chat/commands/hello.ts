/**
 * The `hello` command, by which a client says whose it is.
 *
 * @module
 */

import { encodeEvent } from "../protocol/encode.ts";
import { refusal } from "../protocol/errors.ts";
import type { Client } from "../room/memberships.ts";
import { checkName, MAX_NAME_LENGTH } from "../text/names.ts";
import { userIdOf } from "../text/user_ids.ts";
import { type Answer, type Context, type Of, refOf } from "./context.ts";

/** Makes a client a connection of the user whose key it has. */
export function hello(context: Context, client: Client, command: Of<"hello">): Answer {
  const { config, memberships } = context;
  const name = checkName(command.name);
  if (!name.ok) return refusal("name_invalid", name.message, command.ref);
  const id = userIdOf(command.key ?? crypto.randomUUID());
  const nameBefore = memberships.get(id)?.user.name;
  const { user, rooms } = memberships.connect(client, id, name.value);
  // Not refused for it: a client without a session could only say it again.
  if (user.name !== nameBefore) client.address.budgets.presence.spend(rooms.size);
  return encodeEvent({
    type: "welcome",
    ...refOf(command),
    version: 1,
    you: user,
    heartbeatMs: config.heartbeatMs,
    limits: {
      text: config.textLength,
      name: MAX_NAME_LENGTH,
      frame: config.frameBytes,
      history: config.joinHistory,
    },
  });
}
