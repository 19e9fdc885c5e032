/**
 * Passwords of rooms: made into hashes, and compared with them.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import { Unavailable } from "../broker/broker.ts";
import { Multiset } from "../limits/addresses.ts";
import type { Guess } from "../limits/guesses.ts";
import { Semaphore } from "../limits/semaphore.ts";
import type { PasswordHash } from "../room/settings.ts";

/**
 * Rounds of PBKDF2: 50 to 80 ms of a core (2 cores, Deno 2.9), off the event loop. An address that is
 * wrong ten times a minute takes about 1% of a core. After the first right one, none is computed any more.
 */
const ITERATIONS = 100_000;

const SALT_BYTES = 16;
const HASH_BITS = 256;

/** Hashes that are computed at a time, and the most that wait for it. */
const COMPUTED = 1;
const MAX_WAITING = 200;

/** Those of one address, so that it makes others wait for 1.6 s at most, and refuses nobody else. */
const MAX_WAITING_OF_ADDRESS = 20;

/** Rooms whose password was right once since the start: about 250 bytes each. */
const MAX_KNOWN = 20_000;

/** Makes and checks hashes of passwords. */
export class Passwords {
  /** By which the digests of right passwords are kept in memory, and are worth nothing elsewhere. */
  readonly #secret = crypto.getRandomValues(new Uint8Array(32));
  /** The digests of the passwords that were right, by hash. */
  readonly #known = new Map<string, Uint8Array>();
  readonly #turns = new Semaphore(COMPUTED);
  /** The address of each that waits. */
  readonly #waiting = new Multiset();

  /** @throws {Unavailable} if too many wait */
  async make(password: string, address: string): Promise<PasswordHash> {
    const salt = Buffer.from(crypto.getRandomValues(new Uint8Array(SALT_BYTES))).toString("base64");
    const hash = await this.#queue(address, () => derive(password, salt, ITERATIONS));
    this.#remember(hash, this.#digest(password));
    return { salt, hash, iterations: ITERATIONS };
  }

  /**
   * Returns true if a password is the one of a hash. At once where the right one was given before.
   *
   * @throws {Unavailable} if too many wait
   */
  isRight(
    { salt, hash, iterations }: PasswordHash,
    password: string,
    guess: Guess,
    address: string,
  ): boolean | Promise<boolean> {
    const digest = this.#digest(password);
    const compare = (known: Uint8Array): boolean => {
      if (!guess.mayLook()) return false;
      const isRight = timingSafeEqual(known, digest);
      if (!isRight) guess.wrong();
      return isRight;
    };
    const known = this.#known.get(hash);
    if (known !== undefined) return compare(known);
    return this.#queue(address, async () => {
      // By those before it: everybody comes back at once after a restart.
      const known = this.#known.get(hash);
      if (known !== undefined) return compare(known);
      if (!guess.mayLook()) return false;
      const given = await derive(password, salt, iterations);
      const isRight = timingSafeEqual(Buffer.from(given, "base64"), Buffer.from(hash, "base64"));
      if (isRight) this.#remember(hash, digest);
      else guess.wrong();
      return isRight;
    });
  }

  /**
   * Returns true if two passwords are the same, in a time that does not depend on where they
   * differ.
   */
  isSame(given: string, password: string): boolean {
    return timingSafeEqual(this.#digest(given), this.#digest(password));
  }

  async #queue<Result>(address: string, task: () => Promise<Result>): Promise<Result> {
    if (
      this.#waiting.size >= MAX_WAITING || this.#waiting.count(address) >= MAX_WAITING_OF_ADDRESS
    ) throw new Unavailable("Too many passwords are checked", "no");
    this.#waiting.add(address);
    try {
      return await this.#turns.run(task);
    } finally {
      this.#waiting.remove(address);
    }
  }

  #digest(password: string): Uint8Array {
    return createHmac("sha256", this.#secret).update(normalise(password)).digest();
  }

  #remember(hash: string, digest: Uint8Array): void {
    this.#known.set(hash, digest);
    if (this.#known.size <= MAX_KNOWN) return;
    const [oldest = ""] = this.#known.keys();
    this.#known.delete(oldest);
  }
}

async function derive(password: string, salt: string, iterations: number): Promise<string> {
  const bytes = new TextEncoder().encode(normalise(password));
  const key = await crypto.subtle.importKey("raw", bytes, "PBKDF2", false, ["deriveBits"]);
  const parameters = {
    name: "PBKDF2",
    hash: "SHA-256",
    salt: Buffer.from(salt, "base64"),
    iterations,
  };
  return Buffer.from(await crypto.subtle.deriveBits(parameters, key, HASH_BITS)).toString("base64");
}

/** Keyboards write the same letter in different ways. */
function normalise(password: string): string {
  return password.normalize("NFC");
}
