/**
 * Claims of names in a KV: of all that wait as many in one commit as it takes.
 *
 * @module
 */

import { eventLoop } from "../../runtime/timers.ts";
import { Unavailable } from "../broker.ts";
import type { KvCalls } from "./calls.ts";
import { Changes, MAX_KEY_BYTES, MAX_MUTATIONS } from "./changes.ts";
import { keyBytes, NAMES, NAMES_HEAD } from "./keys.ts";
import { leaseOf, LeaseWatch } from "./leases.ts";
import { Race } from "./race.ts";

/** The number of times that a lease is renewed before it would end. */
const RENEWALS = 3;

/** A name in a room, and the instances at which its user has it. */
interface Holding {
  readonly user: string;
  readonly at: readonly string[];
}

/** The names as a batch of requests finds and changes them. */
interface Names {
  /** By {@linkcode slotOf}. */
  readonly holdings: Map<string, Holding | undefined>;
  /** By {@linkcode ownerOf}; none: given up. */
  readonly own: Map<string, readonly string[] | undefined>;
  /** The instances that live no more. */
  readonly ended: ReadonlySet<string>;
  readonly changed: Set<string>;
}

/** A claim, or with no skeletons a release. */
interface Request {
  readonly user: string;
  readonly rooms: readonly string[];
  readonly skeletons: readonly string[];
  resolve(isDone: boolean): void;
  reject(error: unknown): void;
}

/** Options of {@linkcode KvClaims}. */
export interface KvClaimsOptions {
  readonly calls: KvCalls;
  /** The time without a renewal after which the claims of an instance end, in milliseconds. */
  readonly claimMs: number;
  /** Is told when all claims of this instance have ended, since it was silent for too long. */
  readonly lost: () => void;
}

/** Takes and gives up names for the users of this instance. */
export class KvClaims {
  readonly #options: KvClaimsOptions;
  readonly #renewMs: number;
  readonly #watch: LeaseWatch;
  /** By {@linkcode ownerOf}, the skeletons of a user's name in a room. */
  readonly #own = new Map<string, readonly string[]>();
  readonly #requests: Request[] = [];
  #running: Promise<void> | undefined;
  /** Another one after each loss: the claims of the earlier ones have ended. */
  #instance = crypto.randomUUID();
  /** Of the lease; none while there is no lease. */
  #lease: string | null = null;
  /** Of the key by which all claims are checked, as it was last seen. */
  #head: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Until when the leases of others are looked at. */
  #watchedUntil = -Infinity;
  #isClosed = false;

  constructor(options: KvClaimsOptions) {
    this.#options = options;
    this.#renewMs = options.claimMs / RENEWALS;
    this.#watch = new LeaseWatch(options.claimMs);
    this.#observe();
  }

  claim(user: string, rooms: readonly string[], skeletons: readonly string[]): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    if (this.#isClosed) throw new Unavailable("The broker is closed", "no");
    this.#requests.push({ user, rooms, skeletons, resolve, reject });
    this.#running ??= new Promise<void>(eventLoop.soon).then(() => this.#run());
    return promise;
  }

  release(user: string, rooms: readonly string[]): void {
    // A claim that KV is not told of ends with the lease.
    if (!this.#isClosed) this.claim(user, rooms, []).catch(() => {});
  }

  /** Ends all claims. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const key = leaseOf(this.#instance);
    if (this.#lease !== null) await this.#options.calls.commit((atomic) => atomic.delete(key));
  }

  async #run(): Promise<void> {
    while (this.#requests.length > 0) {
      const batch = this.#requests.splice(0, this.#countOfBatch());
      try {
        const done = await this.#carryOut(batch);
        for (const [i, { resolve }] of batch.entries()) resolve(done[i] ?? false);
      } catch (error) {
        const isSilent = this.#options.calls.problem !== undefined;
        const ended = isSilent ? [...batch, ...this.#requests.splice(0)] : batch;
        for (const { reject } of ended) reject(error);
      }
    }
    // In the same turn: nothing may be added in between.
    this.#running = undefined;
  }

  /** The number of requests that fit into a commit; one at least. */
  #countOfBatch(): number {
    // With place for the head, the lease, and the leases that have ended.
    let mutations = 50;
    let bytes = 5_000;
    const end = this.#requests.findIndex(({ user, rooms, skeletons }, i) => {
      for (const room of rooms) {
        for (const skeleton of [...skeletons, ...this.#own.get(ownerOf(room, user)) ?? []]) {
          mutations++;
          bytes += keyBytes(nameKey(room, skeleton));
        }
      }
      return i > 0 && (mutations > MAX_MUTATIONS || bytes > MAX_KEY_BYTES);
    });
    return end === -1 ? this.#requests.length : end;
  }

  async #carryOut(batch: readonly Request[]): Promise<boolean[]> {
    const race = new Race("Other instances claim all the time");
    for (;;) {
      const head = this.#head;
      const names = await this.#read(batch);
      const done = batch.map((request) => take(names, this.#instance, request));
      if (done.includes(false)) this.#observe();
      if (names.changed.size === 0 || await this.#commit(names, head)) {
        for (const [owner, skeletons] of names.own) {
          if (skeletons === undefined) this.#own.delete(owner);
          else this.#own.set(owner, skeletons);
        }
        this.#schedule();
        return done;
      }
      const [claims, lease] = await this.#options.calls.many([NAMES_HEAD, leaseOf(this.#instance)]);
      this.#head = claims?.versionstamp ?? null;
      this.#noteLease(lease?.versionstamp ?? null);
      await race.next();
    }
  }

  /** The old and new names of some requests, as they are from the call on. */
  async #read(batch: readonly Request[]): Promise<Names> {
    const { calls } = this.#options;
    const keys = new Map<string, Deno.KvKey>();
    const own = new Map<string, readonly string[] | undefined>();
    for (const { user, rooms, skeletons } of batch) {
      for (const room of rooms) {
        const owner = ownerOf(room, user);
        const had = this.#own.get(owner);
        own.set(owner, had);
        for (const each of [...skeletons, ...had ?? []]) {
          keys.set(slotOf(room, each), nameKey(room, each));
        }
      }
    }
    const slots = [...keys.keys()];
    const entries = await calls.many([...keys.values()]);
    const holdings = new Map(slots.map((slot, i) => [slot, readHolding(entries[i]?.value)]));
    const instances = new Set(Array.from(holdings.values(), (each) => each?.at ?? []).flat());
    instances.delete(this.#instance);
    const others = [...instances];
    const leases = await calls.many(others.map(leaseOf));
    const ended = others.filter((each, i) =>
      this.#watch.see(each, leases[i]?.versionstamp ?? null)
    );
    return { holdings, own, ended: new Set(ended), changed: new Set() };
  }

  /** Commits changes of names, if neither any names nor the lease of this instance have changed. */
  async #commit({ holdings, changed, ended }: Names, head: string | null): Promise<boolean> {
    const changes = new Changes();
    const lease = leaseOf(this.#instance);
    changes.set(NAMES_HEAD, true);
    changes.set(lease, true);
    for (const slot of changed) {
      const holding = holdings.get(slot);
      const [room, skeleton] = JSON.parse(slot);
      if (holding === undefined) changes.delete(nameKey(room, skeleton));
      else changes.set(nameKey(room, skeleton), holding);
    }
    // An instance that wakes up again is to notice.
    for (const instance of ended) changes.delete(leaseOf(instance));
    if (!changes.isCommittable) throw new Unavailable("Too many names for one commit", "no");
    const versionstamp = await this.#options.calls.commit((atomic) => {
      atomic.check({ key: NAMES_HEAD, versionstamp: head });
      atomic.check({ key: lease, versionstamp: this.#lease });
      changes.applyTo(atomic);
    });
    if (versionstamp === undefined) return false;
    this.#head = versionstamp;
    this.#lease = versionstamp;
    return true;
  }

  /** Looks at the leases of others until it is known which of them have ended. */
  #observe(): void {
    this.#watchedUntil = eventLoop.now + this.#options.claimMs + 2 * this.#renewMs;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    if (this.#lease === null && eventLoop.now > this.#watchedUntil) return;
    this.#timer = setTimeout(() => {
      this.#renew().catch(() => {}).finally(() => {
        this.#timer = undefined;
        this.#schedule();
      });
    }, this.#renewMs);
  }

  /** Renews the lease, or gives it up where there are no claims, and looks at the others. */
  async #renew(): Promise<void> {
    const { calls } = this.#options;
    const lease = this.#lease;
    // A claim that is on its way renews it.
    if (lease !== null && this.#running === undefined) {
      const key = leaseOf(this.#instance);
      const versionstamp = await calls.commit((atomic) => {
        atomic.check({ key, versionstamp: lease });
        if (this.#own.size === 0) atomic.delete(key);
        else atomic.set(key, true);
      });
      if (versionstamp === undefined) this.#noteLease((await calls.get(key)).versionstamp);
      else if (this.#lease === lease) this.#lease = this.#own.size === 0 ? null : versionstamp;
    }
    await this.#watch.sweep(calls, this.#instance);
  }

  /** Notes the lease as it is: ended by others, or renewed by a commit that gave no answer. */
  #noteLease(versionstamp: string | null): void {
    if (versionstamp !== null || this.#lease === null) {
      this.#lease = versionstamp;
      return;
    }
    this.#own.clear();
    this.#instance = crypto.randomUUID();
    this.#lease = null;
    this.#options.lost();
  }
}

/** Carries out a request. Returns false, and changes nothing, if another user has one of the names. */
function take(names: Names, instance: string, { user, rooms, skeletons }: Request): boolean {
  const { holdings, own, ended, changed } = names;
  const isOthers = rooms.some((room) =>
    skeletons.some((skeleton) => {
      const holding = holdings.get(slotOf(room, skeleton));
      return holding !== undefined && holding.user !== user &&
        holding.at.some((each) => !ended.has(each));
    })
  );
  if (isOthers) return false;
  for (const room of rooms) {
    const owner = ownerOf(room, user);
    for (const skeleton of new Set([...own.get(owner) ?? [], ...skeletons])) {
      const slot = slotOf(room, skeleton);
      const holding = holdings.get(slot);
      const isTaken = skeletons.includes(skeleton);
      const isSame = holding?.user === user;
      if (!isTaken && !isSame) continue;
      const at = isSame ? holding.at.filter((each) => each !== instance && !ended.has(each)) : [];
      if (isTaken) at.push(instance);
      holdings.set(slot, at.length === 0 ? undefined : { user, at });
      changed.add(slot);
    }
    own.set(owner, skeletons.length === 0 ? undefined : skeletons);
  }
  return true;
}

const ownerOf = (room: string, user: string): string => JSON.stringify([room, user]);
const slotOf = (room: string, skeleton: string): string => JSON.stringify([room, skeleton]);
const nameKey = (room: string, skeleton: string): Deno.KvKey => [...NAMES, room, skeleton];

function readHolding(value: unknown): Holding | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!("user" in value) || !("at" in value) || !Array.isArray(value.at)) return undefined;
  return { user: String(value.user), at: value.at.map(String) };
}
