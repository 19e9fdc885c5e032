/**
 * The changes of one commit, within the limits of Deno KV.
 *
 * @module
 */

import { keyBytes } from "./keys.ts";
import { toParts } from "./values.ts";

/** KV takes 1,000 mutations, 800 KiB of keys and values, 80 KiB of keys and 100 checks a commit. */
export const MAX_MUTATIONS = 900;
export const MAX_BYTES = 750_000;
export const MAX_KEY_BYTES = 70_000;
export const MAX_CHECKS = 98;

/** The parts of the limits of a commit that an operation takes. */
export interface Weight {
  readonly mutations: number;
  readonly bytes: number;
  readonly keyBytes: number;
  readonly checks: number;
}

/** Bytes of a value that is no text: a number, or some ids. */
const SMALL_BYTES = 250;

/** 2^64: what is added to a counter wraps there, so less can be taken away. */
const WRAP = 2n ** 64n;

/** The mutations of one commit. */
export class Changes {
  readonly #steps: ((atomic: Deno.AtomicOperation) => void)[] = [];
  /** By how much counters change, by key. */
  readonly #sums = new Map<string, { key: Deno.KvKey; by: number }>();
  #bytes = 0;
  #keyBytes = 0;

  get isEmpty(): boolean {
    return this.#steps.length === 0 && this.#sums.size === 0;
  }

  /** True if one commit takes them. */
  get isCommittable(): boolean {
    const mutations = this.#steps.length + this.#sums.size;
    return mutations <= MAX_MUTATIONS && this.#bytes <= MAX_BYTES &&
      this.#keyBytes <= MAX_KEY_BYTES;
  }

  set(key: Deno.KvKey, value: unknown, expireIn?: number): void {
    this.#count(key, SMALL_BYTES);
    this.#steps.push((atomic) =>
      atomic.set(key, value, expireIn === undefined ? {} : { expireIn })
    );
  }

  /** Sets a text. Returns the number of its parts. */
  setText(key: Deno.KvKey, text: string, expireIn?: number): number {
    const parts = toParts(text);
    for (const [i, part] of parts.entries()) {
      this.set([...key, i], part, expireIn);
      this.#bytes += part.length;
    }
    return parts.length;
  }

  delete(key: Deno.KvKey): void {
    this.#count(key, 0);
    this.#steps.push((atomic) => atomic.delete(key));
  }

  /** Deletes the parts of a text, from one on. */
  deleteText(key: Deno.KvKey, parts: number, from = 0): void {
    for (let i = from; i < parts; i++) this.delete([...key, i]);
  }

  /** Adds to a counter, or takes away. */
  add(key: Deno.KvKey, by: number): void {
    const name = JSON.stringify(key);
    const sum = this.#sums.get(name);
    if (sum === undefined) this.#sums.set(name, { key, by });
    else sum.by += by;
  }

  /** Puts everything into a commit. */
  applyTo(atomic: Deno.AtomicOperation): void {
    for (const step of this.#steps) step(atomic);
    for (const { key, by } of this.#sums.values()) {
      if (by !== 0) atomic.sum(key, by > 0 ? BigInt(by) : WRAP + BigInt(by));
    }
  }

  #count(key: Deno.KvKey, valueBytes: number): void {
    const bytes = keyBytes(key);
    this.#keyBytes += bytes;
    this.#bytes += bytes + valueBytes;
  }
}

/** The number in a counter; 0 if more was taken away than there was. */
export function countIn(value: unknown): number {
  if (!(value instanceof Deno.KvU64)) return 0;
  return value.value > WRAP / 2n ? 0 : Number(value.value);
}
