/**
 * Signals as entries of a stream.
 *
 * @module
 */

import type { User } from "../../protocol/types.ts";
import type { Signal } from "../broker.ts";
import { textIn } from "./replies.ts";
import type { Argument, Reply } from "./resp.ts";

/** Signals that are kept for instances that are reading others: 0.5 s of very many. */
const MAX_SIGNALS = 256;

/** The command that tells a signal. */
export function signalCommand(prefix: string, signal: Signal): readonly Argument[] {
  const fields = signal.kind === "typing"
    ? [signal.room, JSON.stringify(signal.user)]
    : ["", signal.body];
  return ["XADD", `${prefix}:signals`, "MAXLEN", "~", MAX_SIGNALS, "*", ...fields];
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
