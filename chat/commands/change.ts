/**
 * The commands that change a message: `edit`, `delete` and `react`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Body, encodeBody } from "../protocol/body.ts";
import { type ErrorEvent, refusal } from "../protocol/types.ts";
import { qualifyEmoji } from "../text/emoji.ts";
import { checkText } from "../text/texts.ts";
import { applyChange, type Change, type Changer, noMessage } from "./change_rules.ts";
import type { Context } from "./context.ts";
import {
  type Author,
  type AuthorRoom,
  checkAuthorRoom,
  type Effective,
  once,
  requestOf,
} from "./once.ts";
import { roleIn, roleOfId, type RuledRoom } from "./roles.ts";
import { refuseSpeech } from "./speech.ts";

/** Changes a message for everyone in its room at every instance. Resolves when the change is kept. */
export async function changeMessage(
  context: Context,
  author: Author,
  change: Change,
  now: number,
): Promise<Effective | ErrorEvent> {
  const { broker, metrics, revisions } = context;
  const { user, address } = author;
  const { ref, id, type } = change;
  let revised: Body | undefined;
  let old = "";
  let room: RuledRoom | undefined;
  const changer: Changer = {
    id: user.id,
    // As it is when the message is changed.
    get role() {
      return roleIn(room, author);
    },
    roleOf: ({ id, role }) => role === "admin" ? role : roleOfId(context, room, id),
  };
  const request = requestOf(author, ref);
  const effective = await once(context, author, {
    ref,
    ...(type === "edit" && { text: change.text }),
    check() {
      const place = checkAuthorRoom(context, author, change.room, ref);
      if ("code" in place) return place;
      room = place.room;
      return check(context, author, change, place, now);
    },
    async carryOut(checked: Change) {
      // One that is known must not make the others of its turn many changes.
      const known = await broker.receipt(user.id, ref);
      if (known !== undefined) return { as: "known" as const, ...known };
      const outcome = await revisions.carryOut(checked.room, id, {
        request,
        revise(body) {
          old = body.text;
          const result = applyChange(body, checked, changer, context.now());
          revised = result !== undefined && "code" in result ? undefined : result;
          return result;
        },
      });
      if ("code" in outcome) return outcome;
      return outcome.as === "missing" ? noMessage("id", id, ref) : outcome;
    },
  }, now);
  if ("code" in effective || effective.duplicate || revised === undefined) return effective;
  metrics.changes[type]++;
  // Everybody in the room is told all of the message again, all of it is written again, and what it
  // said is taken out of the search index.
  const goneBytes = type === "react" ? 0 : Buffer.byteLength(old);
  const takenBytes = type === "edit" ? Buffer.byteLength(change.text) : 0;
  const bytes = Buffer.byteLength(encodeBody(revised)) + goneBytes - takenBytes;
  address?.budgets.texts.spend(bytes);
  return effective;
}

/** A change with its room, text or emoji in their normal forms, or why it is refused. */
function check(
  context: Context,
  author: Author,
  change: Change,
  { name: room, ...place }: AuthorRoom,
  now: number,
): Change | ErrorEvent {
  const { ref, type } = change;
  const refused = type === "delete"
    ? undefined
    : refuseSpeech(context, author, place.room, type, ref, now);
  switch (change.type) {
    case "delete":
      return { ...change, room };
    case "edit": {
      const text = checkText(change.text, context.config.textLength);
      if (!text.ok) return refusal("text_invalid", text.message, ref);
      return refused ?? { ...change, room, text: text.value };
    }
    case "react": {
      const emoji = qualifyEmoji(change.emoji);
      if (emoji === undefined) return refusal("emoji_invalid", '"emoji" must be one emoji', ref);
      return refused ?? { ...change, room, emoji };
    }
  }
}
