/**
 * Messages that are posted by HTTP: `POST /api/rooms/{room}/messages`.
 *
 * @module
 */

import { knownInstead, postBy } from "../../commands/call.ts";
import { ackOf, type Effective } from "../../commands/once.ts";
import { parseObject } from "../../protocol/json.ts";
import { isRef, parseFields, REF_ERROR } from "../../protocol/parse.ts";
import { type ErrorEvent, refusal } from "../../protocol/types.ts";
import { decodeUtf8 } from "../access.ts";
import { MAX_PARTS, PART_BYTES, readBody } from "../body.ts";
import { type Call, jsonResponse } from "./call.ts";
import { errorResponse } from "./errors.ts";

/** The most bytes of a body. */
export const MAX_BODY_BYTES = 65_536;

/** More levels than anybody sends. */
export const JSON_LIMITS = { levels: 64 };

const JSON_TYPE = "application/json";

/** Media types of bodies. All but JSON are the text as it stands. */
const TYPES = [JSON_TYPE, "text/plain", "application/x-www-form-urlencoded"];

/** The draft of a message. */
interface Draft {
  readonly room: string;
  readonly ref: string;
  readonly text: string;
  readonly reply?: string;
  readonly name?: string | undefined;
}

/** Posts a message to the room of a path. */
export async function postMessage(call: Call): Promise<Response | ErrorEvent> {
  const draft = await readDraft(call, MAX_BODY_BYTES);
  if (draft instanceof Response || "code" in draft) return draft;
  const posted = await postBy(call.context, call.caller, draft, call.timers.now);
  return ackResponse(draft.ref, posted, 201);
}

/**
 * Reads the draft in the body of a call, or says why there is none. Of a `ref` that had an effect before,
 * the response says that.
 */
export async function readDraft(
  call: Call,
  maxBytes: number,
): Promise<Draft | Response | ErrorEvent> {
  const ref = readRef(call.request.headers);
  if (typeof ref !== "string") return ref;
  const body = await readTextBody(call, TYPES, maxBytes);
  const draft = body instanceof Response ? body : parseDraft(call, body, ref);
  if (!(draft instanceof Response) && !("code" in draft)) return draft;
  const answer = await knownInstead(call.context, call.caller, ref, draft);
  return "receipt" in answer ? ackResponse(ref, answer, 200) : answer;
}

/** The most bytes of 64 UTF-16 units. */
const MAX_REF_BYTES = 192;

/** The `ref` of `Idempotency-Key`, empty if there is none, or the refusal of one that is none. */
export function readRef(headers: Headers): string | ErrorEvent {
  const value = headers.get("idempotency-key");
  if (value === null) return "";
  const ref = value.length > MAX_REF_BYTES ? value : decodeUtf8(value);
  return isRef(ref)
    ? ref
    : refusal("bad_request", '"Idempotency-Key" must have 1 to 64 characters');
}

/** The response to a call that takes effect once. A duplicate has 200. */
export function ackResponse(
  ref: string,
  answer: Effective | ErrorEvent,
  status: 200 | 201,
): Response | ErrorEvent {
  if ("code" in answer) return answer;
  const { ref: _, ...ack } = ackOf(ref, answer);
  return jsonResponse(
    JSON.stringify({ ...ack, ...ref !== "" && { ref } }),
    answer.duplicate ? 200 : status,
  );
}

/** The text of a body and its media type, or the refusal. */
export interface TextBody {
  readonly text: string;
  /** In lower case, without parameters; empty if there is none. */
  readonly type: string;
}

/**
 * Reads the body of a call as text, unless its address has sent too much.
 *
 * @param types media types that it may have; it may have none
 */
export async function readTextBody(
  { request, bodyMs, caller, timers }: Pick<Call, "request" | "bodyMs" | "caller" | "timers">,
  types: readonly string[],
  maxBytes: number,
): Promise<TextBody | Response> {
  const { headers } = request;
  const { type, charset } = parseMediaType(headers.get("content-type") ?? "");
  if (type !== "" && !types.includes(type)) {
    return unsupported(`"Content-Type" must be one of ${types.join(", ")}`);
  }
  if (!["", "utf-8", "us-ascii"].includes(charset)) return unsupported("The body must be UTF-8");
  if ((headers.get("content-encoding") ?? "identity").toLowerCase() !== "identity") {
    return unsupported("The body must not be compressed");
  }
  const { bodies } = caller.address.budgets;
  const retryMs = bodies.wait(timers.now);
  if (retryMs > 0) {
    const message = "Too many bytes from this address";
    return errorResponse(refusal("rate_limited", message, undefined, retryMs));
  }
  const body = await readBody(request, maxBytes, bodyMs);
  bodies.spend((body.is === "whole" ? body.bytes.length : maxBytes) + body.parts * PART_BYTES);
  if (body.is === "whole") return { text: new TextDecoder().decode(body.bytes), type };
  const [status, message] = {
    too_large: [413, `The body must have at most ${maxBytes} bytes`],
    too_scattered: [413, `The body must come in at most ${MAX_PARTS} parts`],
    too_slow: [408, `The body must come within ${bodyMs / 1000} s`],
    broken: [400, "The body could not be read"],
  }[body.is] as [number, string];
  return errorResponse(refusal("bad_request", message), status);
}

/** Longer than any media type with its parameters. */
const MAX_TYPE_LENGTH = 256;

/** The media type and the charset of a `Content-Type`, in lower case; empty if there is none. */
export function parseMediaType(
  header: string,
): { readonly type: string; readonly charset: string } {
  if (header.length > MAX_TYPE_LENGTH) return { type: "too long", charset: "" };
  const [type = "", ...parameters] = header.toLowerCase().split(";").map((part) => part.trim());
  const charset = parameters.find((each) => each.startsWith("charset=")) ?? "";
  return { type, charset: charset.slice("charset=".length).replaceAll('"', "") };
}

/** The refusal of a body of another type. */
function unsupported(message: string): Response {
  return errorResponse(refusal("bad_request", message), 415);
}

/** The draft in a body, or the refusal. */
function parseDraft(
  { path: { room = "" }, query }: Call,
  { text, type }: TextBody,
  ref: string,
): Draft | ErrorEvent {
  const name = query.get("name") ?? undefined;
  return type === JSON_TYPE ? parseJson(text, { room, ref, name }) : { room, ref, text, name };
}

function parseJson(
  text: string,
  given: { readonly room: string; readonly ref: string; readonly name: string | undefined },
): Draft | ErrorEvent {
  const fields = parseObject(text, JSON_LIMITS);
  if (typeof fields === "string") return refusal("bad_request", `The body ${fields}`);
  const { ref: bodyRef, name = given.name, text: said, reply } = fields;
  if (bodyRef !== undefined && !isRef(bodyRef)) return refusal("bad_request", REF_ERROR);
  const ref = given.ref === "" ? bodyRef ?? "" : given.ref;
  if (name !== undefined && typeof name !== "string") {
    return refusal("bad_request", '"name" must be a string');
  }
  const send = parseFields("send", { room: given.room, text: said, reply }, ref);
  if (typeof send === "string") return refusal("bad_request", send);
  return send.type === "send" ? { ...send, name } : refusal("bad_request", "Not a message");
}
