/**
 * Signals as entries of a stream.
 *
 * @module
 */

import type { User } from "../../protocol/types.ts";
import type { Signal } from "../broker.ts";
import type { Call } from "./client.ts";
import { textIn } from "./replies.ts";
import type { Reply } from "./resp.ts";
import { runScript, Script } from "./script.ts";
import { SIGNAL } from "./scripts/life.ts";

/** Signals of a kind that are kept for instances that are reading others: 0.5 s of very many. */
const MAX_SIGNALS = 256;

/**
 * The keys of their streams, one of each kind: however many users are typing, no instance misses what
 * another one tells of its users.
 */
export const SIGNAL_STREAMS: Readonly<Record<Signal["kind"], string>> = {
  node: ":signals",
  typing: ":typing",
};

const tell = new Script(SIGNAL);

/** Tells a signal to all instances. */
export async function tellSignal(call: Call, prefix: string, signal: Signal): Promise<void> {
  const fields = signal.kind === "typing"
    ? [signal.room, JSON.stringify(signal.user)]
    : ["", signal.body];
  await runScript(call, tell, prefix, [SIGNAL_STREAMS[signal.kind], MAX_SIGNALS, ...fields]);
}

/** The signal of an entry. */
export function signalIn([room, body]: readonly Reply[]): Signal | undefined {
  if (room === "") return { kind: "node", body: textIn(body) };
  try {
    const user: User = JSON.parse(textIn(body));
    return { kind: "typing", room: textIn(room), user };
  } catch {
    return undefined;
  }
}
