/**
 * The message commands: `send` of a client, `broadcast` of a program on the server.
 *
 * @module
 */

import type { SendOp } from "../broker/broker.ts";
import { decodeBody, encodeBody } from "../protocol/body.ts";
import { isRef, REF_ERROR } from "../protocol/parse.ts";
import { type ErrorEvent, refusal, type User } from "../protocol/types.ts";
import { timeOf } from "../protocol/ulid.ts";
import { checkName } from "../text/names.ts";
import { checkText } from "../text/texts.ts";
import { noMessage } from "./change_rules.ts";
import { refuseMuted, refuseSpeech, startPause } from "./speech.ts";
import { type Context, type Of, useRoom } from "./context.ts";
import {
  type Author,
  checkAuthorRoom,
  type Effective,
  findKnown,
  once,
  requestOf,
} from "./once.ts";

/** The room, id and time of a message, of which its sender is told. */
export interface Receipt {
  readonly room: string;
  readonly id: string;
  readonly time: number;
}

/** A message that is to be posted. It is known by its `ref` when it is posted again. */
export type Draft = Omit<Of<"send">, "type">;

/** The most UTF-16 units in a user id that `broadcast` is given. */
const MAX_USER_ID_LENGTH = 64;

/**
 * Posts a message to everyone in a room at every instance, or says why it is refused. Resolves when
 * the message is kept. Messages that answer none are kept in the order of the calls, if their rooms
 * were joined.
 */
export async function postMessage(
  context: Context,
  author: Author,
  draft: Draft,
  now: number,
): Promise<Effective | ErrorEvent> {
  const { broker, metrics } = context;
  const { address, joined } = author;
  const { ref, text, reply } = draft;
  let takeBack = () => {};
  const posted = await once(context, author, {
    ref,
    text,
    check: () => check(context, author, draft, now),
    async carryOut(op: SendOp) {
      takeBack = startPause(context, author, op.room, now);
      if (joined === undefined) {
        const used = await useRoom(context, op.room, now, { ref, ...(address && { address }) });
        if ("code" in used) return used;
      }
      if (reply !== undefined) {
        const answered = await broker.get(op.room, reply);
        // Kicked or muted while the message was read.
        const place = checkAuthorRoom(context, author, op.room, ref);
        if ("code" in place) return place;
        const muted = refuseMuted(context, author, place.room, ref);
        if (muted !== undefined) return muted;
        if (answered === undefined || decodeBody(answered.body).deleted) {
          return noMessage("reply", reply, ref);
        }
      }
      const [outcome] = await broker.publish([op]);
      if (outcome?.as === "kept" || outcome?.as === "known" || outcome?.as === "full") {
        return outcome;
      }
      throw new TypeError(`A message can't have the outcome "${outcome?.as}"`);
    },
  }, now);
  if ("code" in posted || posted.duplicate) takeBack();
  else metrics.messages++;
  return posted;
}

/** What is to be published of a draft, or why it is refused. */
function check(
  context: Context,
  author: Author,
  { ref, reply, ...draft }: Draft,
  now: number,
): SendOp | ErrorEvent {
  const place = checkAuthorRoom(context, author, draft.room, ref);
  if ("code" in place) return place;
  const text = checkText(draft.text, context.config.textLength);
  if (!text.ok) return refusal("text_invalid", text.message, ref);
  const { name, room } = place;
  const refused = refuseSpeech(context, author, room, "send", ref, now);
  if (refused !== undefined) return refused;
  const user = room === undefined ? author.user : room.rules.userIn(author.user);
  const body = encodeBody({ user, text: text.value, ...reply !== undefined && { reply } });
  return { ...requestOf(author, ref), op: "send", room: name, body };
}

/**
 * Posts a message of a program on the server, as `Chat.broadcast` describes it. Resolves when the
 * message is kept.
 */
export async function broadcast(
  context: Context,
  user: User,
  draft: Draft,
  now: number,
): Promise<Receipt | ErrorEvent> {
  const { ref } = draft;
  const { id } = user;
  if (!isRef(ref)) {
    return refusal("bad_request", REF_ERROR);
  }
  if (typeof id !== "string" || id === "" || id.length > MAX_USER_ID_LENGTH) {
    return refusal("bad_request", `"id" must be 1 to ${MAX_USER_ID_LENGTH} UTF-16 units`, ref);
  }
  const name = checkName(user.name);
  const posted = name.ok
    ? await postMessage(context, { user: { id, name: name.value } }, draft, now)
    : await findKnown(context.broker, user, ref) ?? refusal("name_invalid", name.message, ref);
  if ("code" in posted) return posted;
  const { receipt } = posted;
  return { room: receipt.room, id: receipt.id, time: timeOf(receipt.id) };
}
