/**
 * Race of instances for a key of a KV, of which only one commit at a time can win.
 *
 * @module
 */

import { delay, eventLoop } from "../../runtime/timers.ts";
import { Unavailable } from "../broker.ts";
import { jitter } from "./jitter.ts";

/** For how long a commit is tried while others are faster, in milliseconds. */
const RACE_MS = 10_000;

/** The most that it waits between two tries. */
const MAX_PAUSE_MS = 50;

/** The tries of one commit. */
export class Race {
  readonly #winners: string;
  readonly #end = eventLoop.now + RACE_MS;
  #pauseMs = 1;

  /** @param winners tells what others do all the time if it is lost */
  constructor(winners: string) {
    this.#winners = winners;
  }

  /**
   * Waits before the next try, longer each time.
   *
   * @throws {Unavailable} after 10 s
   */
  async next(): Promise<void> {
    if (eventLoop.now > this.#end) throw new Unavailable(this.#winners, "no");
    await delay(jitter(this.#pauseMs));
    this.#pauseMs = Math.min(2 * this.#pauseMs, MAX_PAUSE_MS);
  }
}
