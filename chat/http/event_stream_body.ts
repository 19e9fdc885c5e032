/**
 * Bodies of responses that are event streams.
 *
 * @module
 */

import type { StreamBody } from "../event_stream.ts";

/**
 * A body whose queue is its own: the runtime takes the next events when it has written the last ones. So
 * it is known what waits, and can be dropped. The queues of several bodies share the bytes of events
 * that were sent to all of them, one after the other.
 */
export class EventStreamBody implements StreamBody {
  /** For the response. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  bufferedAmount = 0;
  #queue: Uint8Array<ArrayBuffer>[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  /** True if the runtime waits for the next events. */
  #isWanted = false;
  #isEnding = false;

  constructor() {
    this.stream = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
      pull: () => {
        this.#isWanted = true;
        this.#give();
      },
      cancel: () => {
        this.#controller = undefined;
        this.cut();
      },
    }, { highWaterMark: 0 });
  }

  send(events: string): void {
    if (this.#isEnding) return;
    const bytes = lastEncoded.of(events);
    this.#queue.push(bytes);
    this.bufferedAmount += bytes.length;
    this.#give();
  }

  end(): void {
    this.#isEnding = true;
    this.#give();
  }

  cut(): void {
    this.#queue = [];
    this.bufferedAmount = 0;
    this.end();
  }

  #give(): void {
    const bytes = this.#isWanted ? this.#queue.shift() : undefined;
    if (bytes !== undefined) {
      this.#isWanted = false;
      this.bufferedAmount -= bytes.length;
      this.#controller?.enqueue(bytes);
    }
    if (!this.#isEnding || this.#queue.length > 0) return;
    this.#controller?.close();
    this.#controller = undefined;
  }
}

/** The bytes of a text, encoded once while it is asked for again and again. */
class LastEncoded {
  readonly #encoder = new TextEncoder();
  #text = "";
  #bytes = new Uint8Array();

  of(text: string): Uint8Array<ArrayBuffer> {
    if (text !== this.#text) {
      this.#text = text;
      this.#bytes = this.#encoder.encode(text);
    }
    return this.#bytes;
  }
}

const lastEncoded = new LastEncoded();
