/**
 * Instances of one store whose Redis a test breaks.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  type Message,
  ORIGIN,
  type Receipt,
  type SendOp,
  type Subscriber,
  Unavailable,
} from "../../../chat/broker/broker.ts";
import { RedisBroker, type RedisOptions } from "../../../chat/broker/redis.ts";
import type { RedisUrl } from "../../../chat/config/redis_url.ts";
import { delay } from "../../../chat/runtime/timers.ts";
import { within } from "../../support/deadline.ts";
import { receiptOf, send, textOf } from "../ops.ts";

const OPTIONS = {
  wait: 0,
  keepDays: 0,
  keepBytes: 0,
  receiptBytes: 10_000_000,
  deadlineMs: 3000,
  beatMs: 500,
};

const ROOM = "lobby";

/** The promise is 2 s; the rest is for a slow machine. A fault takes as long as TCP: minutes. */
const NOTICED_MS = 4000;

/** A broker, and one room as a hub keeps it. */
export class Instance implements AsyncDisposable, Subscriber {
  readonly broker: RedisBroker;
  /** The changes that it told. */
  readonly told: (string | undefined)[];
  /** The room by position, as it was heard or read again. */
  readonly log: Message[] = [];
  losses = 0;
  /** Rejections of sends, by what is said of them. */
  readonly rejected = { no: 0, unknown: 0 };
  #reading: Promise<void> | undefined;
  #isAgain = false;
  #buffer: Message[] = [];
  #isClosed = false;

  private constructor(broker: RedisBroker, told: (string | undefined)[]) {
    this.broker = broker;
    this.told = told;
    broker.subscribe(this);
  }

  static async open(url: RedisUrl, over: Partial<RedisOptions> = {}): Promise<Instance> {
    const told: (string | undefined)[] = [];
    const onProblem = (problem: string | undefined) => void told.push(problem);
    const broker = await RedisBroker.connect({ ...OPTIONS, url, onProblem, ...over });
    return new Instance(broker, told);
  }

  get head(): string {
    return this.log.at(-1)?.position ?? ORIGIN;
  }

  get problem(): string | undefined {
    return this.broker.status().problem;
  }

  published(room: string, message: Message): void {
    if (room !== ROOM) return;
    if (this.#reading === undefined) this.#append(message);
    else this.#buffer.push(message);
  }

  lost(): void {
    this.losses++;
    this.#isAgain = true;
    this.#reading ??= this.#readAgain().finally(() => this.#reading = undefined);
  }

  documented(): void {}
  signalled(): void {}
  dropped(): void {}

  /** Sends a text, again until it is kept. */
  async say(text: string): Promise<Receipt> {
    const op = send(text);
    for (;;) {
      try {
        return await this.once(op);
      } catch (error) {
        if (!(error instanceof Unavailable) || this.#isClosed) throw error;
        this.rejected[error.kept]++;
        await delay(10);
      }
    }
  }

  /** Publishes once, in bounded time. */
  async once(op: SendOp): Promise<Receipt> {
    return receiptOf((await within(this.broker.publish([op]), "an answer"))[0]);
  }

  /** Says texts until it is told to stop. Returns their receipts. */
  async sayUntil(name: string, end: AbortSignal, width = 4): Promise<Map<string, Receipt>> {
    const receipts = new Map<string, Receipt>();
    let count = 0;
    const lane = async () => {
      while (!end.aborted) {
        const text = `${name} ${++count}`;
        receipts.set(text, await this.say(text));
      }
    };
    await within(Promise.all(Array.from({ length: width }, lane)), "sends to be kept");
    return receipts;
  }

  /** Waits until it has a problem, which must be soon. */
  async fails(): Promise<string> {
    const start = performance.now();
    while (this.problem === undefined) {
      assert(performance.now() - start < NOTICED_MS, "It has noticed nothing");
      await delay(5);
    }
    return this.problem;
  }

  /** Waits until it has none. */
  async recovers(): Promise<void> {
    const start = performance.now();
    while (this.problem !== undefined) {
      assert(performance.now() - start < 15_000, `It has not recovered: ${this.problem}`);
      await delay(5);
    }
  }

  /** Waits until it knows everything that is kept. */
  async settle(): Promise<void> {
    await within(this.broker.catchUp(), "the instance to catch up");
    while (this.#reading !== undefined) await within(this.#reading, "the room to be read");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.broker.close();
    await this.#reading;
  }

  #append(message: Message): void {
    assert(message.position > this.head, `${message.position} is not newer`);
    this.log.push(message);
  }

  async #readAgain(): Promise<void> {
    while (this.#isAgain && !this.#isClosed) {
      this.#isAgain = false;
      for (let more = true; more && !this.#isClosed;) {
        try {
          const part = await this.broker.after(ROOM, this.head, 200);
          for (const message of part.messages) this.#append(message);
          more = part.more;
        } catch (error) {
          if (!(error instanceof Unavailable)) throw error;
          await delay(10);
        }
      }
    }
    const buffer = this.#buffer;
    this.#buffer = [];
    for (const message of buffer) if (message.position > this.head) this.#append(message);
  }
}

/**
 * Checks that all instances have one order, and that everything that was acknowledged is there once,
 * under the id that was told.
 */
export async function assertAgreed(
  instances: readonly Instance[],
  ...receipts: readonly ReadonlyMap<string, Receipt>[]
): Promise<void> {
  for (const instance of instances) await instance.settle();
  const [first] = instances;
  const log = first?.log ?? [];
  for (const each of instances) {
    assertEquals(each.log.map(textOf), log.map(textOf));
    assertEquals(each.log.map(({ id }) => id), log.map(({ id }) => id));
  }
  const ids = new Map(log.map((message) => [textOf(message), message.id]));
  assertEquals(ids.size, log.length, "A message is there twice");
  for (const [text, { id }] of receipts.flatMap((each) => [...each])) {
    assertEquals(ids.get(text), id, text);
  }
}
