/**
 * Newcomers in the moment after a broker has lost messages, while rooms are read again.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { LogPart, OpenedRoom, Subscriber } from "../../chat/broker/broker.ts";
import { MemoryBroker, type MemoryOptions } from "../../chat/broker/memory.ts";
import type { Caller } from "../../chat/commands/caller.ts";
import { follow } from "../../chat/commands/follow.ts";
import { FakeHub, only, textsOf } from "../support/fake_hub.ts";

/** A broker that loses messages of the lobby, and may be slow to say what is left. */
class LosingBroker extends MemoryBroker {
  #subscriber: Subscriber | undefined;
  #lostUntil = "";
  /** Reads wait for it. */
  gate = Promise.resolve();

  override subscribe(subscriber: Subscriber): void {
    this.#subscriber = subscriber;
    super.subscribe(subscriber);
  }

  override async open(room: string, limit: number): Promise<OpenedRoom> {
    await this.gate;
    const opened = await super.open(room, limit);
    const messages = opened.messages.filter(({ body }) => JSON.parse(body).text !== "lost");
    return { ...opened, messages, lostUntil: this.#lostUntil };
  }

  override async after(room: string, position: string, limit: number): Promise<LogPart> {
    await this.gate;
    return { ...await super.after(room, position, limit), lostUntil: this.#lostUntil };
  }

  /** Loses something at a position that was told. */
  lose(position: string): void {
    this.#lostUntil = `${position.slice(0, -1)}Z`;
    this.#subscriber?.lost();
  }
}

Deno.test("newcomers are not shown what is lost, though the room is still to be read again", async () => {
  const createBroker = (options: MemoryOptions) => new LosingBroker(options);
  const fake = new FakeHub({}, { createBroker });
  const broker = fake.broker as LosingBroker;
  const ada = await fake.member("Ada");
  for (const text of ["kept", "lost"]) ada.say(text);
  const told = await ada.readOf("message");
  const [kept, lost] = told;
  if (kept === undefined || lost === undefined) throw new TypeError("Nothing was told");
  const newcomers = [await fake.client("Bob"), await fake.client("Eve")] as const;
  const [bob, eve] = newcomers;
  const { promise, resolve } = Promise.withResolvers<void>();
  broker.gate = promise;
  broker.lose(lost.id);
  bob.send({ type: "join", room: "lobby" });
  eve.send({ type: "join", room: "lobby", since: kept.id });
  const caller: Caller = {
    user: { id: "danny", name: "bot", role: "bot" },
    address: fake.hub.addresses.enter("192.0.2.2", fake.timers.now),
    ...{ isAdmin: false, isNamed: false, isStranger: false, rooms: undefined },
    ...{ expiresAt: Infinity, password: undefined },
  };
  const since = kept.id;
  const followed = follow(
    fake.hub.context,
    caller,
    { room: "lobby", since },
    fake.timers.now,
    (_room, { gap }) => gap?.after,
  );
  assertEquals([...await bob.read(), ...await eve.read()], []);
  resolve();
  for (const newcomer of newcomers) {
    const { messages, complete } = only(await newcomer.read(), "joined");
    assertEquals([textsOf(messages), complete], [["kept"], newcomer === bob]);
  }
  assertEquals(await followed, since);
  await fake.hub.stop();
});
