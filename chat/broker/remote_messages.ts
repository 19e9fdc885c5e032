/**
 * Posts between a {@linkcode RemoteBroker} and the {@linkcode ServedBroker} that answers it.
 *
 * @module
 */

import type { Document, Message, Signal } from "./broker.ts";

/** A `MessagePort`, or a `BroadcastChannel` that all share. */
export interface Port {
  postMessage(message: unknown): void;
  onmessage: ((this: never, event: MessageEvent) => unknown) | null;
  close(): void;
}

/** The methods that can be called from elsewhere. */
export const METHODS = [
  "hello",
  "publish",
  "receipt",
  "get",
  "document",
  "documents",
  "open",
  "after",
  "page",
  "search",
  "catchUp",
  "claim",
  "release",
  "alive",
] as const;

/** One of {@linkcode METHODS}. */
export type Method = typeof METHODS[number];

/** What is asked of the broker. It may be posted again until it is answered. */
export interface Request {
  readonly to: "broker";
  /** The client, drawn at random. */
  readonly from: string;
  /** Its number among the client's calls, from 1, and that of the oldest without an answer. */
  readonly call: number;
  readonly oldest: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

/** A signal on its way to the broker. */
export interface SignalRequest {
  readonly to: "broker";
  readonly signal: Signal;
}

/** The last post of a client, whose claims end. */
export interface Farewell {
  readonly to: "broker";
  readonly from: string;
  readonly isLast: true;
}

/** What a subscriber is told. */
export type FeedEvent =
  | { readonly tell: "published"; readonly room: string; readonly message: Message }
  | { readonly tell: "documented"; readonly key: string; readonly document: Document }
  | { readonly tell: "dropped"; readonly room: string; readonly floor: string }
  | { readonly tell: "lost" };

/** What all posts of the broker have. */
interface Post {
  /** Drawn at random when the broker began to be served. */
  readonly life: string;
  /** The number of the last post of events before this post, or of this one. */
  readonly feed: number;
}

/** The next events; none: only that the broker is there, and how far the feed is. */
export interface FeedPost extends Post {
  readonly to: "all";
  readonly events: readonly FeedEvent[];
  readonly problem: string | undefined;
}

/** A signal to everybody. */
export interface SignalPost {
  readonly to: "all";
  readonly signal: Signal;
}

/** An answer to one client. All events before it were posted before. */
export interface Reply extends Post {
  readonly to: string;
  readonly call: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly kept: "no" | "unknown" };
}

/** The answer to `hello`. */
export interface Hello {
  readonly epochs: readonly (readonly [epoch: string, last: string])[];
  readonly hasSearch: boolean;
  readonly isStore: boolean;
}

/** The answer to `alive`: another number than before once the client's claims were forgotten. */
export type Life = number;

/** How often a broker says that it is there, and after how long without a word it may be gone. */
export const BEAT_MS = 500;
export const SILENCE_MS = 5_000;
