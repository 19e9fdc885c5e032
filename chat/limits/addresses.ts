/**
 * The IP addresses of clients: their connections, budgets and violations.
 *
 * Connections and users have limits of their own. An address has limits too, so that a client gets
 * no more by reconnecting: it may have `connectionsPerAddress` connections, with a budget in
 * proportion. If that is `Infinity`, addresses are neither limited nor blocked.
 *
 * @module
 */

import { type AddressConfig, type Budgets, createBudgets, requestRate } from "./address_budgets.ts";
import { TokenBuckets } from "./token_bucket.ts";

/** Why a new connection is refused, and when to try again. */
export interface AddressRefusal {
  readonly reason: "too_many_from_address" | "too_fast_from_address" | "kept_out";
  readonly retryMs: number;
}

/** When to try again if another connection has to end first, in milliseconds. */
export const PLACE_RETRY_MS = 5000;

/** The same for a request of the HTTP API: most end at once. */
const REQUEST_RETRY_MS = 1000;

/**
 * The time slice of an address, and the bytes that may be encoded for it in a slice before its
 * other commands wait for the next one: four answers of the largest size, which take 2 ms.
 */
const SLICE_BYTES = 2 ** 20;
const SLICE_MS = 10;

/** Addresses whose requests are counted: about 200 bytes each. */
const MAX_REQUESTERS = 20_000;

/**
 * Violations (connections that were closed for bad commands or flooding) that do not block an
 * address, which may be shared, or the client may have a bug; and the time that forgives one more.
 */
const VIOLATIONS_FORGIVEN = 5;
const FORGIVEN_EACH_MS = 120_000;

/** How long the first violation too many blocks an address. Each further violation doubles it. */
const BLOCK_MS = 10_000;
const MAX_BLOCK_MS = 3_600_000;

/**
 * The violations that block for the longest time. More are not counted: half an hour forgives all.
 */
const MAX_VIOLATIONS = VIOLATIONS_FORGIVEN +
  Math.ceil(Math.log2(MAX_BLOCK_MS / BLOCK_MS)) + 1;

/**
 * The networks of 64 bits whose connections one IPv6 network of 48 bits may have: a customer who
 * has all 65,536 of them could fill any server.
 */
const ADDRESSES_PER_NETWORK = 10;

/** Addresses without connections that are remembered: about 500 bytes each. */
const MAX_IDLE = 20_000;

/** One address, whose connections share its budgets. */
export class Address {
  readonly name: string;
  /** The number of sockets that are not closed. */
  connections = 0;
  /** The number of requests of the HTTP API that are in progress. */
  requests = 0;
  /** True if requests from there have passed a proxy that is not trusted. */
  isProxied = false;
  readonly budgets: Budgets;
  readonly #isLimited: boolean;
  #blockedUntil = -Infinity;
  /** When the last violation is forgiven. */
  #forgivenAt = -Infinity;
  /** The start of the present time slice, and the bytes encoded for the address in it. */
  #slice = { since: -Infinity, bytes: 0 };

  constructor(name: string, config: AddressConfig, now: number) {
    this.name = name;
    this.budgets = createBudgets(config, now);
    this.#isLimited = config.connectionsPerAddress !== Infinity;
  }

  /** The key under which the budgets of rooms and receipts count it; none if it is not limited. */
  get budgetKey(): string | undefined {
    return this.#isLimited ? this.name : undefined;
  }

  /**
   * Takes a message from the budgets. Returns 0, or the milliseconds until there is one.
   *
   * @param bytes of its text as UTF-8
   */
  takeMessage(bytes: number, now: number): number {
    const { messages, texts } = this.budgets;
    const waitMs = Math.max(messages.wait(now), texts.wait(now));
    if (waitMs > 0) return waitMs;
    messages.spend(1);
    texts.spend(bytes);
    return 0;
  }

  /** Gives back a message that was taken. */
  refundMessage(bytes: number): void {
    this.budgets.messages.spend(-1);
    this.budgets.texts.spend(-bytes);
  }

  /** Spends the bytes of an answer with messages. */
  spendAnswer(bytes: number, now: number): void {
    this.budgets.answers.spend(bytes);
    this.spendSlice(bytes, now);
  }

  /** Adds bytes that were encoded for this address alone to the time slice. */
  spendSlice(bytes: number, now: number): void {
    if (!this.#isLimited) return;
    if (now - this.#slice.since >= SLICE_MS) this.#slice = { since: now, bytes: 0 };
    this.#slice.bytes += bytes;
  }

  /** Whether the time slice is used up, so that other addresses come first. */
  mustPause(now: number): boolean {
    return this.#slice.bytes >= SLICE_BYTES && now - this.#slice.since < SLICE_MS;
  }

  /**
   * Records that a connection was closed for bad commands or flooding. Returns for how many
   * milliseconds the address is blocked from now on. Its other connections stay: they may be of
   * other people, and have limits of their own. While the address is blocked, further violations do
   * not count: a hundred floods at once are one.
   */
  recordViolation(now: number): number {
    if (!this.#isLimited || this.blockedMs(now) > 0) return 0;
    const forgivingMs = Math.max(0, this.#forgivenAt - now) + FORGIVEN_EACH_MS;
    const violations = Math.min(forgivingMs / FORGIVEN_EACH_MS, MAX_VIOLATIONS);
    const excess = Math.round(violations - VIOLATIONS_FORGIVEN);
    const ms = excess > 0 ? Math.min(BLOCK_MS * 2 ** (excess - 1), MAX_BLOCK_MS) : 0;
    this.#blockedUntil = now + ms;
    // Time spent blocked does not count as good behaviour.
    this.#forgivenAt = this.#blockedUntil + violations * FORGIVEN_EACH_MS;
    return ms;
  }

  /** Milliseconds until the block of the address ends. */
  blockedMs(now: number): number {
    return Math.max(0, this.#blockedUntil - now);
  }

  /** Whether the address may be forgotten, since it has the state of a new one. */
  isForgettable(now: number): boolean {
    if (this.connections + this.requests > 0 || now < this.#forgivenAt) return false;
    return Object.values(this.budgets).every((bucket) => bucket.isFull(now));
  }
}

/**
 * The addresses whose state is remembered.
 *
 * There are at most as many addresses with connections as there are connections. Of too many
 * others, the one whose last connection ended first is forgotten: no address is refused because
 * there are many.
 */
export class Addresses {
  readonly #config: AddressConfig;
  readonly #open = new Map<string, Address>();
  /** Addresses without connections, the latest at the end. */
  readonly #idle = new Map<string, Address>();
  readonly #networks = new Multiset();
  /** Not in {@linkcode Address}, since most requests come from addresses without connections. */
  readonly #requests: TokenBuckets;

  constructor(config: AddressConfig) {
    this.#config = config;
    this.#requests = new TokenBuckets(requestRate(config), MAX_REQUESTERS);
  }

  get size(): number {
    return this.#open.size + this.#idle.size;
  }

  /** Why a new connection from an address is refused, if it is. */
  refuse(name: string, now: number): AddressRefusal | undefined {
    const { connectionsPerAddress: max } = this.#config;
    if (this.#isNetworkFull(name)) {
      return { reason: "too_many_from_address", retryMs: PLACE_RETRY_MS };
    }
    const address = this.#open.get(name) ?? this.#idle.get(name);
    if (address === undefined) return undefined;
    const blockedMs = address.blockedMs(now);
    if (blockedMs > 0) return { reason: "kept_out", retryMs: blockedMs };
    if (address.connections >= max) {
      return { reason: "too_many_from_address", retryMs: PLACE_RETRY_MS };
    }
    const { arrivals, abandoned } = address.budgets;
    const waitMs = Math.max(arrivals.wait(now), abandoned.wait(now));
    return waitMs > 0 ? { reason: "too_fast_from_address", retryMs: waitMs } : undefined;
  }

  /**
   * Takes a request other than an upgrade from the budget of an address. Returns 0, or the
   * milliseconds until there is one.
   */
  takeRequest(name: string, now: number): number {
    return this.#requests.take(name, now);
  }

  enter(name: string, now: number): Address {
    const address = this.#use(name, now);
    address.connections++;
    address.budgets.arrivals.spend(1);
    return address;
  }

  leave(address: Address): void {
    address.connections--;
    this.#release(address);
  }

  /** The refusal of a request of the HTTP API from an address, if it is refused. */
  refuseRequest(name: string, now: number): AddressRefusal | undefined {
    const address = this.#open.get(name) ?? this.#idle.get(name);
    const blockedMs = address?.blockedMs(now) ?? 0;
    if (blockedMs > 0) return { reason: "kept_out", retryMs: blockedMs };
    const { connectionsPerAddress: max } = this.#config;
    return this.#isNetworkFull(name) || (address !== undefined && address.requests >= max)
      ? { reason: "too_many_from_address", retryMs: REQUEST_RETRY_MS }
      : undefined;
  }

  /** Begins a request of the HTTP API, which is in progress until {@linkcode Addresses.end}. */
  begin(name: string, now: number): Address {
    const address = this.#use(name, now);
    address.requests++;
    return address;
  }

  end(address: Address): void {
    address.requests--;
    this.#release(address);
  }

  #isNetworkFull(name: string): boolean {
    const network = networkOf(name);
    const max = this.#config.connectionsPerAddress * ADDRESSES_PER_NETWORK;
    return network !== undefined && this.#networks.count(network) >= max;
  }

  /** An address, of which one more connection or request counts for its network. */
  #use(name: string, now: number): Address {
    let address = this.#open.get(name);
    if (address === undefined) {
      address = this.#idle.get(name) ?? new Address(name, this.#config, now);
      this.#idle.delete(name);
      this.#open.set(name, address);
    }
    const network = networkOf(name);
    if (network !== undefined) this.#networks.add(network);
    return address;
  }

  #release(address: Address): void {
    const { name } = address;
    const network = networkOf(name);
    if (network !== undefined) this.#networks.remove(network);
    if (address.connections + address.requests > 0) return;
    this.#open.delete(name);
    this.#idle.set(name, address);
    if (this.#idle.size <= MAX_IDLE) return;
    const [oldest = ""] = this.#idle.keys();
    this.#idle.delete(oldest);
  }

  /** Forgets the addresses that have the state of new ones. */
  sweep(now: number): void {
    for (const [name, address] of this.#idle) {
      if (address.isForgettable(now)) this.#idle.delete(name);
    }
    this.#requests.sweep(now);
  }
}

/** The first 48 bits of an IPv6 network. */
function networkOf(name: string): string | undefined {
  return /^(?:[0-9a-f]+:){3}/.exec(name)?.[0];
}

/** Counts how often each key was added and not removed. Holds no other keys. */
export class Multiset {
  readonly #counts = new Map<string, number>();
  /** The number of those that were added and not removed. */
  size = 0;

  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    this.size++;
    this.#counts.set(key, this.count(key) + 1);
  }

  remove(key: string): void {
    this.size--;
    const count = this.count(key) - 1;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}
