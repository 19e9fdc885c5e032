/**
 * A Redis that the tests of a file share, each with keys of its own.
 *
 * @module
 */

import { RedisBroker, type RedisOptions } from "../../../chat/broker/redis.ts";
import { findRedisNeed, RedisServer, testRedis } from "../../support/redis_server.ts";
import { RECEIPT_BYTES } from "../contract.ts";
import { Ear } from "../ear.ts";

/** Options of brokers under test. */
export const OPTIONS = { wait: 0, keepDays: 0, keepBytes: 0, receiptBytes: RECEIPT_BYTES };

let server: RedisServer | undefined;
let tags = 0;

/** Has one server run during the tests of a file, where there is Redis. */
export function shareRedis(): void {
  if (findRedisNeed() !== undefined) return;
  Deno.test.beforeAll(async () => {
    server = await RedisServer.start();
  });
  Deno.test.afterAll(() => server?.[Symbol.asyncDispose]());
}

/** The server of this file. */
export function sharedRedis(): RedisServer {
  if (server === undefined) throw new TypeError("shareRedis() was not called");
  return server;
}

/** A tag that no other test has. */
export const nextTag = (): string => `test${++tags}`;

/** Opens brokers of one store, and closes them after the test. */
export class Store implements AsyncDisposable {
  readonly server: RedisServer;
  readonly tag = nextTag();
  readonly #brokers: RedisBroker[] = [];

  constructor(server: RedisServer) {
    this.server = server;
  }

  get prefix(): string {
    return `{${this.tag}}`;
  }

  /** Another instance. */
  async open(over: Partial<RedisOptions> = {}): Promise<{ broker: RedisBroker; ear: Ear }> {
    const broker = await RedisBroker.connect({
      ...OPTIONS,
      url: this.server.url(),
      tag: this.tag,
      ...over,
    });
    this.#brokers.push(broker);
    const ear = new Ear();
    broker.subscribe(ear);
    return { broker, ear };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#brokers.map((broker) => broker.close()));
  }
}

/** Declares a test with a store of its own in the Redis of this file. */
export function testStore(name: string, run: (store: Store) => Promise<void>): void {
  testRedis(name, async () => {
    await using store = new Store(sharedRedis());
    await run(store);
  });
}
