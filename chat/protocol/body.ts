/**
 * Body of a message: all of its fields but id, time and position, as the broker keeps them.
 *
 * @module
 */

import type { User } from "./types.ts";

/** What a message says in its current state. */
export interface Body {
  readonly user: User;
  readonly text: string;
  /** The id of the message that it answers. */
  readonly reply?: string;
  /** When the text was last changed, in milliseconds since 1970. */
  readonly edited?: number;
  readonly deleted?: true;
  readonly reactions?: readonly Reaction[];
}

/** An emoji, and the ids of all users who have reacted with it, the first one first. */
export interface Reaction {
  readonly emoji: string;
  readonly users: readonly string[];
}

/** The users of a reaction that clients are told of. */
export const MAX_NAMED_USERS = 20;

/** Start of the JSON of each body. */
const BODY_START = '{"user":{"id":"';

/**
 * Start of the part of a body that clients are not told. In the JSON of a string the first quotation
 * mark would have a backslash before it, so no text contains it.
 */
const UNNAMED_START = ',"unnamed":[';

/** A body as JSON. Clients are told all but what {@linkcode publicBody} takes away. */
export function encodeBody({ user, text, reply, edited, deleted, reactions = [] }: Body): string {
  return JSON.stringify({
    user: { id: user.id, name: user.name, role: user.role },
    text,
    reply,
    edited,
    deleted,
    ...reactions.length > 0 && {
      reactions: reactions.map(({ emoji, users }) => (
        { emoji, count: users.length, users: users.slice(0, MAX_NAMED_USERS) }
      )),
    },
    // The last field.
    ...reactions.some(({ users }) => users.length > MAX_NAMED_USERS) && {
      unnamed: reactions.map(({ users }) => users.slice(MAX_NAMED_USERS)),
    },
  });
}

/** The body of which {@linkcode encodeBody} has made JSON. */
export function decodeBody(json: string): Body {
  const { unnamed = [], ...body } = JSON.parse(json);
  if (body.reactions === undefined) return body;
  const reactions = body.reactions.map(({ emoji, users }: Reaction, i: number) => (
    { emoji, users: [...users, ...unnamed[i] ?? []] }
  ));
  return { ...body, reactions };
}

/** The JSON of a body as clients are told it. */
export function publicBody(json: string): string {
  const end = json.indexOf(UNNAMED_START);
  return end === -1 ? json : `${json.slice(0, end)}}`;
}

/** The id of the user in the JSON of a body, as JSON has it. */
export function encodedUserId(json: string): string {
  return json.slice(BODY_START.length, json.indexOf('"', BODY_START.length));
}
