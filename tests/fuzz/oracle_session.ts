/**
 * The oracle of sessions: it checks the server's answers on one connection, by the protocol document
 * alone.
 *
 * @module
 */

import type { ErrorCode, ServerEvent, User } from "../../chat/protocol/types.ts";
import { type Illegal, judge, type Legal, type Verdict } from "./oracle_commands.ts";
import { readFrame } from "./oracle_events.ts";
import type { SharedOracle } from "./oracle_shared.ts";
import {
  idOfKey,
  MAX_NAME_UNITS,
  ruleEmoji,
  ruleName,
  ruleRoom,
  ruleText,
  type Ruling,
} from "./oracle_values.ts";
import { ABNORMAL } from "../support/frames.ts";

const FRAME_BYTES = 16_384;
const ROOMS_PER_CONNECTION = 20;
const MAX_STRIKES = 20;
const STRIKES_WITHIN_MS = 10_000;
const STRIKES: readonly ErrorCode[] = ["bad_request", "not_welcome", "unauthorized"];
const COMMAND_BURST = 100;
const SEND_BUFFER_BYTES = 262_144;
const SEARCH_LENGTH = 200;

/** The commands that have rate limits of their own. */
const LIMITED: readonly string[] = [
  ...["send", "edit", "delete", "react", "join", "history", "search", "rooms", "configure"],
  ...["kick", "mute", "ban", "bans"],
];

/** The commands for which a room need not be joined. */
const OUTSIDE: readonly string[] = ["join", "configure", "kick", "mute", "bans"];

/** The commands that name a message. No message has a random id. */
const CHANGES: readonly string[] = ["edit", "delete", "react"];

/** The commands whose answers may take a while. */
const PENDING: readonly string[] = [
  ...["send", "edit", "delete", "react", "join", "history", "search", "rooms", "configure"],
  ...["kick", "mute", "ban", "bans"],
];

/** The codes with which a room may refuse a command, by what its owner has set. */
const RULED: Readonly<Record<string, readonly ErrorCode[]>> = {
  join: ["unauthorized", "rate_limited", "unavailable", "kicked"],
  send: ["read_only", "rate_limited", "muted"],
  edit: ["read_only", "muted"],
  react: ["muted"],
  rename: ["muted"],
  configure: ["forbidden", "unavailable"],
  kick: ["forbidden", "unavailable"],
  mute: ["forbidden", "unavailable"],
  bans: ["forbidden", "unavailable"],
};

/** The answer to each command that succeeds. */
const ANSWERS = {
  hello: "welcome",
  join: "joined",
  leave: "left",
  send: "ack",
  edit: "ack",
  delete: "ack",
  react: "ack",
  rename: "renamed",
  typing: undefined,
  history: "history",
  search: "found",
  rooms: "rooms",
  configure: "settings",
  kick: "done",
  mute: "done",
  ban: "done",
  bans: "bans",
  ping: "pong",
} as const;

/** An event that answers a command. */
type Answer = Extract<ServerEvent, { ref?: string }>;

/** A message that the server has not answered: a command, or one that ends the connection. */
type Sent =
  | { readonly verdict: Verdict; readonly sentAt: number; readonly ackCount: number }
  | { readonly closing: number };

/**
 * Follows one connection, in both directions, and throws at the first violation of the protocol by
 * the server.
 */
export class SessionOracle {
  /** The code with which the server must close the connection now. */
  closing: number | undefined;
  /** The codes with which it may close the connection, for reasons that the client can't know. */
  readonly #mayClose = new Set<number>();
  readonly #shared: SharedOracle;
  readonly #limited: boolean;
  readonly #queue: Sent[] = [];
  readonly #strikes: number[] = [];
  /** The last position in each joined room. */
  readonly #rooms = new Map<string, string>();
  /** Whether the client has sent more after the message that ends the connection. */
  #isCutShort = false;
  #user: User | undefined;
  #count = 0;
  #receivedBytes = 0;

  /** @param limited whether the server limits rates */
  constructor(shared: SharedOracle, limited: boolean) {
    this.#shared = shared;
    this.#limited = limited;
  }

  /** Whether an answer is outstanding. */
  get isDue(): boolean {
    this.#settle();
    return this.#queue.length > 0;
  }

  /** Records a message of the client. */
  sent(message: string | Uint8Array): void {
    if (this.closing !== undefined) {
      this.#isCutShort = true;
      return;
    }
    if (typeof message !== "string") return void this.#queue.push({ closing: 1003 });
    if (byteLength(message) > FRAME_BYTES) {
      return void this.#queue.push({ closing: 1009 });
    }
    if (this.#limited && ++this.#count > COMMAND_BURST) this.#mayClose.add(4501);
    const verdict = judge(message);
    if (verdict.legal && verdict.type === "send") this.#recordSend(verdict);
    this.#queue.push({ verdict, sentAt: Date.now(), ackCount: this.#shared.ackCount });
  }

  /** Checks a frame of the server. */
  received(frame: string): void {
    this.#receivedBytes += byteLength(frame);
    for (const event of readFrame(frame)) {
      try {
        this.#receive(event);
      } catch (error) {
        const problem = error instanceof Error ? error.message : error;
        throw new Error(`${problem}: ${JSON.stringify(event).slice(0, 1000)}`);
      }
    }
  }

  #receive(event: ServerEvent): void {
    switch (event.type) {
      case "message":
      case "presence":
      case "typing":
      case "gap":
        return this.#receiveRoomEvent(event);
      case "kicked":
        this.#receiveRoomEvent(event);
        this.#rooms.delete(event.room);
        return;
      case "settings":
        return event.ref === undefined && !this.#answersConfigure(event.room)
          ? this.#receiveRoomEvent(event)
          : this.#receiveAnswer(event);
      case "bye":
        throw new Error("The server sent a bye");
      default:
        return this.#receiveAnswer(event);
    }
  }

  /** Whether the next answer may be the settings of a room, without a `ref`. */
  #answersConfigure(room: string): boolean {
    this.#settle();
    const [head] = this.#queue;
    if (head === undefined || "closing" in head || !head.verdict.legal) return false;
    const { type, ref, fields } = head.verdict;
    return type === "configure" && ref === undefined &&
      ruleRoom(String(fields["room"])).value === room;
  }

  /** Checks the code with which the server has closed the connection. */
  closed(code: number): void {
    this.#settle();
    if (code === this.closing || (this.closing === undefined && this.#mayClose.has(code))) return;
    if (code === ABNORMAL.code && this.#mayBeLost) return;
    // Commands wait while the client has much to read, and for what is to be kept or read. A message
    // that ends the connection does not.
    const isNext = this.#queue.find((each) => "closing" in each)?.closing === code;
    const [head] = this.#queue;
    const isPending = head !== undefined && "verdict" in head && head.verdict.legal &&
      PENDING.includes(head.verdict.type);
    if (isNext && (isPending || this.#receivedBytes > SEND_BUFFER_BYTES)) return;
    throw new Error(`Closed with ${code} in place of ${this.closing}`);
  }

  /** Records that the client has stopped reading: unanswered commands may have succeeded, or not. */
  left(): void {
    for (const each of this.#queue) {
      if ("closing" in each || !each.verdict.legal || each.verdict.type !== "send") continue;
      this.#shared.rooms.add(ruleRoom(String(each.verdict.fields["room"])).value);
    }
  }

  /**
   * Whether a close frame may be lost, with answers before it: if the client sends bytes after the
   * close, TCP discards what the client has not read yet.
   */
  get #mayBeLost(): boolean {
    const unanswered = this.#queue.filter((each) =>
      "closing" in each || !each.verdict.legal || hasOverlongName(each.verdict)
    );
    const isBad = this.#strikes.length + unanswered.length >= MAX_STRIKES ||
      unanswered.some((each) => "closing" in each);
    return this.#isCutShort || isBad || this.#mayClose.size > 0;
  }

  #recordSend({ ref, fields }: Legal): void {
    this.#shared.recordSend(ref ?? "", ruleText(String(fields["text"])).value);
  }

  /** Removes messages without an answer from the head of the queue. */
  #settle(): void {
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      if ("closing" in head) {
        this.#queue.shift();
        this.#close(head.closing);
      } else {
        const { verdict } = head;
        const isSilent = verdict.legal && verdict.type === "typing" &&
          this.#refusals(verdict).certain.length === 0;
        if (!isSilent) return;
        this.#shared.legal++;
        this.#queue.shift();
      }
    }
  }

  /** Records that the server must close the connection, and ignores the rest. */
  #close(code: number): void {
    this.closing = code;
    this.#isCutShort = this.#queue.splice(0).length > 0;
  }

  #receiveRoomEvent(
    event: Extract<
      ServerEvent,
      { type: "message" | "presence" | "typing" | "gap" | "settings" | "kicked" }
    >,
  ): void {
    const position = this.#rooms.get(event.room);
    if (position === undefined) throw new Error(`A "${event.type}" of a room that is not joined`);
    if (event.type === "typing" && event.user.id === this.#user?.id) {
      throw new Error('The user\'s own "typing"');
    }
    if (event.type !== "message") return;
    const { id, changed = id } = event;
    if (changed <= position) throw new Error(`${changed} comes after ${position}`);
    this.#rooms.set(event.room, changed);
  }

  #receiveAnswer(event: Answer): void {
    this.#settle();
    const head = this.#queue.shift();
    if (head === undefined || "closing" in head) throw new Error("An answer without a command");
    const { verdict } = head;
    if (event.ref !== verdict.ref) throw new Error(`"ref" should be ${verdict.ref}`);
    if (verdict.legal) this.#check(verdict, event, head.ackCount);
    else this.#checkRefusal(verdict, event);
    this.#shared.countAnswer(verdict, event);
    if (event.type === "error") return this.#strike(event.code, verdict, head.sentAt);
    if (verdict.legal) this.#follow(event, verdict);
  }

  #checkRefusal({ type, wrong }: Illegal, event: Answer): void {
    const isEarly = this.#user === undefined && type !== undefined && type !== "hello";
    expectCode(event, [isEarly ? "not_welcome" : "bad_request"]);
    if (isEarly || event.type !== "error") return;
    if (wrong.some((each) => event.message.includes(each))) return;
    throw new Error(`The message names none of ${wrong}`);
  }

  /** Checks the answer to a command. */
  #check(verdict: Legal, event: Answer, ackCount: number): void {
    const receipt = this.#receipt(verdict);
    if (receipt !== undefined && receipt.ackCount < ackCount) {
      if (event.type === "ack" && event.id === receipt.id && event.duplicate) return;
      throw new Error(`The answer should be the receipt of ${receipt.id}`);
    }
    // Another connection may have sent this ref before, and not have received the ack yet.
    if (event.type === "ack" && event.duplicate && this.#shared.isUsedAgain(event.ref)) return;
    const { certain, possible } = this.#refusals(verdict);
    if (certain.length > 0) return expectCode(event, [...certain, ...possible]);
    if (event.type === "error") return expectCode(event, possible);
    if (event.type === ANSWERS[verdict.type]) return;
    throw new Error(`The answer to "${verdict.type}" should be ${ANSWERS[verdict.type]}`);
  }

  #receipt({ type, ref }: Legal): { readonly id: string; readonly ackCount: number } | undefined {
    if (type !== "send" || this.#user === undefined) return undefined;
    return this.#shared.receipt(this.#user.id, ref ?? "");
  }

  /** The codes with which the server must refuse a command, and those with which it may. */
  #refusals({ type, fields }: Legal): Record<"certain" | "possible", readonly ErrorCode[]> {
    const certain: ErrorCode[] = [];
    const possible: ErrorCode[] = [];
    const refuse = ({ legal }: Ruling, code: ErrorCode): void => {
      if (legal === undefined) possible.push(code);
      if (legal === false) certain.push(code);
    };
    if (this.#user === undefined && type !== "hello") return { certain: ["not_welcome"], possible };
    if (this.#user !== undefined && type === "hello") return { certain: ["bad_request"], possible };
    const isSearch = type === "search";
    if (isSearch && !this.#shared.hasSearch) return { certain: ["bad_request"], possible };
    if (type === "ban" || (type === "bans" && fields["room"] === undefined)) {
      // No client of a script is an admin.
      return { certain: ["forbidden"], possible };
    }
    const { room, name, text, emoji, reply } = fields;
    if (typeof emoji === "string") refuse(ruleEmoji(emoji), "emoji_invalid");
    if (CHANGES.includes(type) || reply !== undefined) certain.push("not_found");
    if (typeof name === "string") refuse(ruleName(name), "name_invalid");
    if (typeof text === "string" && isSearch) {
      if (text === "" || [...text].length > SEARCH_LENGTH) certain.push("text_invalid");
    } else if (typeof text === "string") {
      refuse(ruleText(text), "text_invalid");
    }
    if (typeof room === "string") {
      const { legal, value } = ruleRoom(room);
      const isIn = this.#rooms.has(value);
      if (legal === false) certain.push("room_invalid");
      else if (!isIn && !OUTSIDE.includes(type)) certain.push("not_joined");
      else if (!isIn && type === "join" && this.#rooms.size >= ROOMS_PER_CONNECTION) {
        certain.push("too_many_rooms");
      }
    }
    if (type === "join" || type === "rename") possible.push("name_taken");
    possible.push(...RULED[type] ?? []);
    if (this.#limited && LIMITED.includes(type)) possible.push("rate_limited");
    return { certain, possible };
  }

  #strike(code: ErrorCode, verdict: Verdict, sentAt: number): void {
    if (!STRIKES.includes(code) && !hasOverlongName(verdict)) return;
    this.#strikes.push(sentAt);
    const first = this.#strikes.at(-MAX_STRIKES);
    if (first === undefined) return;
    // The server has received all of them between that time and now.
    if (Date.now() - first < STRIKES_WITHIN_MS) this.#close(4500);
    else this.#mayClose.add(4500);
  }

  /** Applies the changes of a command that succeeded. */
  #follow(event: Answer, { fields }: Legal): void {
    switch (event.type) {
      case "welcome":
      case "renamed":
        this.#checkUser(event.you, fields);
        this.#user = event.you;
        return;
      case "joined":
        this.#checkRoom(event.room, fields);
        // A random position is not one of this server.
        if (fields["since"] !== undefined && event.complete) {
          throw new Error(`"complete" should be false after ${fields["since"]}`);
        }
        return void this.#rooms.set(
          event.room,
          event.follow > 0 ? event.messages.at(-1)?.id ?? "" : event.head,
        );
      case "left":
        this.#checkRoom(event.room, fields);
        return void this.#rooms.delete(event.room);
      case "history":
      case "settings":
        return this.#checkRoom(event.room, fields);
      case "ack":
        return this.#followAck(event, fields);
    }
  }

  #followAck(
    { ref, room, id, time, duplicate }: Extract<Answer, { type: "ack" }>,
    fields: Legal["fields"],
  ): void {
    if (duplicate || this.#user === undefined) return;
    this.#checkRoom(room, fields);
    if (this.#shared.acknowledged.has(id)) throw new Error(`Two messages are ${id}`);
    if (this.#shared.receipt(this.#user.id, ref)) throw new Error(`A second message of ${ref}`);
    const text = ruleText(String(fields["text"])).value;
    this.#shared.recordAck(this.#user.id, ref, { room, id, time, text });
  }

  #checkRoom(room: string, fields: Legal["fields"]): void {
    const { value } = ruleRoom(String(fields["room"]));
    if (room !== value) throw new Error(`The room should be ${value}`);
  }

  #checkUser(you: User, { key, name }: Legal["fields"]): void {
    const id = typeof key === "string" ? idOfKey(key) : this.#user?.id ?? you.id;
    if (you.id !== id) throw new Error(`The id should be ${id}`);
    const { legal, value } = ruleName(String(name));
    // A user with several connections may have to keep the name of another one.
    const isShared = this.#user === undefined && /^shared/.test(String(key));
    if (legal && !isShared && you.name !== value) throw new Error(`The name should be "${value}"`);
  }
}

/** Whether a command's name is too long to be normalised, which counts as a bad command. */
function hasOverlongName(verdict: Verdict): boolean {
  return verdict.legal && String(verdict.fields["name"] ?? "").length > MAX_NAME_UNITS;
}

function expectCode(event: Answer, codes: readonly ErrorCode[]): void {
  if (event.type === "error" && codes.includes(event.code)) return;
  throw new Error(`The answer should be ${codes.join(" or ") || "no error"}`);
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
