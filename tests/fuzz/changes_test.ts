/**
 * Random changes of messages by several users at once, compared with a model of the protocol.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { AckEvent, ErrorEvent, Message } from "../../chat/protocol/types.ts";
import { type FakeClient, FakeHub, only, UNLIMITED } from "../support/fake_hub.ts";
import { SeededRandom } from "../support/seeded_random.ts";

const SEEDS = [1, 2, 3, 4];
const STEPS = 1500;
const USERS = 6;
const EMOJI = Array.from("😀😁😂😃😄😅😆😇😈😉😊😋😌😍😎😏😐😑😒😓😔😕😖😗😘😙😚😛😜😝");

/** A message as the protocol has it after the changes so far. */
interface Modelled {
  readonly author: string;
  text: string;
  deleted: boolean;
  edited: boolean;
  readonly reply: string | undefined;
  readonly reactions: Map<string, Set<string>>;
}

type Wire = Readonly<Record<string, unknown>> & { readonly type: string };

/** What a command must be answered with, by the protocol; `ack` with the effect on the model. */
function predict(messages: Map<string, Modelled>, user: string, command: Wire): string {
  const { type, id, reply, text, emoji, on } = command;
  if (type === "send") {
    const answered = messages.get(String(reply));
    return reply === undefined || (answered !== undefined && !answered.deleted)
      ? "ack"
      : "not_found";
  }
  const message = messages.get(String(id));
  if (message === undefined) return "not_found";
  if (type !== "react" && message.author !== user) return "forbidden";
  if (type === "delete") {
    Object.assign(message, { text: "", deleted: true, edited: false, reply: undefined });
    message.reactions.clear();
    return "ack";
  }
  if (message.deleted) return "not_found";
  if (type === "edit") {
    message.edited ||= message.text !== text;
    message.text = String(text);
    return "ack";
  }
  const users = message.reactions.get(String(emoji)) ?? new Set();
  if (!on) users.delete(user);
  else if (users.size === 0 && message.reactions.size >= 12) return "too_many_reactions";
  else users.add(user);
  if (users.size > 0) message.reactions.set(String(emoji), users);
  else message.reactions.delete(String(emoji));
  return "ack";
}

function randomCommand(random: SeededRandom, ids: readonly string[], ref: string): Wire {
  const id = random.chance(0.02) || ids.length === 0
    ? "01J9ZX3Q4R5S6T7V8W9XYZABCD"
    : random.pick(ids.slice(-4));
  const all = { ref, room: "lobby" };
  const kind = random.below(40);
  if (kind < 2) return { ...all, type: "send", text: `message ${ref}` };
  if (kind < 3) return { ...all, type: "send", text: `answer ${ref}`, reply: id };
  if (kind < 10) return { ...all, type: "edit", id, text: `edit ${random.below(3)}` };
  if (kind < 12) return { ...all, type: "delete", id };
  return { ...all, type: "react", id, emoji: random.pick(EMOJI), on: random.chance(0.9) };
}

/** What clients must be shown of a message. */
function shownOf({ text, deleted, edited, reply, reactions }: Modelled) {
  return {
    text,
    deleted: deleted || undefined,
    edited,
    reply,
    reactions: reactions.size === 0
      ? undefined
      : Array.from(reactions, ([emoji, users]) => ({ emoji, users: [...users].toSorted() }))
        .toSorted((a, b) => a.emoji < b.emoji ? -1 : 1),
  };
}

function shownIn({ text, deleted, edited, reply, reactions }: Message) {
  return {
    text,
    deleted,
    edited: edited !== undefined,
    reply,
    reactions: reactions?.map(({ emoji, users }) => ({ emoji, users: users.toSorted() }))
      .toSorted((a, b) => a.emoji < b.emoji ? -1 : 1),
  };
}

/** A user who keeps what the server tells, as the protocol asks of a client. */
class Reader {
  readonly shown = new Map<string, Message>();
  readonly answers = new Map<string, AckEvent | ErrorEvent>();
  position = "";
  client: FakeClient;

  constructor(client: FakeClient) {
    this.client = client;
  }

  async read(): Promise<void> {
    for (const event of await this.client.read()) {
      if (event.type === "message") this.#see(event);
      if (event.type === "ack" || event.type === "error") this.answers.set(event.ref ?? "", event);
      if (event.type !== "joined") continue;
      assert(event.complete);
      for (const message of event.messages) this.#see(message);
      if (event.follow === 0) this.position = event.head;
    }
  }

  #see(message: Message): void {
    const position = message.changed ?? message.id;
    assert(position > this.position);
    this.position = position;
    this.shown.set(message.id, message);
  }
}

for (const seed of SEEDS) {
  Deno.test(`changeMessage() does with random changes what the protocol says (seed ${seed})`, async () => {
    const random = new SeededRandom(seed);
    const fake = new FakeHub({ messageRate: UNLIMITED, commandRate: UNLIMITED });
    const readers: Reader[] = [];
    for (let i = 0; i < USERS; i++) {
      readers.push(new Reader(await fake.client(`User ${i}`)));
    }
    for (const { client } of readers) client.send({ type: "join", room: "lobby" });
    const messages = new Map<string, Modelled>();
    const codes = new Set<string>();
    for (let step = 0; step < STEPS; step++) {
      const reader = random.pick(readers);
      const { client: { user } } = reader;
      const command = randomCommand(random, [...messages.keys()], `${step}`);
      const expected = predict(messages, user.id, command);
      codes.add(expected);
      reader.client.send(command);
      if (random.chance(0.05)) {
        await reader.read();
        reader.client.drop();
        reader.client = await fake.client(user.name);
        reader.client.send({ type: "join", room: "lobby", since: reader.position });
      }
      await reader.read();
      const answer = reader.answers.get(`${step}`);
      assertEquals(answer?.type === "error" ? answer.code : answer?.type, expected);
      if (command.type !== "send" || answer?.type !== "ack") continue;
      messages.set(answer.id, {
        author: user.id,
        text: String(command["text"]),
        deleted: false,
        edited: false,
        reply: command["reply"] === undefined ? undefined : String(command["reply"]),
        reactions: new Map(),
      });
    }
    const expected = Array.from(messages, ([id, message]) => [id, shownOf(message)] as const);
    for (const reader of readers) {
      await reader.read();
      const shown = [...reader.shown.values()].toSorted((a, b) => a.id < b.id ? -1 : 1);
      assertEquals(shown.map((message) => [message.id, shownIn(message)] as const), expected);
    }
    const page = only(
      await readers[0]?.client.ask({ type: "history", room: "lobby", limit: 200 }) ?? [],
      "history",
    );
    assertEquals(
      page.messages.map((message) => [message.id, shownIn(message)] as const),
      expected.slice(-200),
    );
    assertEquals([...codes].toSorted(), ["ack", "forbidden", "not_found", "too_many_reactions"]);
  });
}
