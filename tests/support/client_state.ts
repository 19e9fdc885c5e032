/**
 * The state of a client across its connections, and checks that no message is lost or doubled.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Message, ServerEvent } from "../../chat/protocol/types.ts";
import type { EventOf, WireCommand } from "./clients.ts";

const ROOM = "lobby";

/** A gap that the server has announced. */
interface Gap {
  readonly after: string;
  readonly before: string;
}

/** The state of one user in one room, kept as the protocol asks of a client. */
export class ClientState {
  readonly name: string;
  /** The last state of all messages received, in the order of their first arrival. */
  readonly seen = new Map<string, Message>();
  readonly gaps: Gap[] = [];
  /** The texts of acknowledged messages, by id. */
  readonly acked = new Map<string, string>();
  /** The position of the last acknowledged message or change. */
  newestAcked = "";
  /** The number of acks of messages that the server already had. */
  duplicates = 0;
  /** The number of messages that came again in another state. */
  changes = 0;
  /** The number of messages received on rejoining. */
  recovered = 0;
  /** The number of incomplete rejoins. */
  incompleteJoins = 0;
  /** All messages up to this position have come, or are in a gap. */
  position: string | undefined;
  /** The unacknowledged messages, by ref. */
  readonly #outbox = new Map<string, WireCommand>();
  #lastOnConnection = "";
  #sent = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Whether all messages of this user are acknowledged and received. */
  get isSettled(): boolean {
    return this.#outbox.size === 0 && (this.position ?? "") >= this.newestAcked;
  }

  /** The first commands on a new connection. */
  firstCommands(): WireCommand[] {
    const { name, position } = this;
    this.#lastOnConnection = "";
    return [
      { type: "hello", name, key: `the secret key of ${name}` },
      { type: "join", room: ROOM, ...(position !== undefined && { since: position }) },
      ...this.#outbox.values(),
    ];
  }

  /** Makes another message, which is sent again until it is acknowledged. */
  makeSend(more = ""): WireCommand {
    const ref = `${this.#sent++}`;
    const text = `${this.name} says ${ref} ${more}`.trim();
    const command: WireCommand = { type: "send", room: ROOM, ref, text };
    this.#outbox.set(ref, command);
    return command;
  }

  /** Makes a change of a message, which is sent again until it is acknowledged or refused. */
  makeChange(id: string, change: WireCommand): WireCommand {
    const ref = `${this.#sent++}`;
    const command: WireCommand = { ...change, room: ROOM, ref, id };
    this.#outbox.set(ref, command);
    return command;
  }

  /** The command to send again after a temporary refusal. */
  unacknowledged(ref: string | undefined): WireCommand | undefined {
    return ref === undefined ? undefined : this.#outbox.get(ref);
  }

  /** Applies an event of the server. */
  handle(event: ServerEvent): void {
    switch (event.type) {
      case "joined":
        return this.#takeJoined(event);
      case "message":
        return this.#see(event);
      case "gap":
        return void this.gaps.push(event);
      case "ack":
        return this.#takeAck(event);
      case "error":
        // A temporary refusal leads to another attempt. The server must not refuse anything else.
        if (event.retryMs !== undefined) return;
        // Another one of the user's connections may have deleted the message meanwhile.
        if (event.code === "not_found") return this.#giveUp(event.ref);
        throw new Error(`${this.name} was refused: ${JSON.stringify(event)}`);
    }
  }

  #takeJoined({ complete, messages, follow, head }: EventOf<"joined">): void {
    const [first] = messages;
    const after = this.position;
    if (!complete) this.incompleteJoins++;
    if (!complete && after !== undefined && first !== undefined) {
      this.gaps.push({ after, before: first.id });
    }
    if (after !== undefined) this.recovered += messages.length + follow;
    for (const message of messages) this.#see(message);
    if (follow === 0) this.position = head;
  }

  #takeAck({ ref, id, changed, duplicate }: EventOf<"ack">): void {
    const command = this.#outbox.get(ref);
    if (command === undefined) throw new Error(`${this.name} got another ack of ${ref}`);
    this.#outbox.delete(ref);
    if (command["type"] === "send") this.acked.set(id, String(command["text"]));
    const position = changed ?? id;
    if (position > this.newestAcked) this.newestAcked = position;
    if (duplicate) this.duplicates++;
  }

  #giveUp(ref: string | undefined): void {
    const command = this.#outbox.get(ref ?? "");
    if (command?.["id"] === undefined) throw new Error(`${this.name} was refused ${ref}`);
    this.#outbox.delete(ref ?? "");
  }

  #see({ type: _, room: __, ...message }: Message & { type?: string; room?: string }): void {
    const { id, changed = id } = message;
    const last = this.#lastOnConnection;
    assert(changed > last, `${this.name} got ${changed} after ${last}`);
    this.#lastOnConnection = changed;
    this.position = changed;
    const known = this.seen.get(id);
    if (known !== undefined && (known.changed ?? id) >= changed) return;
    if (known !== undefined) this.changes++;
    this.seen.set(id, message);
  }
}

/** The acknowledged messages of all users in the order of their ids: id and text. */
export function ackedBy(states: readonly ClientState[]): (readonly [string, string])[] {
  return states.flatMap(({ acked }) => [...acked]).toSorted(([a], [b]) => a < b ? -1 : 1);
}

/** Asserts that every user has received exactly the acknowledged messages, all in the same state. */
export function assertSameStates(states: readonly ClientState[]): void {
  const ids = ackedBy(states).map(([id]) => id);
  const [first] = states;
  for (const { name, seen, gaps } of states) {
    assertEquals(gaps, []);
    assertEquals([...seen.keys()].toSorted(), ids, name);
    for (const id of ids) assertEquals(seen.get(id), first?.seen.get(id), name);
  }
}

/** Asserts that every user has received exactly the acknowledged messages, once and in order. */
export function assertNothingLost(states: readonly ClientState[]): void {
  const acked = ackedBy(states);
  assertEquals(new Set(acked.map(([, text]) => text)).size, acked.length);
  for (const { seen, gaps } of states) {
    assertEquals(gaps, []);
    assertEquals([...seen].map(([id, { text }]) => [id, text] as const), acked);
  }
}

/** Asserts that every user has received the acknowledged messages in order, except those in gaps. */
export function assertGapsAnnounced(states: readonly ClientState[]): void {
  const acked = ackedBy(states);
  for (const { seen, gaps } of states) {
    const ids = [...seen.keys()];
    assertEquals(ids, ids.toSorted());
    const isInGap = (id: string): boolean =>
      gaps.some(({ after, before }) => after < id && id < before);
    const lost = acked.filter(([id]) => !seen.has(id));
    assertEquals(lost.filter(([id]) => !isInGap(id)), []);
    assertEquals(ids.filter((id) => isInGap(id)), []);
  }
}
