/**
 * Messages of a room: pages, searches, edits and deletions by HTTP.
 *
 * @module
 */

import { changeBy, knownInstead } from "../../commands/call.ts";
import { openRoom } from "../../commands/caller.ts";
import type { Change } from "../../commands/change_rules.ts";
import { readHistory } from "../../commands/history.ts";
import { findMessages } from "../../commands/search.ts";
import { encodeMessage, type LoggedMessage } from "../../protocol/encode.ts";
import { parseFields } from "../../protocol/parse.ts";
import { type ErrorEvent, refusal } from "../../protocol/types.ts";
import { type Call, jsonResponse } from "./call.ts";
import { ackResponse, MAX_BODY_BYTES, readDraft, readRef } from "./post.ts";

/** Gives a page of the messages of a room, or those that a search finds, the newest first. */
export async function getMessages(call: Call): Promise<Response | ErrorEvent> {
  const { context, caller, path, query, timers } = call;
  const room = await openRoom(context, caller, path["room"] ?? "", timers.now);
  if ("code" in room) return room;
  const { name } = room;
  const { address } = caller;
  const command = parseQuery(query, name);
  if (typeof command === "string") return refusal("bad_request", command);
  if (command.type === "search") {
    const hits = await findMessages(context, caller, [name], command, timers.now);
    if ("code" in hits) return hits;
    context.metrics.commands.search++;
    return messagesResponse(hits.found.map(({ message }) => message), hits.more);
  }
  if (command.type !== "history") throw new TypeError(`"${command.type}" is no query`);
  const page = await readHistory(context, address, command, timers.now);
  if ("code" in page) return page;
  context.metrics.commands.history++;
  return messagesResponse(page.messages, command.after === undefined ? page.more : page.moreAfter);
}

/** The command that a query stands for, or what is wrong with a parameter. */
function parseQuery(query: URLSearchParams, room: string): ReturnType<typeof parseFields> {
  const [before, after, q] = ["before", "after", "q"].map((name) => query.get(name) ?? undefined);
  const given = query.get("limit");
  const limit = given === null ? undefined : /^\d{1,4}$/.test(given) ? Number(given) : given;
  if (q === undefined) return parseFields("history", { room, before, after, limit }, undefined);
  if (after !== undefined) return '"after" can\'t be used with "q": use "before"';
  return parseFields("search", { room, text: q, before, limit }, undefined);
}

function messagesResponse(messages: readonly LoggedMessage[], more: boolean): Response {
  return jsonResponse(`{"messages":[${messages.map(encodeMessage).join(",")}],"more":${more}}`);
}

/** Edits the message of a path. */
export async function editMessage(call: Call): Promise<Response | ErrorEvent> {
  const draft = await readDraft(call, MAX_BODY_BYTES);
  if (draft instanceof Response || "code" in draft) return draft;
  return await change(call, "edit", draft.ref, { text: draft.text });
}

/** Deletes the message of a path. */
export async function deleteMessage(call: Call): Promise<Response | ErrorEvent> {
  const ref = readRef(call.request.headers);
  return typeof ref === "string" ? await change(call, "delete", ref, {}) : ref;
}

async function change(
  call: Call,
  type: "edit" | "delete",
  ref: string,
  fields: { readonly text?: string },
): Promise<Response | ErrorEvent> {
  const { context, caller, path, timers } = call;
  const parsed = parseFields(type, { ...path, ...fields }, ref);
  if (typeof parsed === "string") {
    const answer = await knownInstead(context, caller, ref, refusal("bad_request", parsed));
    return ackResponse(ref, answer, 200);
  }
  const changed = await changeBy(context, caller, parsed as Change, timers.now);
  return ackResponse(ref, changed, 200);
}
