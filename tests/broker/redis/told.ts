import { RedisClient, type RedisClientOptions } from "../../../chat/broker/redis/client.ts";
import type { RedisUrl } from "../../../chat/config/redis_url.ts";
import { within } from "../../support/deadline.ts";

/** A client, and the changes that it tells. */
export class ToldClient implements AsyncDisposable {
  readonly client: RedisClient;
  /** All changes so far. */
  readonly told: (string | undefined)[] = [];
  #seen = 0;
  #wake = () => {};

  constructor(url: RedisUrl, options: Partial<RedisClientOptions> = {}) {
    const changed = (problem: string | undefined) => {
      this.told.push(problem);
      this.#wake();
    };
    this.client = new RedisClient({ url, deadlineMs: 5000, changed, ...options });
  }

  /** A client that is connected. */
  static async connect(
    url: RedisUrl,
    options: Partial<RedisClientOptions> = {},
  ): Promise<ToldClient> {
    const told = new ToldClient(url, options);
    try {
      await told.change();
      if (told.client.problem !== undefined) throw new Error(told.client.problem);
      return told;
    } catch (error) {
      await told.client.close();
      throw error;
    }
  }

  /** The next change: a problem, or `undefined` when there is none any more. */
  async change(): Promise<string | undefined> {
    while (this.#seen === this.told.length) {
      await within(new Promise<void>((resolve) => this.#wake = resolve), "a change");
    }
    return this.told[this.#seen++];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}
