/**
 * A client that talks like a person, and checks all that it gets.
 *
 * @module
 */

import type {
  AckEvent,
  Command,
  ErrorEvent,
  JoinedEvent,
  Message,
  MessageEvent,
  ServerEvent,
} from "../chat/protocol/types.ts";
import type { Chronicle } from "./chronicle.ts";
import { Client, type Target } from "./client.ts";
import { encodeClose, encodeText } from "./frames.ts";
import { sleep } from "./stopwatch.ts";

/** What the names of rooms begin with that are made and left. */
export const DEN = "den-";

/** How often to look for what must come. Not a time: when the machine stands still, so does this. */
const PATIENCE_LOOKS = 300;
const LOOK_MS = 50;

/** For each message that a user may send after the burst. */
const MESSAGE_MS = 200;

/** How much is said again though it was acknowledged, as a share. */
const SAID_AGAIN = 0.05;

/** Who a visitor is, and what is to be kept until it comes back. */
export interface Person {
  readonly name: string;
  /** Without one, nobody comes back. */
  readonly key?: string;
  readonly address: string;
  readonly rooms: Set<string>;
  /** The last position in each room. */
  readonly places: Map<string, Place>;
  /** What was said, by ref, until it was both acknowledged and seen. */
  readonly outbox: Map<string, Said>;
}

/** A position in a room. */
interface Place {
  readonly id: string;
  /** Whether it is that of a message, so that what follows it is known to others too. */
  readonly isMessage: boolean;
}

/** Something that was said: the ids under which it was acknowledged and seen so far. */
interface Said {
  readonly room: string;
  readonly text: string;
  ackedAs?: string;
  seenAs?: string;
}

/** The number of refs that were given out. */
let refs = 0;

/** One connection of a person. */
export class Visitor {
  /** Whether the connection may be closed by the server, since it asked for it. */
  mayBeEvicted = false;
  readonly person: Person;
  readonly #client: Client;
  readonly #chronicle: Chronicle;
  /** The types of the answers that are to come, by ref. */
  readonly #awaited = new Map<string, ServerEvent["type"]>();
  /** The ids of what is said again, by ref. */
  readonly #repeats = new Map<string, string>();
  readonly #decoder = new TextDecoder();
  #heard = "";
  #id = "";
  #ended = false;

  private constructor(client: Client, person: Person, chronicle: Chronicle) {
    this.#client = client;
    this.person = person;
    this.#chronicle = chronicle;
    client.reader = (bytes, from, to, last) => {
      this.#heard += this.#decoder.decode(bytes.subarray(from, to), { stream: !last });
      if (last) this.#read();
      return to;
    };
    client.onEnd = (reason) => {
      this.#ended = true;
      if (!this.mayBeEvicted) chronicle.blame("closed", `${person.name}: ${reason.message}`);
    };
  }

  /** Connects, and goes on where the person was: in its rooms, with what was not acknowledged. */
  static async open(target: Target, person: Person, chronicle: Chronicle): Promise<Visitor> {
    const client = await Client.open({ ...target, forwardedFor: person.address }, person.name);
    const visitor = new Visitor(client, person, chronicle);
    const { name, key } = person;
    visitor.#ask("welcome", { type: "hello", name, ...(key !== undefined && { key }) });
    for (const room of person.rooms) visitor.join(room);
    for (const [ref, said] of person.outbox) {
      if (said.ackedAs === undefined) visitor.#send(ref, said);
    }
    return visitor;
  }

  /** Whether the connection is over. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Joins a room, from where the person was in it. */
  join(room: string): void {
    this.person.rooms.add(room);
    const since = this.person.places.get(room)?.id;
    this.#ask("joined", { type: "join", room, ...(since !== undefined && { since }) });
  }

  leave(room: string): void {
    this.#ask("left", { type: "leave", room });
  }

  say(room: string, words: string): void {
    const ref = `r${refs++}`;
    // The text tells which one it is when it comes back.
    const said = { room, text: `${ref} ${words}` };
    this.person.outbox.set(ref, said);
    this.#send(ref, said);
  }

  type(room: string): void {
    this.#write({ type: "typing", room });
  }

  rename(name: string): void {
    this.#ask("renamed", { type: "rename", name });
  }

  /** Asks for the messages before the last one that was seen. */
  readBack(room: string, limit: number): void {
    const before = this.person.places.get(room);
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

  /** Stops reading for a while. */
  async stall(ms: number): Promise<void> {
    this.#client.stall();
    await sleep(ms);
    if (!this.#ended) this.#client.resume();
  }

  /** Waits for what is still to come, and hangs up as one should. */
  async close(): Promise<void> {
    this.#client.resume();
    for (let looks = 0; this.#waits && looks < PATIENCE_LOOKS; looks++) await sleep(LOOK_MS);
    if (this.#ended) return;
    for (const [ref, type] of this.#awaited) {
      this.#chronicle.blame("unanswered", `${this.person.name}: no ${type} for ${ref}`);
    }
    for (const [ref, { ackedAs }] of this.person.outbox) {
      this.#chronicle.blame(ackedAs === undefined ? "unanswered" : "unseen", `${ref}: ${ackedAs}`);
    }
    for (const ref of this.#repeats.keys()) this.#chronicle.blame("unanswered", `${ref}, again`);
    this.person.outbox.clear();
    this.#ended = true;
    this.#client.onEnd = () => {};
    this.#client.write(encodeClose());
  }

  /** Is gone, without a word. */
  cut(): void {
    this.#ended = true;
    this.#client.close();
  }

  /** Whether something is still to come. */
  get #waits(): boolean {
    return !this.#ended && this.#awaited.size + this.person.outbox.size + this.#repeats.size > 0;
  }

  #ask(answer: ServerEvent["type"], command: Command): void {
    const ref = `r${refs++}`;
    this.#awaited.set(ref, answer);
    this.#write({ ...command, ref });
  }

  #send(ref: string, { room, text }: Said): void {
    this.#write({ type: "send", ref, room, text });
  }

  #write(command: Command): void {
    if (!this.#ended) this.#client.write(encodeText(JSON.stringify(command)));
  }

  #read(): void {
    const events: ServerEvent[] = JSON.parse(this.#heard);
    this.#heard = "";
    for (const event of events) this.#take(event);
  }

  #take(event: ServerEvent): void {
    switch (event.type) {
      case "message":
        return this.#receive(event);
      case "ack":
        return this.#acknowledge(event);
      case "error":
        return this.#bear(event);
      case "gap":
        return this.#chronicle.blame("incomplete", `A gap in ${event.room}`);
      case "presence":
      case "typing":
      case "bye":
        return;
    }
    const awaited = this.#awaited.get(event.ref ?? "");
    this.#awaited.delete(event.ref ?? "");
    if (awaited !== event.type) {
      this.#chronicle.blame("misanswered", `${event.type} where ${awaited} was due`);
    }
    switch (event.type) {
      case "welcome":
        this.#id = event.you.id;
        return;
      case "joined":
        return this.#enter(event);
      case "left":
        return this.#exit(event.room);
      case "history":
        return this.#followAll(event.messages);
    }
  }

  #enter({ room, messages, head, complete }: JoinedEvent): void {
    const { places } = this.person;
    const since = places.get(room);
    // A den that is empty is dropped when there are too many rooms, and whoever comes back is told.
    if (since !== undefined && !complete && !room.startsWith(DEN)) {
      this.#chronicle.blame("incomplete", `${room} since ${since.id}`);
    }
    if (since === undefined || !complete) {
      // Nothing is known of what comes before the first message of many.
      places.set(room, { id: messages.length > 0 ? "" : head, isMessage: false });
    }
    for (const message of messages) this.#receive({ ...message, type: "message", room });
  }

  #exit(room: string): void {
    const { outbox, rooms, places } = this.person;
    rooms.delete(room);
    places.delete(room);
    for (const [ref, said] of outbox) {
      if (said.room !== room) continue;
      // The ack came before, and so must have the message. What was refused is not sent again.
      if (said.ackedAs !== undefined) this.#chronicle.blame("unseen", `${ref}: ${said.ackedAs}`);
      outbox.delete(ref);
    }
  }

  #receive({ id, room, user, text }: MessageEvent): void {
    const { places } = this.person;
    const place = places.get(room);
    if (place === undefined) {
      this.#chronicle.blame("misanswered", `A message in ${room}, which is not joined`);
    } else if (place.isMessage) {
      this.#chronicle.follow(place.id, id);
    } else if (id <= place.id) {
      this.#chronicle.blame("disordered", `${id} came after ${place.id}`);
    }
    places.set(room, { id, isMessage: true });
    if (user.id !== this.#id) return;
    const ref = text.split(" ", 1)[0] ?? "";
    const said = this.person.outbox.get(ref);
    if (said === undefined) return this.#chronicle.blame("doubled", `${ref} came again as ${id}`);
    said.seenAs = id;
    this.#settle(ref, said);
  }

  #followAll(messages: readonly Message[]): void {
    let before: string | undefined;
    for (const { id } of messages) {
      if (before !== undefined) this.#chronicle.follow(before, id);
      before = id;
    }
  }

  #acknowledge({ ref, id, duplicate }: AckEvent): void {
    const said = this.person.outbox.get(ref);
    if (said !== undefined) {
      said.ackedAs = id;
      return this.#settle(ref, said);
    }
    const first = this.#repeats.get(ref);
    this.#repeats.delete(ref);
    if (first === id && duplicate) return;
    this.#chronicle.blame("misanswered", `${ref} as ${id}, where ${first} was due`);
  }

  #bear({ ref = "", code, message, retryMs }: ErrorEvent): void {
    const said = this.person.outbox.get(ref);
    if (said !== undefined && retryMs !== undefined) {
      // Not all at once, or all but one would be refused again.
      const turnMs = Math.random() * this.person.outbox.size * MESSAGE_MS;
      setTimeout(() => {
        if (this.person.outbox.has(ref)) this.#send(ref, said);
      }, retryMs + turnMs);
      return;
    }
    this.#awaited.delete(ref);
    this.person.outbox.delete(ref);
    this.#chronicle.blame("refused", `${code}: ${message}`);
  }

  /** Notes that something was acknowledged, or seen, and is done with when it was both. */
  #settle(ref: string, said: Said): void {
    const { ackedAs, seenAs } = said;
    if (ackedAs === undefined || seenAs === undefined) return;
    if (ackedAs !== seenAs) this.#chronicle.blame("doubled", `${ref}: ${ackedAs} and ${seenAs}`);
    this.person.outbox.delete(ref);
    if (Math.random() >= SAID_AGAIN) return;
    this.#repeats.set(ref, ackedAs);
    this.#send(ref, said);
  }
}
