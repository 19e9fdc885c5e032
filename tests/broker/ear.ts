import type { Document, Message, Signal, Subscriber } from "../../chat/broker/broker.ts";

/** How long a test waits for what must come. */
const DEADLINE_MS = 60_000;

/** Writes down what a broker tells. */
export class Ear implements Subscriber {
  readonly heard: { room: string; message: Message }[] = [];
  readonly documents: { key: string; document: Document }[] = [];
  readonly signals: Signal[] = [];
  readonly drops: { room: string; floor: string }[] = [];
  losses = 0;
  #onNews: () => void = () => {};

  published(room: string, message: Message): void {
    this.heard.push({ room, message });
    this.#onNews();
  }

  documented(key: string, document: Document): void {
    this.documents.push({ key, document });
    this.#onNews();
  }

  signalled(signal: Signal): void {
    this.signals.push(signal);
    this.#onNews();
  }

  lost(): void {
    this.losses++;
    this.#onNews();
  }

  dropped(room: string, floor: string): void {
    this.drops.push({ room, floor });
    this.#onNews();
  }

  /** Resolves as soon as a condition holds, which only news can change. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onNews = resolve;
      await inTime(promise, "No news came");
    }
  }

  positions(room: string): string[] {
    return this.heard.filter((each) => each.room === room).map(({ message }) => message.position);
  }
}

/** Waits for a promise, but not for ever. */
export async function inTime<T>(
  promise: Promise<T>,
  complaint: string,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(complaint)), deadlineMs);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
