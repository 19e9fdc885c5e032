/**
 * Ops and outcomes as the script for writing has them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import {
  type DocumentOp,
  type Op,
  type Outcome,
  readDocumentKey,
  type Receipt,
} from "../broker.ts";
import { sharedBy } from "../document_shares.ts";
import { listIn, textIn } from "./replies.ts";
import { type Argument, type Reply, utf8Length } from "./resp.ts";

/** The beginning of the text of a body. */
const TEXT = '"text":"';

/** The most units of a request in a key; those of the page have 58. */
const MAX_REQUEST = 64;

/**
 * The part of a receipt's key that names the request. As JSON: it has no unpaired surrogates. Of a long one
 * the digest: in UTF-8, or escaped, it would take more than what receipts may take is measured by.
 */
export function requestKey(user: string, ref: string): string {
  const json = JSON.stringify([user, ref]);
  if (json.length <= MAX_REQUEST) return json;
  return createHash("sha256").update(json).digest("base64url");
}

/** The arguments for an op. */
export function argumentsOf(op: Op, hasPlace: boolean): Argument[] {
  const own = op.ref === "" ? "" : requestKey(op.user, op.ref);
  const also = ("also" in op ? op.also ?? [] : []).filter(({ ref }) => ref !== "");
  const others = also.map(({ user, ref }) => requestKey(user, ref));
  return [op.op.charAt(0), hasPlace ? 1 : 0, own, others.length, ...others, ...fieldsOf(op)];
}

function fieldsOf(op: Op): Argument[] {
  switch (op.op) {
    case "send":
      return [op.room, op.body];
    case "put":
      return [op.room, op.id, op.was, op.body, textEnd(op.body)];
    case "note":
      return [op.room, op.id, op.was];
    case "document":
      return documentFields(op);
  }
}

/**
 * The bytes of a body up to the end of its text. Bodies that begin alike so far have the same text: Redis
 * compares them at once, and would be busy for long with texts of escaped characters.
 */
function textEnd(body: string): number {
  const start = body.indexOf(TEXT);
  if (start === -1) return utf8Length(body);
  let end = start + TEXT.length;
  while (end < body.length && body[end] !== '"') end += body[end] === "\\" ? 2 : 1;
  return utf8Length(body.slice(0, end + 1));
}

function documentFields(op: DocumentOp): Argument[] {
  const { room, key, was, body, maker, isIdle = false, expires } = op;
  const { bytes } = sharedBy(op);
  // It is one word of the header of a document.
  const word = maker === undefined ? "-" : `=${encodeURIComponent(maker.toWellFormed())}`;
  const { room: documentRoom } = readDocumentKey(key);
  return [room, documentRoom, key, was, isIdle ? 1 : 0, expires ?? "-", word, bytes, body];
}

/** The outcome of an op. */
export function outcomeIn(reply: Reply | undefined): Outcome {
  switch (reply) {
    case "c":
      return { as: "conflict" };
    case "m":
      return { as: "missing" };
    case "f":
      return { as: "full" };
  }
  const [kind, room, position, id] = listIn(reply);
  if (kind === "w") return { as: "known", ...receiptIn(textIn(room)) };
  return { as: "kept", room: textIn(room), ...effectOf(textIn(id), textIn(position)) };
}

/** A receipt as it is kept: the room, the position and the id, a line each. */
export function receiptIn(text: string): Receipt {
  const first = text.indexOf("\n");
  const second = text.indexOf("\n", first + 1);
  return {
    room: text.slice(0, first),
    ...effectOf(text.slice(second + 1), text.slice(first + 1, second)),
  };
}

/** One string for both, where they are equal. */
function effectOf(id: string, position: string): { id: string; position: string } {
  return { id, position: position === id ? id : position };
}
