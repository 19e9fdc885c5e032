/**
 * Hubs of several instances with one clock, and signals that a test may lose.
 *
 * @module
 */

import type { Broker, Signal } from "../../chat/broker/broker.ts";
import { memoryBounds, MemoryBroker } from "../../chat/broker/memory.ts";
import { RemoteBroker } from "../../chat/broker/remote.ts";
import type { Port } from "../../chat/broker/remote_messages.ts";
import { ServedBroker } from "../../chat/broker/served.ts";
import { type Config, parseConfig } from "../../chat/config/config.ts";
import { FakeHub, FakeTimers, settled, UNLIMITED } from "../support/fake_hub.ts";

/** Hubs that share a broker: the first has it, the others reach it by a port. */
export class Network implements AsyncDisposable {
  readonly timers: FakeTimers;
  readonly hubs: readonly FakeHub[];
  /** Returns true if a signal is lost on its way from a hub. */
  loses: (from: number, signal: Signal) => boolean = () => false;
  /** Returns true if what is published is lost on its way to a hub. */
  isDeaf: (index: number) => boolean = () => false;
  /** The bodies of the signals between instances, as they were sent. */
  readonly sent: string[] = [];
  readonly #stopped = new Set<FakeHub>();

  private constructor(timers: FakeTimers, make: (network: Network) => readonly FakeHub[]) {
    this.timers = timers;
    this.hubs = make(this);
  }

  static async make(count: number, settings: Partial<Config> = {}): Promise<Network> {
    const timers = new FakeTimers();
    const config: Config = {
      ...parseConfig({}),
      ...{ messageRate: UNLIMITED, commandRate: UNLIMITED, connectionsPerAddress: Infinity },
      ...settings,
    };
    const clocks = { now: () => timers.now, elapsed: () => timers.now };
    const channels = Array.from({ length: count - 1 }, () => new MessageChannel());
    const memory = new MemoryBroker({ ...memoryBounds(config), ...clocks });
    let isDeaf = (_index: number) => false;
    const ports = channels.map(({ port1 }, i) => new FeedPort(port1, () => isDeaf(i + 1)));
    const served = new ServedBroker(memory, ports);
    const remotes = await Promise.all(channels.map(({ port2 }) => RemoteBroker.connect(port2)));
    const settle = async () => {
      await settled();
      // The answer comes after everything that was told before, by the same port.
      for (let i = 0; i < 4; i++) {
        await Promise.allSettled(remotes.map((each) => each.get("lobby", "")));
      }
      await settled();
    };
    const made = new Network(timers, (network) =>
      [served, ...remotes].map((broker, i) => {
        const createBroker = () => network.#tap(broker, i);
        return new FakeHub(config, { timers, settle, createBroker });
      }));
    isDeaf = (index) => made.isDeaf(index);
    return made;
  }

  hub(index: number): FakeHub {
    const hub = this.hubs[index];
    if (hub === undefined) throw new RangeError(`No hub ${index}`);
    return hub;
  }

  /** Lets time pass in steps in which signals come. */
  async pass(ms: number, stepMs = 500): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      await this.hub(0).pass(Math.min(stepMs, left));
      await this.settled();
    }
  }

  async settled(): Promise<void> {
    for (const hub of this.hubs) await hub.turn();
  }

  /** A hub is killed: it says nothing any more, not even that. */
  async kill(index: number): Promise<void> {
    const hub = this.hub(index);
    const before = this.loses;
    this.loses = (from, signal) => from === index || before(from, signal);
    this.#stopped.add(hub);
    await hub.hub.stop();
  }

  #tap(broker: Broker, index: number): Broker {
    const signal = broker.signal.bind(broker);
    broker.signal = (told) => {
      if (this.loses(index, told)) return;
      if (told.kind === "node") this.sent.push(told.body);
      signal(told);
    };
    return broker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const hub of [...this.hubs].reverse()) if (!this.#stopped.has(hub)) await hub.hub.stop();
  }
}

/** A port that may lose events, but neither answers nor signals. */
class FeedPort implements Port {
  readonly #port: MessagePort;
  readonly #isDeaf: () => boolean;
  onmessage: ((this: never, event: MessageEvent) => unknown) | null = null;

  constructor(port: MessagePort, isDeaf: () => boolean) {
    this.#port = port;
    this.#isDeaf = isDeaf;
    port.onmessage = (event) => this.onmessage?.call(this as never, event);
  }

  postMessage(message: { readonly events?: unknown }): void {
    if (message.events === undefined || !this.#isDeaf()) this.#port.postMessage(message);
  }

  close(): void {
    this.#port.close();
  }
}

/** The members of a room as a hub has them: names by id. */
export function membersAt({ hub }: FakeHub, name: string): Record<string, string> {
  const { presence } = hub.context.rooms.get(name) ?? {};
  const members: { id: string; name: string }[] = JSON.parse(presence?.encodedMembers ?? "[]");
  return Object.fromEntries(members.map(({ id, name }) => [id, name]));
}
