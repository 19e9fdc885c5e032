/**
 * Driver of a page without a browser, for tests of `reduce`.
 *
 * @module
 */

import type {
  Command,
  ErrorCode,
  HistoryEvent,
  JoinedEvent,
  Message,
  ServerEvent,
} from "../../chat/protocol/types.ts";
import { isFillable, isGap, isMessage } from "../../static/model/log.js";
import { PARTS } from "../../static/model/parts.js";
import { type Action, nextDeadline, reduce } from "../../static/model/reduce.js";
import {
  currentRoom,
  initialState,
  type Room,
  type Start,
  type State,
} from "../../static/model/state.js";
import type { Effect } from "../../static/model/step.js";

export const KEY = "0123456789abcdef";
export const YOU = { id: "youyouyouyouyouy", name: "Ada" };
export const BOB = { id: "bobbobbobbobbobb", name: "Bob" };
export const HEAD = "01J00000000000000000000000";

export const messageId = (n: number): string => HEAD.slice(0, -4) + String(n).padStart(4, "0");
export const message = (n: number, text = `text ${n}`, user = BOB): Message => ({
  id: messageId(n),
  time: 1_000 * n,
  user,
  text,
});

/** A page whose time and random numbers the test sets, and whose effects it reads. */
export class Page {
  state: State;
  now = 1_000_000;
  random = 1;
  effects: Effect[] = [];

  constructor(start: Partial<Start> = {}) {
    this.state = initialState({
      key: KEY,
      name: "Ada",
      rooms: [],
      current: "lobby",
      previous: "",
      outbox: [],
      drafts: new Map(),
      read: new Map(),
      theme: "system",
      notifications: "off",
      sound: "off",
      ignored: new Map(),
      ...start,
    });
    this.does({ type: "started" });
  }

  does(action: Action): this {
    const { state, effects } = reduce(this.state, {
      ...action,
      now: this.now,
      random: this.random,
    }, PARTS);
    this.state = state;
    this.effects.push(...effects);
    return this;
  }

  hears(...events: ServerEvent[]): this {
    for (const event of events) this.does({ type: "received", event });
    return this;
  }

  /** Lets time pass, with a tick at each deadline. */
  waits(ms: number): this {
    const end = this.now + ms;
    for (let due = nextDeadline(this.state); due <= end; due = nextDeadline(this.state)) {
      this.now = due;
      this.does({ type: "ticked" });
    }
    this.now = end;
    return this;
  }

  opens(): this {
    const refs = this.state.outbox.map((item) => item.ref);
    return this.does({ type: "opened", refs });
  }

  closes(code = 1006): this {
    return this.does({ type: "closed", code });
  }

  /** @param keepDays of a server with a store */
  welcomed(name = "Ada", keepDays: number | null = null): this {
    const limits = { text: 4000, name: 32, frame: 16_384, history: 200 };
    this.opens();
    const ref = this.state.pending.find(({ type }) => type === "hello")?.ref ?? "";
    return this.hears({
      type: "welcome",
      ref,
      version: 1,
      you: { ...YOU, name },
      heartbeatMs: 25_000,
      limits,
      title: "Parley",
      features: ["talk", ...(keepDays === null ? [] : ["store", "search"])],
      ...(keepDays !== null && { keepDays }),
    });
  }

  /** Answers a join. */
  joined(fields: Partial<JoinedEvent> = {}): this {
    const { room = "lobby" } = fields;
    const ref = this.state.pending.find((command) =>
      command.type === "join" && command.room === room
    )
      ?.ref;
    return this.hears({
      type: "joined",
      ...(ref === undefined ? {} : { ref }),
      room,
      complete: true,
      more: false,
      follow: 0,
      head: fields.messages?.at(-1)?.id ?? HEAD,
      floor: "0".repeat(26),
      messages: [],
      members: [YOU],
      count: 1,
      ...fields,
    });
  }

  /** Answers the last `history` command. */
  pages(messages: readonly Message[], fields: Partial<HistoryEvent> = {}): this {
    const ref = this.state.pending.findLast(({ type }) => type === "history")?.ref ?? "";
    return this.hears({
      type: "history",
      ref,
      room: "lobby",
      messages,
      more: false,
      moreAfter: false,
      ...fields,
    });
  }

  drafts(text: string): this {
    return this.does({ type: "drafted", text });
  }

  submits(ref: string, text = ref): this {
    return this.does({ type: "submitted", ref, text });
  }

  acks(ref: string, n: number): this {
    const id = messageId(n);
    return this.hears({ type: "ack", ref, room: "lobby", id, time: 1, duplicate: false });
  }

  refuses(ref: string, code: "rate_limited" | "text_invalid", retryMs?: number): this {
    const retry = retryMs === undefined ? {} : { retryMs };
    return this.hears({ type: "error", ref, code, message: `because ${code}`, ...retry });
  }

  /** Answers the newest command of this type with an error. */
  refusesLast(type: "hello" | "join" | "rename" | "history", code: ErrorCode): this {
    const ref = this.state.pending.findLast((command) => command.type === type)?.ref ?? "";
    return this.hears({ type: "error", ref, code, message: code });
  }

  /** What was announced since `effects` was last emptied. */
  announced(): string[] {
    return this.effects.flatMap((effect) => effect.type === "announce" ? [effect.text] : []);
  }

  /** The titles of the notifications since `effects` was last emptied. */
  alerted(): string[] {
    return this.effects.flatMap((effect) => effect.type === "notification" ? [effect.title] : []);
  }

  /** What was stored under a key last. */
  stored(key: string): unknown {
    const stored = this.effects.findLast((effect) => effect.type === "store" && effect.key === key);
    return stored?.type === "store" ? stored.value : undefined;
  }

  /** Receives a message of another user. */
  says(n: number, text?: string, room = "lobby", user = BOB): this {
    return this.hears({ type: "message", room, ...message(n, text, user) });
  }

  /** The commands sent since this was last asked. */
  sent(type?: Command["type"]): Command[] {
    const commands = this.effects.flatMap((effect) =>
      effect.type === "send" ? [effect.command] : []
    );
    this.effects = [];
    return commands.filter((command) => type === undefined || command.type === type);
  }

  sentRefs(): (string | undefined)[] {
    return this.sent("send").map((command) => command.ref);
  }

  get room(): Room {
    return currentRoom(this.state);
  }

  /** The log in short: texts, "…" for a gap that is drawn, "+Ada -Bob" for a membership line. */
  get log(): string[] {
    const drawn = this.room.entries.filter((entry) => isGap(entry) || !isFillable(entry));
    return drawn.map((entry) => {
      if ("gap" in entry) return "…";
      if (isMessage(entry)) return entry.text;
      return [
        ...entry.joined.map(({ name }) => `+${name}`),
        ...entry.left.map(({ name }) => `-${name}`),
        ...entry.renamed.map(({ from, to }) => `${from}=${to}`),
      ]
        .join(" ");
    });
  }
}

/** A page that has joined the lobby. */
export const online = (fields?: Partial<JoinedEvent>, start?: Partial<Start>): Page => {
  const page = new Page(start).welcomed().joined(fields);
  page.effects = [];
  return page;
};
