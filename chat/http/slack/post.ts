/**
 * Incoming webhook for senders of Slack's format: `POST /api/rooms/{room}/slack`.
 *
 * @module
 */

import { knownInstead, postBy } from "../../commands/call.ts";
import { type ErrorEvent, refusal } from "../../protocol/types.ts";
import type { Call } from "../api/call.ts";
import { readRef, readTextBody } from "../api/post.ts";
import { readSlackMessage } from "./message.ts";

/** The most bytes of a body. */
const MAX_SLACK_BYTES = 262_144;

/** Media types of bodies. `text/plain` is JSON of programs that do not say so. */
const TYPES = ["application/json", "application/x-www-form-urlencoded", "text/plain"];

/**
 * Posts a message in Slack's format to the room of a path, under any name that it has. Senders take
 * every other answer than `ok` for a failure.
 */
export async function postSlackMessage(call: Call): Promise<Response | ErrorEvent> {
  const { context, caller, path: { room = "" }, timers } = call;
  const ref = readRef(call.request.headers);
  if (typeof ref !== "string") return ref;
  const body = await readTextBody(call, TYPES, MAX_SLACK_BYTES);
  const draft = body instanceof Response ? body : parseDraft(call, body.text);
  const answer = draft instanceof Response || "code" in draft
    ? await knownInstead(context, caller, ref, draft)
    : await postBy(context, caller, { ...draft, room, ref }, timers.now, true);
  if (!("receipt" in answer)) return answer;
  return new Response("ok");
}

/** The text and the author's name in a body, or the refusal. */
function parseDraft(
  { context: { config } }: Call,
  body: string,
): { readonly text: string; readonly name: string | undefined } | ErrorEvent {
  const message = readSlackMessage(body, config.textLength);
  return message.ok ? message : refusal(message.code, message.message);
}
