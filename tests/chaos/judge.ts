/**
 * The verdict on a run through faults: a pure function of what is known after it.
 *
 * @module
 */

import { type Claim, Claims } from "./claims.ts";
import type { ClientRecord, Entry, NodeView, State, Truth } from "./record.ts";

/** The kinds of broken promises. */
export type Fault =
  /** An acknowledged message or edit is not in the log. */
  | "lost"
  /** A message is in the log, or was acknowledged, more than once. */
  | "doubled"
  /** Two clients or nodes differ in the order of messages, or in one of them. */
  | "disordered"
  /** A client was told that it has everything, and has not. */
  | "falsely complete"
  /** A client did not hear the newest message in the end. */
  | "behind"
  /** Nodes differ in their members from those who are there. */
  | "members"
  /** A command was refused, or a connection closed, for no reason that the protocol has. */
  | "refused";

/** A broken promise. */
export interface Violation {
  readonly fault: Fault;
  readonly text: string;
}

/** Returns all broken promises; none if all is well. */
export function judge(truth: Truth): Violation[] {
  const log = truth.nodes[0]?.log ?? [];
  return [
    ...truth.nodes.flatMap((node) => [...compareLogs(node, log), ...compareMembers(node, truth)]),
    ...checkLog(log),
    ...checkStates(truth, log),
    ...truth.clients.flatMap((client) => [
      ...checkAcks(client, log),
      ...checkOrder(client),
      ...checkClaims(client, log),
      ...checkRefusals(client),
    ]),
  ];
}

/** The first word of a text, which stays when the message is edited. */
function wordOf(text: string): string {
  return text.split(" ", 1)[0] ?? "";
}

function compareLogs({ node, log }: NodeView, other: readonly State[]): Violation[] {
  const differs = ({ id, position, text }: State, i: number) =>
    other[i]?.id !== id || other[i].position !== position || other[i].text !== text;
  const at = log.findIndex(differs);
  if (at === -1 && log.length === other.length) return [];
  const what = log[at === -1 ? log.length : at]?.position ?? "the end";
  return [{ fault: "disordered", text: `Node ${node} has another log than the first, at ${what}` }];
}

function compareMembers({ node, members, count }: NodeView, { present }: Truth): Violation[] {
  const missing = present.filter((name) => !members.includes(name));
  const gone = members.filter((name) => !present.includes(name));
  if (missing.length + gone.length === 0 && count === present.length) return [];
  const text = `Node ${node} counts ${count} of ${present.length}; ` +
    `not there: ${missing.join(", ") || "none"}; no longer there: ${gone.join(", ") || "none"}`;
  return [{ fault: "members", text }];
}

function checkLog(log: readonly State[]): Violation[] {
  const violations: Violation[] = [];
  const ids = new Map<string, string>();
  let last = "";
  for (const { id, position, text } of log) {
    if (position <= last) {
      violations.push({ fault: "disordered", text: `The log has ${position} after ${last}` });
    }
    last = position;
    const word = wordOf(text);
    const other = ids.get(word);
    if (other !== undefined) {
      violations.push({ fault: "doubled", text: `${word} is in the log as ${other} and ${id}` });
    }
    ids.set(word, id);
  }
  return violations;
}

function statesOf(entry: Entry): readonly State[] {
  if (entry.kind === "message") return [entry.state];
  return entry.kind === "joined" ? entry.states : [];
}

/** Every position is one state of one message, for all clients and in the log. */
function checkStates({ clients }: Truth, log: readonly State[]): Violation[] {
  const known = new Map(log.map((state) => [state.position, state]));
  const finals = new Map(log.map((state) => [state.id, state]));
  const violations: Violation[] = [];
  for (const { name, entries } of clients) {
    for (const state of entries.flatMap(statesOf)) {
      const { id, position, text } = state;
      const other = known.get(position);
      if (other !== undefined && (other.id !== id || other.text !== text)) {
        const pair = `"${text}" (${id}) and "${other.text}" (${other.id})`;
        violations.push({ fault: "disordered", text: `${name} has at ${position} ${pair}` });
      }
      known.set(position, state);
      if ((finals.get(id)?.position ?? "") >= position) continue;
      violations.push({ fault: "lost", text: `${name} was shown "${text}" (${position})` });
    }
  }
  return violations;
}

/** Everything that was acknowledged is in the log, once, and after all that was acknowledged before. */
function checkAcks({ name, entries }: ClientRecord, log: readonly State[]): Violation[] {
  const finals = new Map(log.map((state) => [state.id, state]));
  const sent = new Map<string, { readonly text: string; readonly newest: string }>();
  const acked = new Set<string>();
  const violations: Violation[] = [];
  let newest = "";
  for (const entry of entries) {
    if (entry.kind === "sent") sent.set(entry.ref, { text: entry.text, newest });
    if (entry.kind !== "acked") continue;
    const { ref, id, position } = entry;
    const request = sent.get(ref);
    if (request === undefined || acked.has(ref)) {
      violations.push({ fault: "doubled", text: `${name} got another ack of ${ref}` });
      continue;
    }
    acked.add(ref);
    const final = finals.get(id);
    const isThere = final !== undefined && wordOf(final.text) === wordOf(request.text) &&
      (final.position > position || (final.position === position && final.text === request.text));
    if (!isThere) {
      violations.push({ fault: "lost", text: `${name} got an ack of "${request.text}" (${id})` });
    }
    if (position <= request.newest) {
      const text = `${name} sent ${ref} after the ack of ${request.newest}, and it is ${position}`;
      violations.push({ fault: "disordered", text });
    }
    if (position > newest) newest = position;
  }
  for (const ref of sent.keys()) {
    if (!acked.has(ref)) violations.push({ fault: "lost", text: `${name} got no ack of ${ref}` });
  }
  return violations;
}

/** On each connection `joined` comes first, and positions rise. */
function checkOrder({ name, entries }: ClientRecord): Violation[] {
  const violations: Violation[] = [];
  let isJoined = false;
  let last = "";
  for (const entry of entries) {
    if (entry.kind === "connected") isJoined = false;
    if (entry.kind === "joined") {
      isJoined = true;
      last = "";
      // Without a `since` that holds, these are in the order of their ids.
      if (!entry.complete || entry.since === undefined) {
        last = entry.head;
        continue;
      }
    }
    for (const { position } of statesOf(entry)) {
      const place = isJoined ? `after ${last}` : "before it had joined";
      if (!isJoined || position <= last) {
        violations.push({ fault: "disordered", text: `${name} got ${position} ${place}` });
      }
      last = position;
    }
  }
  return violations;
}

/** Whatever a claim covers has come before the claim, or was changed since. */
function checkClaims({ name, entries }: ClientRecord, log: readonly State[]): Violation[] {
  /** The newest position at which each message was seen. */
  const seen = new Map<string, string>();
  const claims = new Claims();
  const broken = new Map<Claim, string[]>();
  const check = ({ id, position }: State): void => {
    // A node that lags may show an older state than the one that came before the claim.
    const claim = (seen.get(id) ?? "") >= position ? undefined : claims.find(position);
    if (claim !== undefined) broken.set(claim, [...broken.get(claim) ?? [], position]);
  };
  for (const entry of entries) {
    for (const state of statesOf(entry)) {
      check(state);
      if ((seen.get(state.id) ?? "") < state.position) seen.set(state.id, state.position);
    }
    claims.take(entry);
  }
  for (const state of log) check(state);
  const violations: Violation[] = [];
  for (const [{ from, to, node }, [first, ...more]] of broken) {
    const text = `${name} was told by node ${node} to have all from ${from} to ${to}, ` +
      `without ${first}${more.length > 0 ? ` and ${more.length} more` : ""}`;
    violations.push({ fault: "falsely complete", text });
  }
  const head = log.at(-1)?.position ?? "";
  if (claims.end >= head) return violations;
  return [...violations, { fault: "behind", text: `${name} ended at ${claims.end}, not ${head}` }];
}

function checkRefusals({ name, entries }: ClientRecord): Violation[] {
  return entries.flatMap((entry) =>
    entry.kind === "refused"
      ? [{ fault: "refused", text: `${name}: ${entry.code}: ${entry.message}` } as const]
      : []
  );
}
