/**
 * Backpressure: which clients read too slowly, when they are sent more, and when they are evicted.
 *
 * @module
 */

/** A client, as far as it is judged here. */
export interface Reader {
  /** Where the client comes from: one that was given much just now is sent more after the others. */
  readonly address: { mustPause(now: number): boolean };
  /** Bytes that were given to the socket, and that the client has not taken. */
  readonly socketBytes: number;
  /** Those, and about as many as wait for the next flush. */
  readonly queuedBytes: number;
  /** The number of frames that were given to the socket. */
  readonly framesSent: number;
}

/** What backpressure works with. Times are in milliseconds. */
export interface BackpressureOptions<Client> {
  /** The mark: a client with more bytes queued is held. */
  readonly sendBufferBytes: number;
  /** How long a client may take nothing. */
  readonly stuckMs: number;
  readonly timers: {
    readonly now: number;
    every(intervalMs: number, callback: () => void): () => void;
  };
  /** How long the server may have been blocked. */
  readonly lagMs: (now: number) => number;
  /** Called with a client that was held and has read. */
  readonly resume: (client: Client) => void;
  /** Called with a client that is stuck. */
  readonly evict: (client: Client) => void;
}

/** How often held clients are looked at, in milliseconds. */
const DRAIN_INTERVAL_MS = 20;

/** What was on a client's socket when it was last looked at, and since when it has been stuck. */
interface Observation {
  readonly socketBytes: number;
  readonly framesSent: number;
  readonly since: number;
}

/**
 * Holds the clients that read too slowly.
 *
 * A client is held when it has more bytes queued than the mark, until it has fewer. It is stuck when
 * it has made no progress for `stuckMs`: when it has not taken a byte of those that lie on its
 * socket, or, while it is held, when nothing could be sent to it. Time in which the server itself
 * was blocked does not count.
 */
export class Backpressure<Client extends Reader> {
  readonly #options: BackpressureOptions<Client>;
  /** Since when each client has been held. */
  readonly #held = new Map<Client, number>();
  /** Of the clients with bytes on their sockets. */
  readonly #observations = new Map<Client, Observation>();
  #stopDraining: (() => void) | undefined;

  constructor(options: BackpressureOptions<Client>) {
    this.#options = options;
  }

  get heldCount(): number {
    return this.#held.size;
  }

  /** Whether a client has too much queued to be given more. */
  isOverMark(client: Client): boolean {
    return client.queuedBytes > this.#options.sendBufferBytes;
  }

  /** Whether a client has not been resumed since it was held. */
  isHeld(client: Client): boolean {
    return this.#held.has(client);
  }

  /** Returns true if a client can be given more; else it is held. */
  canTake(client: Client): boolean {
    if (!this.isOverMark(client)) return true;
    this.hold(client);
    return false;
  }

  /** Sends a client nothing more until it has read. */
  hold(client: Client): void {
    if (this.#held.has(client)) return;
    const { timers } = this.#options;
    const { now } = timers;
    this.#stuckSince(client, now);
    this.#held.set(client, now);
    this.#stopDraining ??= timers.every(DRAIN_INTERVAL_MS, () => this.drain());
  }

  forget(client: Client): void {
    this.#held.delete(client);
    this.#observations.delete(client);
  }

  /** Resumes the held clients that have read, and evicts those that are stuck. */
  drain(): void {
    const { timers, resume } = this.#options;
    // A copy: a client that is held again is added again.
    for (const client of [...this.#held.keys()]) {
      const { now } = timers;
      // The commands of one client may have ended the connection of another.
      if (!this.#held.has(client) || client.address.mustPause(now)) continue;
      if (this.isOverMark(client)) {
        this.#evictIfStuck(client, now);
      } else {
        this.#held.delete(client);
        resume(client);
      }
    }
    if (this.#held.size === 0) this.stop();
  }

  /** Evicts those of all clients that are stuck. To be called every second or so. */
  sweep(clients: Iterable<Client>): void {
    const { now } = this.#options.timers;
    for (const client of clients) this.#evictIfStuck(client, now);
  }

  /** Stops what runs by itself. */
  stop(): void {
    this.#stopDraining?.();
    this.#stopDraining = undefined;
  }

  #evictIfStuck(client: Client, now: number): void {
    const { lagMs, stuckMs, evict } = this.#options;
    if (now - lagMs(now) - this.#stuckSince(client, now) >= stuckMs) evict(client);
  }

  /**
   * Looks at a client's socket, and returns since when the client has made no progress. The runtime's
   * own pings can't tell: they wait behind the bytes.
   */
  #stuckSince(client: Client, now: number): number {
    const { socketBytes, framesSent } = client;
    if (socketBytes === 0) {
      this.#observations.delete(client);
      return now;
    }
    const last = this.#observations.get(client);
    let since = now;
    if (last?.framesSent === framesSent) {
      if (last.socketBytes === socketBytes) return last.since;
      const heldSince = this.#held.get(client);
      if (heldSince !== undefined && this.isOverMark(client)) {
        since = Math.max(last.since, heldSince);
      }
    }
    this.#observations.set(client, { socketBytes, framesSent, since });
    return since;
  }
}
