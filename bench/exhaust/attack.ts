/**
 * The description of an attack, and the settings that attacks share.
 *
 * @module
 */

/** One attack on a server. */
export interface Attack {
  readonly name: string;
  /** The server's settings, where they differ from the defaults. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The gauges that may stay above {@linkcode Gauges} of an idle server afterwards. */
  readonly leaves?: Gauges;
  /** The answer to a newcomer's first message right afterwards: an error code, or `ack` by default. */
  readonly thenSends?: string;
  /** How long the attack lasts, in seconds, if not as long as the others. */
  readonly seconds?: number;
  /** Runs the attack. Its clients stay connected. Returns what was done, for the table. */
  run(target: AttackTarget): Promise<string>;
}

/** Values of gauges in `/metrics`, by name without `parley_`. */
export type Gauges = Readonly<Record<string, number>>;

/** The attacked server, and the extent of the attack. */
export interface AttackTarget {
  readonly port: number;
  readonly serverPid: number;
  readonly seconds: number;
  /** Whether counts are reduced to a tenth. */
  readonly quick: boolean;
}

/** The address of all clients of an attack from one address. */
export const ONE_ADDRESS = "127.0.0.9";

/** The addresses of blocked clients, which the server remembers for a time: so many at most. */
export const BLOCKED_ADDRESSES = { addresses: 20_000 };

/** Settings without limits on the rates of commands and messages. */
export const UNLIMITED = { CHAT_COMMANDS_PER_SECOND: "0", CHAT_MESSAGE_BURST: "0" };
