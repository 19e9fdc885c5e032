/**
 * What a client keeps across its connections, so that nothing is lost and nothing doubled.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Message, ServerEvent } from "../../chat/protocol/types.ts";
import type { EventOf, WireCommand } from "./clients.ts";

const ROOM = "lobby";

/** What is missing between two positions, as the server has said. */
interface Gap {
  readonly after: string;
  readonly before: string;
}

/** The memory of one user in one room, who does what the protocol asks of a client. */
export class Memory {
  readonly name: string;
  /** Every message that came, in the order in which it came. */
  readonly seen = new Map<string, Message>();
  readonly gaps: Gap[] = [];
  /** The text of each message that was acknowledged, by id. */
  readonly acked = new Map<string, string>();
  /** How often the server knew a message that was sent again. */
  duplicates = 0;
  /** How many messages came because they were missed. */
  recovered = 0;
  /** How often the server did not vouch for the time that was missed. */
  forgotten = 0;
  /** Everything up to here has come, or was said to be missing. */
  position: string | undefined;
  /** What was sent and not acknowledged, by ref. */
  readonly #outbox = new Map<string, WireCommand>();
  #newestAcked = "";
  #lastOnConnection = "";
  #sent = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Whether all that was said is acknowledged, and has come. */
  get isSettled(): boolean {
    return this.#outbox.size === 0 && (this.position ?? "") >= this.#newestAcked;
  }

  /** What to say first on a new connection. */
  begin(): WireCommand[] {
    const { name, position } = this;
    this.#lastOnConnection = "";
    return [
      { type: "hello", name, key: `the secret key of ${name}` },
      { type: "join", room: ROOM, ...(position !== undefined && { since: position }) },
      ...this.#outbox.values(),
    ];
  }

  /** Another message, to be sent until it is acknowledged. */
  say(more = ""): WireCommand {
    const ref = `${this.#sent++}`;
    const text = `${this.name} says ${ref} ${more}`.trim();
    const command: WireCommand = { type: "send", room: ROOM, ref, text };
    this.#outbox.set(ref, command);
    return command;
  }

  /** What to send again, if it was refused for now. */
  unacknowledged(ref: string | undefined): WireCommand | undefined {
    return ref === undefined ? undefined : this.#outbox.get(ref);
  }

  /** Takes what the server says. */
  take(event: ServerEvent): void {
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
        // What is refused for now is sent again; nothing else may be refused.
        if (event.retryMs !== undefined) return;
        throw new Error(`${this.name} was refused: ${JSON.stringify(event)}`);
    }
  }

  #takeJoined({ complete, messages, follow, head }: EventOf<"joined">): void {
    const [first] = messages;
    const after = this.position;
    if (!complete) this.forgotten++;
    if (!complete && after !== undefined && first !== undefined) {
      this.gaps.push({ after, before: first.id });
    }
    if (after !== undefined) this.recovered += messages.length + follow;
    for (const message of messages) this.#see(message);
    if (follow === 0) this.position = head;
  }

  #takeAck({ ref, id, duplicate }: EventOf<"ack">): void {
    const text = this.#outbox.get(ref)?.["text"];
    if (typeof text !== "string") throw new Error(`${this.name} got another ack of ${ref}`);
    this.#outbox.delete(ref);
    this.acked.set(id, text);
    if (id > this.#newestAcked) this.#newestAcked = id;
    if (duplicate) this.duplicates++;
  }

  #see({ id, time, user, text }: Message): void {
    assert(id > this.#lastOnConnection, `${this.name} got ${id} after ${this.#lastOnConnection}`);
    this.#lastOnConnection = id;
    this.position = id;
    if (!this.seen.has(id)) this.seen.set(id, { id, time, user, text });
  }
}

/** All messages that were acknowledged to anyone, in the order of their ids: id and text. */
export function ackedBy(memories: readonly Memory[]): (readonly [string, string])[] {
  return memories.flatMap(({ acked }) => [...acked]).toSorted(([a], [b]) => a < b ? -1 : 1);
}

/** Everyone has seen everything that was acknowledged to anyone, once and in order, and no more. */
export function assertNothingLost(memories: readonly Memory[]): void {
  const acked = ackedBy(memories);
  assertEquals(new Set(acked.map(([, text]) => text)).size, acked.length);
  for (const { seen, gaps } of memories) {
    assertEquals(gaps, []);
    assertEquals([...seen].map(([id, { text }]) => [id, text] as const), acked);
  }
}

/** Everyone has seen everything that was acknowledged, in order, except for what was announced. */
export function assertGapsAnnounced(memories: readonly Memory[]): void {
  const acked = ackedBy(memories);
  for (const { seen, gaps } of memories) {
    const ids = [...seen.keys()];
    assertEquals(ids, ids.toSorted());
    const isInGap = (id: string): boolean =>
      gaps.some(({ after, before }) => after < id && id < before);
    const lost = acked.filter(([id]) => !seen.has(id));
    assertEquals(lost.filter(([id]) => !isInGap(id)), []);
    assertEquals(ids.filter((id) => isInGap(id)), []);
  }
}
