import { type Broker, MAX_PAGE, type Message, type Subscriber } from "../../chat/broker/broker.ts";

/** Keeps one room as a hub does: opens it, takes what is published, and reads again what was lost. */
export class RoomReader implements Subscriber {
  readonly #broker: Broker;
  readonly #room: string;
  readonly log: Message[] = [];
  /** What is published while something is being read. */
  #buffer: Message[] | undefined;
  #wasLost = false;
  losses = 0;

  constructor(broker: Broker, room: string) {
    this.#broker = broker;
    this.#room = room;
    broker.subscribe(this);
  }

  get head(): string {
    return this.log.at(-1)?.position ?? "0";
  }

  async open(): Promise<void> {
    this.#buffer = [];
    const { messages } = await this.#broker.open(this.#room, 1000);
    this.log.push(...messages);
    this.#drain();
  }

  published(room: string, message: Message): void {
    if (room !== this.#room) return;
    if (this.#buffer === undefined) this.#append(message);
    else this.#buffer.push(message);
  }

  lost(): void {
    this.losses++;
    if (this.#buffer === undefined) this.#readLost();
    else this.#wasLost = true;
  }

  documented(): void {}
  signalled(): void {}
  dropped(): void {}

  async #readLost(): Promise<void> {
    this.#buffer = [];
    for (let more = true; more;) {
      const part = await this.#broker.after(this.#room, this.head, MAX_PAGE);
      for (const message of part.messages) this.#append(message);
      more = part.more;
    }
    this.#drain();
  }

  #drain(): void {
    const buffer = this.#buffer ?? [];
    this.#buffer = undefined;
    if (this.#wasLost) {
      // Before a message in the buffer another one may be missing: all of them are read again.
      this.#wasLost = false;
      this.#readLost();
      return;
    }
    for (const message of buffer) if (message.position > this.head) this.#append(message);
  }

  #append(message: Message): void {
    if (message.position <= this.head) throw new Error(`${message.position} is not newer`);
    this.log.push(message);
  }
}
