/**
 * What is known of the addresses that clients come from, and what each of them may still do.
 *
 * A connection and a user have limits of their own. An address has them too, so that nobody gets
 * more by coming back: as many connections as `connectionsPerAddress`, and what so many connections
 * may do. With `Infinity` for that, addresses are neither limited nor kept out.
 *
 * @module
 */

import { Multiset } from "./multiset.ts";
import { isLimited, type Rate, TokenBucket, TokenBuckets } from "./token_bucket.ts";

/** What addresses need to know of the configuration. */
export interface AddressesOptions {
  readonly connectionsPerAddress: number;
  /** A user's messages. */
  readonly messageRate: Rate;
}

/** Why one more connection is refused, and when to try again. */
export interface AddressRefusal {
  readonly reason: "too_many_from_address" | "too_fast_from_address" | "kept_out";
  readonly retryMs: number;
}

/** When to try again where somebody has to go first, in milliseconds. */
export const PLACE_RETRY_MS = 5000;

/**
 * The next three are for each connection that an address may have, counted as 100 at least: they
 * only keep one address from making the server busy, and a single connection may be opened again.
 */
const MIN_CONNECTIONS_COUNTED = 100;

/**
 * New connections. By default 1,000 at once, then 100 a second. A hundred people behind one address
 * who are sent away by a restart come back within five seconds, and a network that comes and goes
 * makes them do it again and again; a test suite was seen to open 500 within seconds. Opening and
 * closing took 0.2 ms of a core, so that 100 a second are 2% of one.
 */
const ARRIVALS: Rate = { burst: 10, perSecond: 1 };

/**
 * Bytes of `joined` and `history` events. By default 25 MiB at once, then 25 MiB a second.
 * An answer has up to 256 KiB, a usual one 40 KB: 100 people who rejoin 20 rooms each are given 80 MB
 * within three seconds. Without a limit ten connections that asked on and on took a whole core; 25 MiB
 * a second are 8% of it.
 */
const ANSWERS: Rate = { burst: 2 ** 18, perSecond: 2 ** 18 };

/**
 * Bytes that are encoded for one address in {@linkcode SLICE_MS} before its other commands wait for
 * the next slice: four answers of the largest kind, which take 2 ms.
 */
const SLICE_BYTES = 2 ** 20;
const SLICE_MS = 10;

/** Texts, in bytes of UTF-8. By default 16 MiB at once, then 2 MiB a second. */
const TEXTS: Rate = { burst: 0.16 * 2 ** 20, perSecond: 0.02 * 2 ** 20 };

/**
 * Sockets that never opened, since the peer went in the middle of the handshake. The runtime may keep
 * each for ever, with a descriptor and 12 KB. By default 100 at once, then one a minute. Of clients
 * that reset their connection at once, up to one in five was seen to leave one.
 */
const GHOSTS: Rate = { burst: 1, perSecond: 1 / 6000 };

/** New rooms. By default 200 at once, then one a second. */
const ROOMS: Rate = { burst: 2, perSecond: 0.01 };

/**
 * Changes of presence: one for a join, and one for each room of a user who is renamed. By default
 * 4,000 at once, then 200 a second: 100 people may come back to 20 rooms each, and again. A change
 * in a room of 200 members took up to 0.05 ms to tell the one who made it. Whoever is renamed in
 * thousands of rooms spends more than there is, and nothing can be changed before it is paid.
 */
const PRESENCE: Rate = { burst: 40, perSecond: 2 };

/**
 * Requests other than upgrades. By default 10,000 at once, then 500 a second. A visit is about 50, so
 * that a hundred people behind one address who all come at once are 5,000. One was seen to take 23 µs
 * of a core, so that 500 a second are 1% of it.
 */
const REQUESTS: Rate = { burst: 100, perSecond: 5 };

/** Addresses whose requests are counted: about 200 bytes each. */
const MAX_REQUESTERS = 20_000;

/**
 * Connections that were closed for bad commands or flooding: so many are forgiven, since an address
 * may be shared and a bug is no attack; and one more each time that this has passed.
 */
const VIOLATIONS_FORGIVEN = 5;
const FORGIVEN_EACH_MS = 120_000;

/** How long an address is kept out after the first violation too many; each further one doubles it. */
const BLOCK_MS = 10_000;
const MAX_BLOCK_MS = 3_600_000;

/** The violation that reaches the longest time. More are not counted: half an hour forgives all. */
const MAX_VIOLATIONS = VIOLATIONS_FORGIVEN +
  Math.ceil(Math.log2(MAX_BLOCK_MS / BLOCK_MS)) + 1;

/**
 * An IPv6 network of 48 bits, which one customer may have, counts as so many of 64 bits: with
 * 65,536 of them it would fill any server.
 */
const ADDRESSES_PER_NETWORK = 10;

/** Addresses without connections that are remembered: about 500 bytes each. */
const MAX_IDLE = 20_000;

/** What an address may do, all its connections together. */
interface Budgets {
  readonly arrivals: TokenBucket;
  readonly ghosts: TokenBucket;
  /** Messages and their texts; nothing where users are not limited. */
  readonly messages: TokenBucket | undefined;
  readonly texts: TokenBucket | undefined;
  readonly answers: TokenBucket;
  readonly rooms: TokenBucket;
  readonly presence: TokenBucket;
}

/** One address: its connections share what it may do. */
export class Address {
  readonly name: string;
  /** Sockets that are not gone. */
  connections = 0;
  readonly #budgets: Budgets | undefined;
  #blockedUntil = -Infinity;
  /** When the last violation will be forgiven. */
  #forgivenAt = -Infinity;
  /** The start of the present slice of time, and the bytes encoded for the address in it. */
  #slice = { since: -Infinity, bytes: 0 };

  constructor(name: string, budgets: Budgets | undefined) {
    this.name = name;
    this.#budgets = budgets;
  }

  /** The key under which its rooms and receipts are counted; none if it is not limited. */
  get budgetKey(): string | undefined {
    return this.#budgets && this.name;
  }

  /** Counts one more connection. */
  enter(): void {
    this.connections++;
    this.#budgets?.arrivals.spend(1);
  }

  /** Milliseconds until one more connection may come. */
  arrivalWait(now: number): number {
    const { arrivals, ghosts } = this.#budgets ?? {};
    return Math.max(arrivals?.wait(now) ?? 0, ghosts?.wait(now) ?? 0);
  }

  /** A connection ended before its socket opened. */
  spendGhost(): void {
    this.#budgets?.ghosts.spend(1);
  }

  /**
   * Takes a message from the budgets. Returns 0 if there was one, else when there is, in milliseconds.
   *
   * @param bytes of its text, in UTF-8
   */
  takeMessage(bytes: number, now: number): number {
    const { messages, texts } = this.#budgets ?? {};
    const waitMs = Math.max(messages?.wait(now) ?? 0, texts?.wait(now) ?? 0);
    if (waitMs > 0) return waitMs;
    messages?.spend(1);
    texts?.spend(bytes);
    return 0;
  }

  /** Milliseconds until another room may be made. */
  roomWait(now: number): number {
    return this.#budgets?.rooms.wait(now) ?? 0;
  }

  /** A room was made. */
  spendRoom(): void {
    this.#budgets?.rooms.spend(1);
  }

  /** Milliseconds until somebody may join a room, or be renamed. */
  presenceWait(now: number): number {
    return this.#budgets?.presence.wait(now) ?? 0;
  }

  /** So many changes of presence were made. */
  spendPresence(changes: number): void {
    this.#budgets?.presence.spend(changes);
  }

  /** Milliseconds until a piece of history may be asked for. */
  answerWait(now: number): number {
    return this.#budgets?.answers.wait(now) ?? 0;
  }

  /** A piece of history of so many bytes was given. */
  spendAnswer(bytes: number, now: number): void {
    this.#budgets?.answers.spend(bytes);
    this.spendSlice(bytes, now);
  }

  /** So many bytes were encoded for this address alone. */
  spendSlice(bytes: number, now: number): void {
    if (this.#budgets === undefined) return;
    if (now - this.#slice.since >= SLICE_MS) this.#slice = { since: now, bytes: 0 };
    this.#slice.bytes += bytes;
  }

  /** Whether so much was encoded for this address just now that it is the others' turn. */
  mustPause(now: number): boolean {
    return this.#slice.bytes >= SLICE_BYTES && now - this.#slice.since < SLICE_MS;
  }

  /**
   * Notes that a connection was closed for what it did. Returns for how many milliseconds the
   * address is kept out from now on. Those who are connected stay: they may be neighbours behind
   * the same address, and each of them answers for itself. While the address is kept out, what they
   * do does not add to it: a hundred floods at once are one.
   */
  recordViolation(now: number): number {
    if (this.#budgets === undefined || this.blockedMs(now) > 0) return 0;
    const forgivingMs = Math.max(0, this.#forgivenAt - now) + FORGIVEN_EACH_MS;
    const violations = Math.min(forgivingMs / FORGIVEN_EACH_MS, MAX_VIOLATIONS);
    const excess = Math.round(violations - VIOLATIONS_FORGIVEN);
    const ms = excess > 0 ? Math.min(BLOCK_MS * 2 ** (excess - 1), MAX_BLOCK_MS) : 0;
    this.#blockedUntil = now + ms;
    // To be outside is not to behave.
    this.#forgivenAt = this.#blockedUntil + violations * FORGIVEN_EACH_MS;
    return ms;
  }

  /** Milliseconds until the address is let in again. */
  blockedMs(now: number): number {
    return Math.max(0, this.#blockedUntil - now);
  }

  /** Whether it says no more than an address that was never seen. */
  isBlank(now: number): boolean {
    if (this.connections > 0 || now < this.#forgivenAt) return false;
    return this.#budgets === undefined ||
      Object.values(this.#budgets).every((bucket) => bucket?.isFull(now) ?? true);
  }
}

/**
 * The addresses of which something is to be remembered.
 *
 * Those with connections are as many as there are connections at most. Of the others the one whose
 * last connection went first is forgotten when there are too many: what they did was theirs to come
 * back for, and nobody is refused because others are many.
 */
export class Addresses {
  readonly #options: AddressesOptions;
  readonly #open = new Map<string, Address>();
  /** Without connections, the latest at the end. */
  readonly #idle = new Map<string, Address>();
  readonly #networks = new Multiset();
  /** Not of {@linkcode Address}: most requests come from addresses without connections. */
  readonly #requests: TokenBuckets | undefined;

  constructor(options: AddressesOptions) {
    this.#options = options;
    const { connectionsPerAddress: max } = options;
    if (max !== Infinity) {
      this.#requests = new TokenBuckets(times(REQUESTS, countedOf(max)), MAX_REQUESTERS);
    }
  }

  /** The number of addresses that are remembered. */
  get size(): number {
    return this.#open.size + this.#idle.size;
  }

  /** Why one more connection from an address must be refused, if it must. */
  refuse(name: string, now: number): AddressRefusal | undefined {
    const { connectionsPerAddress: max } = this.#options;
    const network = networkOf(name);
    if (network !== undefined && this.#networks.count(network) >= max * ADDRESSES_PER_NETWORK) {
      return { reason: "too_many_from_address", retryMs: PLACE_RETRY_MS };
    }
    const address = this.#open.get(name) ?? this.#idle.get(name);
    if (address === undefined) return undefined;
    const blockedMs = address.blockedMs(now);
    if (blockedMs > 0) return { reason: "kept_out", retryMs: blockedMs };
    if (address.connections >= max) {
      return { reason: "too_many_from_address", retryMs: PLACE_RETRY_MS };
    }
    const waitMs = address.arrivalWait(now);
    return waitMs > 0 ? { reason: "too_fast_from_address", retryMs: waitMs } : undefined;
  }

  /**
   * Takes a request other than an upgrade from an address' budget. Returns 0 if there was one, else
   * when there is, in milliseconds.
   */
  takeRequest(name: string, now: number): number {
    return this.#requests?.take(name, now) ?? 0;
  }

  /** Adds a connection of an address. */
  enter(name: string, now: number): Address {
    let address = this.#open.get(name);
    if (address === undefined) {
      address = this.#idle.get(name) ?? new Address(name, this.#budgets(now));
      this.#idle.delete(name);
      this.#open.set(name, address);
    }
    address.enter();
    const network = networkOf(name);
    if (network !== undefined) this.#networks.add(network);
    return address;
  }

  /** Removes a connection of an address. */
  leave(address: Address): void {
    const { name } = address;
    const network = networkOf(name);
    if (network !== undefined) this.#networks.remove(network);
    if (--address.connections > 0) return;
    this.#open.delete(name);
    this.#idle.set(name, address);
    if (this.#idle.size <= MAX_IDLE) return;
    for (const [oldest] of this.#idle) {
      this.#idle.delete(oldest);
      break;
    }
  }

  /** Forgets the addresses of which there is nothing to say. */
  sweep(now: number): void {
    for (const [name, address] of this.#idle) {
      if (address.isBlank(now)) this.#idle.delete(name);
    }
    this.#requests?.sweep(now);
  }

  #budgets(now: number): Budgets | undefined {
    const { connectionsPerAddress: max, messageRate } = this.#options;
    if (max === Infinity) return undefined;
    const counted = countedOf(max);
    const arrivals = times(ARRIVALS, counted);
    // Each who comes may be another user, who has a burst. But those who go on are as many as fit.
    const messages = {
      burst: messageRate.burst * arrivals.burst,
      perSecond: messageRate.perSecond * max,
    };
    return {
      arrivals: new TokenBucket(arrivals, now),
      ghosts: new TokenBucket(times(GHOSTS, counted), now),
      messages: isLimited(messages) ? new TokenBucket(messages, now) : undefined,
      texts: isLimited(messages) ? new TokenBucket(times(TEXTS, counted), now) : undefined,
      answers: new TokenBucket(times(ANSWERS, counted), now),
      rooms: new TokenBucket(times(ROOMS, counted), now),
      presence: new TokenBucket(times(PRESENCE, counted), now),
    };
  }
}

/** The connections that a budget is for, where an address may have `max`. */
function countedOf(max: number): number {
  return Math.max(max, MIN_CONNECTIONS_COUNTED);
}

function times({ burst, perSecond }: Rate, factor: number): Rate {
  return { burst: burst * factor, perSecond: perSecond * factor };
}

/** The 48 bits that an IPv6 network of 64 bits lies in. */
function networkOf(name: string): string | undefined {
  return /^(?:[0-9a-f]+:){3}/.exec(name)?.[0];
}
