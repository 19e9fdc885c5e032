/**
 * Random acts of users with roles, compared with a model of the protocol.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { ErrorEvent, ServerEvent } from "../../chat/protocol/types.ts";
import { BUSY, idOf } from "../support/charge.ts";
import { type FakeClient, FakeHub } from "../support/fake_hub.ts";
import { SeededRandom } from "../support/seeded_random.ts";

const SEEDS = [1, 2, 3];
const STEPS = 600;
const MINUTE_MS = 60_000;

type Rank = 0 | 1 | 2 | 3;
type Wire = Readonly<Record<string, unknown>> & { readonly type: string };

/** The settings that everybody in the room may have to keep to. */
interface ModelledRoom {
  topic: string;
  readOnly: boolean;
  slowMs: number;
  listed: boolean;
  moderators: string[];
}

/** A user as the protocol has it after the commands so far. */
interface Modelled {
  readonly name: string;
  readonly id: string;
  isIn: boolean;
  kickedUntil: number;
  mutedUntil: number;
  saidAt: number;
}

/** What the protocol says of one room. */
class Model {
  readonly users: Modelled[];
  readonly room: ModelledRoom = {
    topic: "",
    readOnly: false,
    slowMs: 0,
    listed: false,
    moderators: [],
  };
  now = 0;

  constructor(names: readonly string[]) {
    this.users = names.map((name) => ({
      ...{ name, id: idOf(name), isIn: true },
      ...{ kickedUntil: 0, mutedUntil: 0, saidAt: -Infinity },
    }));
  }

  rank({ name, id }: Modelled): Rank {
    if (name === "Admin") return 3;
    if (name === "Owner") return 2;
    return this.room.moderators.includes(id) ? 1 : 0;
  }

  /** The type or code of the answer to a command, with its effect on the model. */
  predict(user: Modelled, command: Wire): string {
    const rank = this.rank(user);
    const isKicked = this.now < user.kickedUntil && rank < 3;
    switch (command.type) {
      case "join":
        if (!user.isIn && isKicked) return "kicked";
        user.isIn = true;
        return "joined";
      case "send":
        return this.#send(user, rank);
      case "bans":
        if (rank === 0) return "forbidden";
        return isKicked ? "kicked" : "bans";
      case "kick":
      case "mute":
        return this.#moderate(user, rank, isKicked, command);
      default:
        return this.#configure(rank, isKicked, command);
    }
  }

  #send(user: Modelled, rank: Rank): string {
    const { readOnly, slowMs } = this.room;
    if (!user.isIn) return "not_joined";
    if (this.now < user.mutedUntil && rank < 3) return "muted";
    if (rank > 0) return "ack";
    if (readOnly) return "read_only";
    if (slowMs === 0) return "ack";
    if (this.now < user.saidAt + slowMs) return "rate_limited";
    user.saidAt = this.now;
    return "ack";
  }

  #moderate(
    user: Modelled,
    rank: Rank,
    isKicked: boolean,
    { type, user: id, minutes }: Wire,
  ): string {
    const target = this.users.find((each) => each.id === id);
    if (target === undefined || rank === 0 || target === user) return "forbidden";
    if (this.rank(target) > rank || this.rank(target) === 3) return "forbidden";
    if (isKicked) return "kicked";
    const until = this.now + Number(minutes) * MINUTE_MS;
    if (type === "mute") target.mutedUntil = until;
    else Object.assign(target, { isIn: false, kickedUntil: until });
    return "done";
  }

  #configure(
    rank: Rank,
    isKicked: boolean,
    { type: _, ref: __, room: ___, ...change }: Wire,
  ): string {
    const needed = Object.keys(change).some((name) => name === "listed" || name === "moderators")
      ? 2
      : 1;
    if (rank < needed) return "forbidden";
    if (isKicked) return "kicked";
    Object.assign(this.room, change);
    return "settings";
  }
}

function randomCommand(random: SeededRandom, { users }: Model): Wire {
  const all = { room: "den" };
  const user = random.pick(users).id;
  const kind = random.below(20);
  if (kind < 9) return { ...all, type: "send", text: "hi" };
  if (kind < 12) return { ...all, type: "join" };
  if (kind < 13) return { ...all, type: "bans" };
  if (kind < 16) {
    const minutes = random.pick([0, 0, 1, 5]);
    return { ...all, type: random.pick(["kick", "mute"]), user, minutes };
  }
  const change = random.pick([
    { topic: random.pick(["", "tea", "coffee"]) },
    { readOnly: random.chance(0.3) },
    { slowMs: random.pick([0, 180_000]) },
    { listed: random.chance(0.5), topic: "both" },
    { moderators: users.filter(() => random.chance(0.3)).map(({ id }) => id) },
  ]);
  return { ...all, type: "configure", ...change };
}

function isAnswer(
  event: ServerEvent,
  ref: string,
): event is Extract<ServerEvent, { ref?: string }> {
  return "ref" in event && event.ref === ref;
}

for (const seed of SEEDS) {
  Deno.test(`moderate() and configure() do with random commands what the protocol says (seed ${seed})`, async () => {
    const random = new SeededRandom(seed);
    const names = ["Owner", "Admin", "Bob", "Cid", "Dan", "Eve"];
    const fake = new FakeHub({ ...BUSY, admins: new Set([idOf("Admin")]) });
    const clients = new Map<string, FakeClient>();
    for (const [i, name] of names.entries()) {
      const client = fake.connect(`192.0.2.${i}`);
      await client.ask({ type: "hello", name, key: `the key of ${name}`.padEnd(16, "-") });
      await client.join("den");
      clients.set(name, client);
    }
    const model = new Model(names);
    model.now = fake.timers.now;
    const seen = new Set<string>();
    for (let step = 0; step < STEPS; step++) {
      const user = random.pick(model.users);
      const command = randomCommand(random, model);
      const before = model.users.filter(({ isIn }) => isIn);
      const expected = model.predict(user, command);
      seen.add(`${command.type} ${expected}`);
      const ref = `${step}`;
      clients.get(user.name)?.send({ ...command, ref });
      for (const { name, isIn } of model.users) {
        const events = await clients.get(name)?.read() ?? [];
        const wasIn = before.some((each) => each.name === name);
        assertEquals(events.some(({ type }) => type === "kicked"), wasIn && !isIn, `${step}`);
        const told = events.filter(({ type }) => type === "message").length;
        assertEquals(told, expected === "ack" && isIn ? 1 : 0, `${step}: ${name}`);
        if (name !== user.name) continue;
        const answer = events.find((each) => isAnswer(each, ref)) as ServerEvent | undefined;
        const got = answer?.type === "error" ? (answer as ErrorEvent).code : answer?.type;
        assertEquals(got, expected, `${step}: ${name} ${JSON.stringify(command)}`);
        if (answer?.type !== "settings" && answer?.type !== "joined") continue;
        const settings = answer.type === "settings" ? answer : answer.settings;
        const { moderators, ...others } = model.room;
        const ids = moderators.filter((id) => id !== idOf("Owner"));
        assertEquals(settings?.moderators.map(({ id }) => id), ids);
        for (const [field, value] of Object.entries(others)) {
          assertEquals((settings as unknown as Record<string, unknown>)[field], value, field);
        }
      }
      if (random.chance(0.2)) await fake.pass(random.pick([500, 30_000, 60_000]));
      model.now = fake.timers.now;
      for (const client of clients.values()) await client.read();
    }
    for (
      const each of [
        ...["send ack", "send muted", "send read_only", "send rate_limited", "send not_joined"],
        ...["join joined", "join kicked", "kick done", "kick forbidden", "mute done"],
        ...["mute forbidden", "configure settings", "configure forbidden", "bans bans"],
      ]
    ) assert(seen.has(each), `${each} never came`);
  });
}
