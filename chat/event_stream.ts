/**
 * One event stream: a client that reads a room by HTTP, with a cursor and no commands.
 *
 * @module
 */

import type { Caller } from "./commands/caller.ts";
import type { Address } from "./limits/addresses.ts";
import type { Backpressure } from "./limits/backpressure.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Cursor, Recipient, Room } from "./room/room.ts";

/** The body of a response, as far as a stream needs it. */
export interface StreamBody {
  /** Bytes that were sent, and that the runtime has not taken. */
  readonly bufferedAmount: number;
  send(events: string): void;
  /** Ends it after what was sent. */
  end(): void;
  /** Ends it without what the runtime has not taken. */
  cut(): void;
}

/** Parts of an {@linkcode EventStream}. */
export interface EventStreamOptions {
  readonly backpressure: Pick<Backpressure<EventStream>, "canTake">;
  readonly metrics: Pick<Metrics, "addSent">;
}

/** The stream of one client. */
export class EventStream implements Recipient {
  readonly isEventStream = true;
  readonly caller: Caller;
  /** Of the password of the room that counted when the stream began. */
  readonly passwordHash: string | undefined;
  readonly cursor: Cursor;
  closed = false;
  framesSent = 0;
  readonly #body: StreamBody;
  readonly #options: EventStreamOptions;
  #sentUnits = 0;

  /** @param position after which the stream reads the room's log */
  constructor(
    body: StreamBody,
    caller: Caller,
    room: Room,
    position: string,
    options: EventStreamOptions,
  ) {
    this.#body = body;
    this.#options = options;
    this.caller = caller;
    this.passwordHash = room.rules.settings.password?.hash;
    this.cursor = room.add(this, caller.user.id, position);
  }

  get address(): Address {
    return this.caller.address;
  }

  get socketBytes(): number {
    return this.#body.bufferedAmount;
  }

  get queuedBytes(): number {
    return this.#body.bufferedAmount;
  }

  canTake(): boolean {
    return this.closed || this.#options.backpressure.canTake(this);
  }

  deliver(events: string): boolean {
    if (this.closed) return false;
    this.framesSent++;
    this.#sentUnits += events.length;
    this.#body.send(events);
    this.#options.metrics.addSent(events);
    return true;
  }

  /** Delivers what the client has missed. */
  catchUp(now: number): void {
    const sentBefore = this.#sentUnits;
    this.cursor.room.catchUp(this.cursor);
    this.address.spendSlice(this.#sentUnits - sentBefore, now);
  }

  /** Ends the stream: with last events after what waits, or at once and without what waits. */
  close(last: string | undefined): void {
    if (last !== undefined) this.deliver(last);
    this.closed = true;
    if (last === undefined) this.#body.cut();
    else this.#body.end();
  }
}
