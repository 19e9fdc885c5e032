/**
 * A virtual user: one connection of a simulated person, which checks all that it receives.
 *
 * @module
 */

import type {
  AckEvent,
  Command,
  ErrorEvent,
  JoinedEvent,
  MessageEvent,
  ServerEvent,
} from "../../chat/protocol/types.ts";
import { frame, Opcode, textFrame } from "../../tests/support/frames.ts";
import { LoadClient } from "../../tests/support/load_client.ts";
import { sleep } from "../support/stopwatch.ts";
import type { PendingMessage, UserState } from "./user_state.ts";
import type { Verifier } from "./verifier.ts";

/** The prefix of the names of short-lived rooms. */
export const TEMPORARY_ROOM = "temporary-";

/** How often to check for outstanding answers: a count and no time, which bears a suspended machine. */
const MAX_CHECKS = 300;
const CHECK_MS = 50;

/** The interval at which a user may send after its burst. */
const MESSAGE_MS = 200;

/** The share of messages that are sent again although they were acknowledged. */
const RESENT_SHARE = 0.05;

/** The normal end of a connection. */
const CLOSE_FRAME = frame(Opcode.CLOSE, Uint8Array.of(1000 >> 8, 1000 & 0xff));

/** The number of refs so far. */
let refs = 0;

/** One connection of a user. */
export class VirtualUser {
  /** Whether the server may close the connection, because the user provokes it. */
  mayBeEvicted = false;
  readonly state: UserState;
  readonly #client: LoadClient;
  readonly #verifier: Verifier;
  /** The types of outstanding answers, by ref. */
  readonly #awaited = new Map<string, ServerEvent["type"]>();
  /** The ids of messages that were sent again, by ref. */
  readonly #resent = new Map<string, string>();
  readonly #decoder = new TextDecoder();
  #received = "";
  #id = "";
  #ended = false;

  private constructor(client: LoadClient, state: UserState, verifier: Verifier) {
    this.#client = client;
    this.state = state;
    this.#verifier = verifier;
    client.reader = (bytes, from, to, last) => {
      this.#received += this.#decoder.decode(bytes.subarray(from, to), { stream: !last });
      if (last) this.#readFrame();
      return to;
    };
    client.onEnd = (reason) => {
      this.#ended = true;
      if (!this.mayBeEvicted) verifier.report("closed", `${state.name}: ${reason.message}`);
    };
  }

  /** Connects, rejoins the user's rooms and sends again what was not acknowledged. */
  static async open(port: number, state: UserState, verifier: Verifier): Promise<VirtualUser> {
    const headers = { "X-Forwarded-For": state.address };
    const user = new VirtualUser(await LoadClient.open({ port, headers }), state, verifier);
    const { name, key } = state;
    user.#ask("welcome", { type: "hello", name, ...(key !== undefined && { key }) });
    for (const room of state.rooms) user.join(room);
    for (const [ref, pending] of state.outbox) {
      if (pending.ackedAs === undefined) user.#send(ref, pending);
    }
    return user;
  }

  /** Whether the connection is over. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Joins a room, from the user's last position in it. */
  join(room: string): void {
    this.state.rooms.add(room);
    const since = this.state.positions.get(room)?.id;
    this.#ask("joined", { type: "join", room, ...(since !== undefined && { since }) });
  }

  leave(room: string): void {
    this.#ask("left", { type: "leave", room });
  }

  send(room: string, words: string): void {
    const ref = `r${refs++}`;
    // The ref in the text identifies the message when it is delivered.
    const pending = { room, text: `${ref} ${words}` };
    this.state.outbox.set(ref, pending);
    this.#send(ref, pending);
  }

  type(room: string): void {
    this.#write({ type: "typing", room });
  }

  rename(name: string): void {
    this.#ask("renamed", { type: "rename", name });
  }

  /** Requests the messages before the last one that was received. */
  requestHistory(room: string, limit: number): void {
    const before = this.state.positions.get(room);
    this.#ask("history", {
      type: "history",
      room,
      limit,
      ...(before?.isMessage && { before: before.id }),
    });
  }

  ping(): void {
    this.#ask("pong", { type: "ping" });
  }

  /** Stops reading for a time. */
  async stall(ms: number): Promise<void> {
    this.#client.stall();
    await sleep(ms);
    if (!this.#ended) this.#client.resume();
  }

  /** Waits for what is outstanding, reports what does not come, and closes the connection. */
  async close(): Promise<void> {
    this.#client.resume();
    for (let checks = 0; this.#isWaiting && checks < MAX_CHECKS; checks++) await sleep(CHECK_MS);
    if (this.#ended) return;
    const { name, outbox } = this.state;
    for (const [ref, type] of this.#awaited) {
      this.#verifier.report("unanswered", `${name}: no ${type} for ${ref}`);
    }
    for (const [ref, { ackedAs }] of outbox) {
      this.#verifier.report(ackedAs === undefined ? "unanswered" : "unseen", `${ref}: ${ackedAs}`);
    }
    for (const ref of this.#resent.keys()) {
      this.#verifier.report("unanswered", `${ref}, sent again`);
    }
    outbox.clear();
    this.#ended = true;
    this.#client.onEnd = () => {};
    this.#client.write(CLOSE_FRAME);
  }

  /** Ends the connection without a close frame. */
  destroy(): void {
    this.#ended = true;
    this.#client.destroy();
  }

  get #isWaiting(): boolean {
    const outstanding = this.#awaited.size + this.state.outbox.size + this.#resent.size;
    return !this.#ended && outstanding > 0;
  }

  #ask(answer: ServerEvent["type"], command: Command): void {
    const ref = `r${refs++}`;
    this.#awaited.set(ref, answer);
    this.#write({ ...command, ref });
  }

  #send(ref: string, { room, text }: PendingMessage): void {
    this.#write({ type: "send", ref, room, text });
  }

  #write(command: Command): void {
    if (!this.#ended) this.#client.write(textFrame(JSON.stringify(command)));
  }

  #readFrame(): void {
    const events: ServerEvent[] = JSON.parse(this.#received);
    this.#received = "";
    for (const event of events) this.#handle(event);
  }

  #handle(event: ServerEvent): void {
    switch (event.type) {
      case "message":
        return this.#handleMessage(event);
      case "ack":
        return this.#handleAck(event);
      case "error":
        return this.#handleError(event);
      case "gap":
        return this.#verifier.report("incomplete", `A gap in ${event.room}`);
      case "presence":
      case "typing":
      case "settings":
      case "kicked":
      case "bye":
        return;
    }
    const awaited = this.#awaited.get(event.ref ?? "");
    this.#awaited.delete(event.ref ?? "");
    if (awaited !== event.type) {
      this.#verifier.report("misanswered", `${event.type} in place of ${awaited}`);
    }
    switch (event.type) {
      case "welcome":
        this.#id = event.you.id;
        return;
      case "joined":
        return this.#handleJoined(event);
      case "left":
        return this.#handleLeft(event.room);
      case "history":
        return this.#verifier.followAll(event.messages);
    }
  }

  #handleJoined({ room, messages, head, complete }: JoinedEvent): void {
    const { positions } = this.state;
    const since = positions.get(room);
    // The server drops empty temporary rooms when there are too many rooms, and says so here.
    if (since !== undefined && !complete && !room.startsWith(TEMPORARY_ROOM)) {
      this.#verifier.report("incomplete", `${room} since ${since.id}`);
    }
    if (since === undefined || !complete) {
      // The order before the first of these messages is unknown.
      positions.set(room, { id: messages.length > 0 ? "" : head, isMessage: false });
    }
    for (const message of messages) this.#handleMessage({ ...message, type: "message", room });
  }

  #handleLeft(room: string): void {
    const { outbox, rooms, positions } = this.state;
    rooms.delete(room);
    positions.delete(room);
    for (const [ref, pending] of outbox) {
      if (pending.room !== room) continue;
      // The message must have come with its ack. A refused one is not sent again.
      if (pending.ackedAs !== undefined) {
        this.#verifier.report("unseen", `${ref}: ${pending.ackedAs}`);
      }
      outbox.delete(ref);
    }
  }

  #handleMessage({ id, room, user, text }: MessageEvent): void {
    const { positions } = this.state;
    const position = positions.get(room);
    if (position === undefined) {
      this.#verifier.report("misanswered", `A message in ${room}, which is not joined`);
    } else if (position.isMessage) {
      this.#verifier.follow(position.id, id);
    } else if (id <= position.id) {
      this.#verifier.report("disordered", `${id} came after ${position.id}`);
    }
    positions.set(room, { id, isMessage: true });
    if (user.id !== this.#id) return;
    const ref = text.split(" ", 1)[0] ?? "";
    const pending = this.state.outbox.get(ref);
    if (pending === undefined) {
      return this.#verifier.report("doubled", `${ref} came again as ${id}`);
    }
    pending.seenAs = id;
    this.#settle(ref, pending);
  }

  #handleAck({ ref, id, duplicate }: AckEvent): void {
    const pending = this.state.outbox.get(ref);
    if (pending !== undefined) {
      pending.ackedAs = id;
      return this.#settle(ref, pending);
    }
    const first = this.#resent.get(ref);
    this.#resent.delete(ref);
    if (first === id && duplicate) return;
    this.#verifier.report("misanswered", `${ref} as ${id}, in place of ${first}`);
  }

  #handleError({ ref = "", code, message, retryMs }: ErrorEvent): void {
    const pending = this.state.outbox.get(ref);
    if (pending !== undefined && retryMs !== undefined) {
      // Spread the retries, or the server would refuse all but one again.
      const spreadMs = Math.random() * this.state.outbox.size * MESSAGE_MS;
      setTimeout(() => {
        if (this.state.outbox.has(ref)) this.#send(ref, pending);
      }, retryMs + spreadMs);
      return;
    }
    this.#awaited.delete(ref);
    this.state.outbox.delete(ref);
    this.#verifier.report("refused", `${code}: ${message}`);
  }

  /** Removes a message that was both acknowledged and received from the outbox. */
  #settle(ref: string, pending: PendingMessage): void {
    const { ackedAs, seenAs } = pending;
    if (ackedAs === undefined || seenAs === undefined) return;
    if (ackedAs !== seenAs) this.#verifier.report("doubled", `${ref}: ${ackedAs} and ${seenAs}`);
    this.state.outbox.delete(ref);
    if (Math.random() >= RESENT_SHARE) return;
    this.#resent.set(ref, ackedAs);
    this.#send(ref, pending);
  }
}
