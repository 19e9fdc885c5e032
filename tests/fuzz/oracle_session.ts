/**
 * What a server may answer to a client, by the protocol's words alone.
 *
 * @module
 */

import type { ErrorCode, ServerEvent, User } from "../../chat/protocol/types.ts";
import { type Illegal, judge, type Legal, type Verdict } from "./oracle_commands.ts";
import { readFrame } from "./oracle_events.ts";
import type { Minutes } from "./oracle_shared.ts";
import {
  idOfKey,
  MAX_NAME_UNITS,
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
const COMMAND_BURST = 100;
const SEND_BUFFER_BYTES = 262_144;

/** Commands of which a user, or an address, may give only so many. */
const LIMITED: readonly string[] = ["send", "join", "history"];

/** The answer to each command that is carried out. */
const ANSWERS = {
  hello: "welcome",
  join: "joined",
  leave: "left",
  send: "ack",
  rename: "renamed",
  typing: undefined,
  history: "history",
  ping: "pong",
} as const;

/** An event that answers a command. */
type Answer = Extract<ServerEvent, { ref?: string }>;

/** A message on its way: a command, or what ends the connection. */
type Sent =
  | { readonly verdict: Verdict; readonly sentAt: number; readonly clock: number }
  | { readonly closing: number };

/**
 * One connection: follows what the client sends and what the server says, and throws at the first
 * thing that the protocol does not have.
 */
export class SessionOracle {
  /** The code with which the server must close the connection now. */
  closing: number | undefined;
  /** Codes with which it may, since the client can't know. */
  readonly #mayClose = new Set<number>();
  readonly #minutes: Minutes;
  readonly #limited: boolean;
  readonly #queue: Sent[] = [];
  readonly #strikes: number[] = [];
  /** The position in each room that was joined. */
  readonly #rooms = new Map<string, string>();
  /** Whether the client has sent more after what the connection is closed for. */
  #isCutShort = false;
  #user: User | undefined;
  #count = 0;
  #heardBytes = 0;

  /** @param limited whether the server limits how often something is asked or said */
  constructor(minutes: Minutes, limited: boolean) {
    this.#minutes = minutes;
    this.#limited = limited;
  }

  /** Whether an answer is still to come. */
  get isDue(): boolean {
    this.#settle();
    return this.#queue.length > 0;
  }

  /** The client has sent a message: text, or bytes. */
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
    if (verdict.legal && verdict.type === "send") this.#offer(verdict);
    this.#queue.push({ verdict, sentAt: Date.now(), clock: this.#minutes.clock });
  }

  /** The server has sent a frame. */
  heard(frame: string): void {
    this.#heardBytes += byteLength(frame);
    for (const event of readFrame(frame)) {
      try {
        this.#hear(event);
      } catch (error) {
        const problem = error instanceof Error ? error.message : error;
        throw new Error(`${problem}: ${JSON.stringify(event).slice(0, 1000)}`);
      }
    }
  }

  #hear(event: ServerEvent): void {
    switch (event.type) {
      case "message":
      case "presence":
      case "typing":
      case "gap":
        return this.#hearOf(event);
      case "bye":
        throw new Error("The server says goodbye");
      default:
        return this.#answered(event);
    }
  }

  /** The server has closed the connection. */
  closed(code: number): void {
    this.#settle();
    if (code === this.closing || (this.closing === undefined && this.#mayClose.has(code))) return;
    if (code === ABNORMAL.code && this.#mayBeLost) return;
    // Commands wait while the client has much to read, but what ends the connection does not.
    const isNext = this.#queue.find((each) => "closing" in each)?.closing === code;
    if (isNext && this.#heardBytes > SEND_BUFFER_BYTES) return;
    throw new Error(`Closed with ${code}, not with ${this.closing}`);
  }

  /** The client listens no more: what it has asked for may have been done, or not. */
  left(): void {
    for (const each of this.#queue) {
      if ("closing" in each || !each.verdict.legal || each.verdict.type !== "send") continue;
      this.#minutes.rooms.add(ruleRoom(String(each.verdict.fields["room"])).value);
    }
  }

  /**
   * Whether a close may be lost, and answers before it: when a client's bytes come after the close,
   * TCP throws away what the client has not read yet.
   */
  get #mayBeLost(): boolean {
    const unanswered = this.#queue.filter((each) =>
      "closing" in each || !each.verdict.legal || hasOverlongName(each.verdict)
    );
    const isBad = this.#strikes.length + unanswered.length >= MAX_STRIKES ||
      unanswered.some((each) => "closing" in each);
    return this.#isCutShort || isBad || this.#mayClose.size > 0;
  }

  #offer({ ref, fields }: Legal): void {
    this.#minutes.offer(ref ?? "", ruleText(String(fields["text"])).value);
  }

  /** Takes from the queue what has no answer. */
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
        this.#minutes.legal++;
        this.#queue.shift();
      }
    }
  }

  /** From now on the server hears nothing. */
  #close(code: number): void {
    this.closing = code;
    this.#isCutShort = this.#queue.splice(0).length > 0;
  }

  #hearOf(event: Extract<ServerEvent, { type: "message" | "presence" | "typing" | "gap" }>): void {
    const position = this.#rooms.get(event.room);
    if (position === undefined) throw new Error(`A "${event.type}" of a room that was not joined`);
    if (event.type === "typing" && event.user.id === this.#user?.id) {
      throw new Error('The user\'s own "typing"');
    }
    if (event.type !== "message") return;
    if (event.id <= position) throw new Error(`${event.id} comes after ${position}`);
    this.#rooms.set(event.room, event.id);
  }

  #answered(event: Answer): void {
    this.#settle();
    const head = this.#queue.shift();
    if (head === undefined || "closing" in head) throw new Error("An answer to nothing");
    const { verdict } = head;
    if (event.ref !== verdict.ref) throw new Error(`"ref" should be ${verdict.ref}`);
    if (verdict.legal) this.#check(verdict, event, head.clock);
    else this.#checkRefusal(verdict, event);
    this.#minutes.count(verdict, event);
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

  /** Holds an answer against what may become of a command. */
  #check(verdict: Legal, event: Answer, clock: number): void {
    const receipt = this.#receipt(verdict);
    if (receipt !== undefined && receipt.at <= clock) {
      if (event.type === "ack" && event.id === receipt.id && event.duplicate) return;
      throw new Error(`The answer should be the receipt of ${receipt.id}`);
    }
    // It may be known to the server from another connection, of which we have not heard yet.
    if (event.type === "ack" && event.duplicate && this.#minutes.isUsedAgain(event.ref)) return;
    const { certain, possible } = this.#refusals(verdict);
    if (certain.length > 0) return expectCode(event, [...certain, ...possible]);
    if (event.type === "error") return expectCode(event, possible);
    if (event.type === ANSWERS[verdict.type]) return;
    throw new Error(`The answer to "${verdict.type}" should be ${ANSWERS[verdict.type]}`);
  }

  #receipt({ type, ref }: Legal): { readonly id: string; readonly at: number } | undefined {
    if (type !== "send" || this.#user === undefined) return undefined;
    return this.#minutes.receipt(this.#user.id, ref ?? "");
  }

  /** Why a command must be refused, and why it may. */
  #refusals({ type, fields }: Legal): Record<"certain" | "possible", readonly ErrorCode[]> {
    const certain: ErrorCode[] = [];
    const possible: ErrorCode[] = [];
    const refuse = ({ legal }: Ruling, code: ErrorCode): void => {
      if (legal === undefined) possible.push(code);
      if (legal === false) certain.push(code);
    };
    if (this.#user === undefined && type !== "hello") return { certain: ["not_welcome"], possible };
    if (this.#user !== undefined && type === "hello") return { certain: ["bad_request"], possible };
    const { room, name, text } = fields;
    if (typeof name === "string") refuse(ruleName(name), "name_invalid");
    if (typeof text === "string") refuse(ruleText(text), "text_invalid");
    if (typeof room === "string") {
      const { legal, value } = ruleRoom(room);
      const isIn = this.#rooms.has(value);
      if (legal === false) certain.push("room_invalid");
      else if (!isIn && type !== "join") certain.push("not_joined");
      else if (!isIn && this.#rooms.size >= ROOMS_PER_CONNECTION) certain.push("too_many_rooms");
    }
    if (type === "join" || type === "rename") possible.push("name_taken");
    if (this.#limited && LIMITED.includes(type)) possible.push("rate_limited");
    return { certain, possible };
  }

  #strike(code: ErrorCode, verdict: Verdict, sentAt: number): void {
    if (code !== "bad_request" && code !== "not_welcome" && !hasOverlongName(verdict)) return;
    this.#strikes.push(sentAt);
    const first = this.#strikes.at(-MAX_STRIKES);
    if (first === undefined) return;
    // The server has heard them all between then and now.
    if (Date.now() - first < STRIKES_WITHIN_MS) this.#close(4500);
    else this.#mayClose.add(4500);
  }

  /** What a command that was carried out has changed. */
  #follow(event: Answer, { fields }: Legal): void {
    switch (event.type) {
      case "welcome":
      case "renamed":
        this.#checkUser(event.you, fields);
        this.#user = event.you;
        return;
      case "joined":
        this.#checkRoom(event.room, fields);
        // No server has given a position that the fuzzer makes up.
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
    if (this.#minutes.said.has(id)) throw new Error(`Two messages are ${id}`);
    if (this.#minutes.receipt(this.#user.id, ref)) throw new Error(`A second message of ${ref}`);
    const text = ruleText(String(fields["text"])).value;
    this.#minutes.acknowledge(this.#user.id, ref, { room, id, time, text });
  }

  #checkRoom(room: string, fields: Legal["fields"]): void {
    const { value } = ruleRoom(String(fields["room"]));
    if (room !== value) throw new Error(`The room should be ${value}`);
  }

  #checkUser(you: User, { key, name }: Legal["fields"]): void {
    const id = typeof key === "string" ? idOfKey(key) : this.#user?.id ?? you.id;
    if (you.id !== id) throw new Error(`The id should be ${id}`);
    const { legal, value } = ruleName(String(name));
    // Who is somewhere else, too, may have to keep the name of there.
    const isShared = this.#user === undefined && /^shared/.test(String(key));
    if (legal && !isShared && you.name !== value) throw new Error(`The name should be "${value}"`);
  }
}

/** Whether a command's name is too long to be read, which is as bad as no command. */
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
