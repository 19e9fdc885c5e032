/**
 * Bus between the isolates of one process, such as Workers.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { type Bus, parsePublication, type Publication, type Subscriber } from "./bus.ts";

/**
 * The longest time that an isolate is expected to be busy before it takes its messages, in
 * milliseconds. A client that resumes is given the messages of this time before its position again.
 */
const SKEW_MS = 2000;

/** A {@linkcode Bus} over a `BroadcastChannel`, which never echoes to its sender. */
export class BroadcastChannelBus implements Bus {
  readonly skewMs = SKEW_MS;
  readonly #channel: BroadcastChannel;
  #subscriber: Subscriber = () => {};
  #batch: Publication[] = [];
  #closed = false;

  /** @param name of the channel, which all instances of the server use */
  constructor(name: string) {
    this.#channel = new BroadcastChannel(name);
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscriber = subscriber;
    this.#channel.onmessage = ({ data }) => {
      if (!Array.isArray(data)) return;
      for (const value of data) {
        const publication = parsePublication(value);
        if (publication !== undefined) subscriber(publication);
      }
    };
  }

  publish(publication: Publication): void {
    if (this.#closed) return;
    this.#subscriber(publication);
    // One post a turn: a channel was seen to lose some of very many small posts.
    if (this.#batch.push(publication) === 1) setImmediate(() => this.#post());
  }

  close(): void {
    this.#post();
    this.#closed = true;
    this.#channel.close();
  }

  #post(): void {
    if (this.#closed || this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#channel.postMessage(batch);
  }
}
