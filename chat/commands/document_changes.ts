/**
 * Changes of documents: each reads a document and sets its new state, unless another one was faster.
 *
 * @module
 */

import {
  type Broker,
  type Document,
  type DocumentOp,
  ORIGIN,
  Unavailable,
} from "../broker/broker.ts";
import type { ErrorEvent } from "../protocol/types.ts";

/** Times that others may be faster, one after the other. */
const MAX_TRIES = 20;

/** A document that is to be changed. */
export interface DocumentChange {
  readonly room: string;
  readonly key: string;
  /** The user who changes it. */
  readonly user: string;
  /** True if there seems to be none: then it is not read first. */
  readonly isNew?: boolean;
  /**
   * Returns the next state, `undefined` if it stays as it is, or the refusal.
   *
   * @param body of the document, if there is one
   */
  revise(
    body: string | undefined,
  ): Pick<DocumentOp, "body" | "maker" | "isIdle" | "expires"> | ErrorEvent | undefined;
}

/**
 * Changes a document. Returns it when it is kept, as it is if it stays (`undefined`: there is none), or
 * the refusal.
 *
 * @throws {Unavailable} as the broker does, if others were faster again and again, and if there is no
 *   place for another document
 */
export async function changeDocument(
  broker: Broker,
  { room, key, user, isNew = false, revise }: DocumentChange,
): Promise<Document | ErrorEvent | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const document = isNew && tries === 0 ? undefined : await broker.document(key);
    const revised = revise(document?.body);
    if (revised === undefined) return document;
    if ("code" in revised) return revised;
    const was = document?.position ?? ORIGIN;
    const op = { op: "document", room, key, user, ref: "", was, ...revised } as const;
    const [outcome] = await broker.publish([op]);
    if (outcome?.as === "kept") return { position: outcome.position, body: revised.body };
    if (outcome?.as === "full") throw new Unavailable("No place for another document", "no");
  }
  throw new Unavailable("Others were faster", "no");
}
