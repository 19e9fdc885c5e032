/**
 * A client's knowledge across its connections: its record, what it has yet to send, and the position
 * up to which it has everything.
 *
 * @module
 */

import type { Message, ServerEvent } from "../../chat/protocol/types.ts";
import type { EventOf, WireCommand } from "../support/clients.ts";
import type { SeededRandom } from "../support/seeded_random.ts";
import type { ClientRecord, Entry, State } from "./record.ts";

/** The room that all clients are in. */
export const ROOM = "lobby";

/** Before a refused command is sent again, where the error does not say. */
const RETRY_MS = 100;

/** Refusals that a client answers by trying again with the same `ref`. */
const PASSING = ["unavailable", "rate_limited"];

/** The memory of one user. */
export class Memory implements ClientRecord {
  readonly name: string;
  readonly entries: Entry[] = [];
  /** The number of acks of messages that the server already had. */
  duplicates = 0;
  /** All messages up to this position have come, or were said to be missing. */
  position: string | undefined;
  #isJoined = false;
  readonly #outbox = new Map<string, WireCommand>();
  /** The times at which to send commands again, by ref. */
  readonly #due = new Map<string, number>();
  /** The messages of this user that were acknowledged: their ids and first words. */
  readonly #said: { readonly id: string; readonly word: string }[] = [];
  #refs = 0;
  #newestAcked = "";

  constructor(name: string) {
    this.name = name;
  }

  /** True if all is acknowledged, and has been heard. */
  get isSettled(): boolean {
    return this.#outbox.size === 0 && (this.position ?? "") >= this.#newestAcked;
  }

  /** Says something new, or edits something that was said. Returns what can be sent at once. */
  speak(random: SeededRandom): WireCommand[] {
    const ref = `${this.#refs++}`;
    const said = this.#said.length > 0 && random.chance(0.2) ? random.pick(this.#said) : undefined;
    const word = said?.word ?? `${this.name.replaceAll(" ", "-")}/${ref}`;
    const text = `${word} ${said === undefined ? "says" : `edits ${ref}`} ${
      "x".repeat(random.below(80))
    }`.trim();
    const command: WireCommand = said === undefined
      ? { type: "send", room: ROOM, ref, text }
      : { type: "edit", room: ROOM, ref, text, id: said.id };
    this.#outbox.set(ref, command);
    this.entries.push({ kind: "sent", ref, text, ...(said && { id: said.id }) });
    return this.#isJoined ? [command] : [];
  }

  /** The first commands on a new connection. */
  connected(node: number): WireCommand[] {
    this.entries.push({ kind: "connected", node });
    this.#isJoined = false;
    this.#due.clear();
    return this.#greet();
  }

  #greet(): WireCommand[] {
    const { name } = this;
    return [{ type: "hello", ref: "hello", name, key: `the secret key of ${name}` }, this.#join()];
  }

  #join(): WireCommand {
    const { position } = this;
    const since = position === undefined ? {} : { since: position };
    return { type: "join", ref: "join", room: ROOM, ...since };
  }

  /** Takes an event. Returns the commands that follow from it. */
  take(event: ServerEvent, nowMs: number): WireCommand[] {
    switch (event.type) {
      case "joined":
        return this.#takeJoined(event);
      case "message":
        this.entries.push({ kind: "message", state: stateOf(event) });
        this.#reach(stateOf(event).position);
        return [];
      case "gap":
        this.entries.push({ kind: "gap", after: event.after, before: event.before });
        return [];
      case "ack":
        this.#takeAck(event);
        return [];
      case "error":
        this.#takeError(event, nowMs);
    }
    return [];
  }

  /** The commands to send again by now. */
  retries(nowMs: number): WireCommand[] {
    const commands: WireCommand[] = [];
    for (const [ref, due] of this.#due) {
      if (due > nowMs) continue;
      this.#due.delete(ref);
      const command = this.#outbox.get(ref);
      if (ref === "hello") commands.push(...this.#greet());
      else if (ref === "join") commands.push(this.#join());
      else if (command !== undefined) commands.push(command);
    }
    return commands;
  }

  #takeJoined(event: EventOf<"joined">): WireCommand[] {
    const { complete, head, follow, messages } = event;
    const since = this.position;
    const states = messages.map(stateOf);
    this.entries.push({ kind: "joined", since, complete, head, follow, states });
    const last = follow > 0 ? states.at(-1)?.position ?? since : head;
    if (last !== undefined) this.#reach(last);
    this.#isJoined = true;
    return [...this.#outbox.values()];
  }

  #takeAck({ ref, id, changed, duplicate }: EventOf<"ack">): void {
    const command = this.#outbox.get(ref);
    const position = changed ?? id;
    this.entries.push({ kind: "acked", ref, id, position });
    if (command === undefined) return;
    this.#outbox.delete(ref);
    this.#due.delete(ref);
    if (duplicate) this.duplicates++;
    if (position > this.#newestAcked) this.#newestAcked = position;
    if (command.type !== "send") return;
    this.#said.push({ id, word: String(command["text"]).split(" ", 1)[0] ?? "" });
  }

  #takeError({ ref, code, message, retryMs }: EventOf<"error">, nowMs: number): void {
    // The hello before it was refused, and both are sent again.
    if (ref === "join" && code === "not_welcome") return;
    if (ref !== undefined && PASSING.includes(code)) {
      this.#due.set(ref, nowMs + (retryMs ?? RETRY_MS));
    } else this.refuse(code, message);
  }

  /** Records a refusal that should not have come. */
  refuse(code: string, message: string): void {
    this.entries.push({ kind: "refused", code, message });
  }

  #reach(position: string): void {
    if (position > (this.position ?? "")) this.position = position;
  }
}

/** The state of a message, as far as a verdict depends on it. */
export function stateOf({ id, changed = id, user, text }: Message): State {
  return { id, position: changed, user: user.id, text };
}
