/**
 * Execution of the commands of connections, those of each in their order.
 *
 * @module
 */

import { BAD, BANNED, type Closing } from "./closings.ts";
import type { Context } from "./commands/context.ts";
import { answer, isPipelined, readCommand, type Reply } from "./commands/dispatch.ts";
import type { Connection } from "./connection.ts";
import { refuseQueue } from "./departure.ts";
import type { Timers } from "./runtime/timers.ts";

/** Parts of an {@linkcode Executor}. */
export interface ExecutorOptions {
  readonly context: Context;
  readonly timers: Pick<Timers, "now">;
  /** Returns true if commands are refused, since the server is going away. */
  readonly isDraining: () => boolean;
  readonly close: (connection: Connection, closing: Closing) => void;
  /** Called when every command that was begun is answered. */
  readonly idle: () => void;
}

/** Carries out commands. */
export class Executor {
  readonly #options: ExecutorOptions;
  /** Commands that were begun and are not answered. */
  #unsettled = 0;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#unsettled === 0;
  }

  /** Carries out the commands of a connection that need not wait. */
  carryOut(connection: Connection, now: number): void {
    const { context, isDraining } = this.#options;
    if (isDraining()) return refuseQueue(context, connection);
    let frame = connection.next(now);
    for (; frame !== undefined; frame = connection.next(now)) {
      const command = readCommand(frame, connection.session);
      const pipelined = isPipelined(command);
      if (connection.mustWait(pipelined)) return connection.putBack(frame);
      const reply = answer(context, connection, command, now);
      if (reply instanceof Promise) {
        this.#unsettled++;
        connection.begin(pipelined, reply).then((reply) => this.#settle(connection, reply));
      } else {
        this.#reply(connection, reply, now);
      }
    }
  }

  #reply(connection: Connection, { event, isBad, isBanned, unless }: Reply, now: number): void {
    const { close } = this.#options;
    const isGone = unless?.rooms.some((room) => !connection.cursors.has(room));
    if (event !== undefined) connection.reply(isGone && unless ? unless.event : event);
    if (isBanned) return close(connection, BANNED);
    if (isBad && connection.recordBadCommand(now)) close(connection, BAD);
  }

  /** A command is answered that could not be at once. Carries out those that wait for it. */
  #settle(connection: Connection, reply: Reply): void {
    const { timers: { now }, idle } = this.#options;
    connection.settle();
    this.#reply(connection, reply, now);
    this.carryOut(connection, now);
    if (--this.#unsettled === 0) idle();
  }
}
