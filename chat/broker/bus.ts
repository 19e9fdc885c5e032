/**
 * Bus between the instances of a server: carries messages and typing to all of them.
 *
 * @module
 */

import type { Message, User } from "../protocol/types.ts";

/** A message, and the `ref` by which every instance knows it if it is sent again. */
export interface MessagePublication {
  readonly kind: "message";
  readonly room: string;
  readonly message: Message;
  readonly ref: string;
}

/** A user is typing. It may get lost. */
export interface TypingPublication {
  readonly kind: "typing";
  readonly room: string;
  readonly user: User;
}

/** What a bus carries. */
export type Publication = MessagePublication | TypingPublication;

/** Called with each publication. */
export type Subscriber = (publication: Publication) => void;

/**
 * Carries publications between the instances of a server.
 *
 * Every instance gets each publication once: the publishing one before `publish` returns, the
 * others later, those of one publisher in their order. Publications of two instances may arrive in
 * either order, and not later than `skewMs` milliseconds after they were published.
 */
export interface Bus {
  readonly skewMs: number;
  /** Sets the subscriber. To be called once, before the first `publish`. */
  subscribe(subscriber: Subscriber): void;
  /** Hands a publication to every instance. */
  publish(publication: Publication): void;
  /** Posts the publications that wait, and frees everything. */
  close(): void;
}

/** The bus of a server with one instance. */
export class LocalBus implements Bus {
  readonly skewMs = 0;
  #subscriber: Subscriber = () => {};

  subscribe(subscriber: Subscriber): void {
    this.#subscriber = subscriber;
  }

  publish(publication: Publication): void {
    this.#subscriber(publication);
  }

  close(): void {
    this.#subscriber = () => {};
  }
}

/** A ULID in upper case, so that it sorts; its time has 48 bits. */
const MESSAGE_ID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** The publication in a value of another instance, without unknown fields. */
export function parsePublication(value: unknown): Publication | undefined {
  if (!isRecord(value) || typeof value["room"] !== "string") return undefined;
  const { kind, room, ref } = value;
  if (kind === "typing") {
    const user = parseUser(value["user"]);
    return user && { kind, room, user };
  }
  const message = parseMessage(value["message"]);
  if (kind !== "message" || message === undefined || typeof ref !== "string") return undefined;
  return { kind, room, message, ref };
}

function parseMessage(value: unknown): Message | undefined {
  if (!isRecord(value)) return undefined;
  const { id, time, text } = value;
  const user = parseUser(value["user"]);
  if (typeof id !== "string" || !MESSAGE_ID.test(id)) return undefined;
  if (typeof time !== "number" || !Number.isSafeInteger(time)) return undefined;
  if (typeof text !== "string" || user === undefined) return undefined;
  return { id, time, user, text };
}

function parseUser(value: unknown): User | undefined {
  if (!isRecord(value)) return undefined;
  const { id, name } = value;
  return typeof id === "string" && typeof name === "string" ? { id, name } : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
