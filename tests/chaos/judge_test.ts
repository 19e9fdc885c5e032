import { assertEquals } from "@std/assert";
import { Claims } from "./claims.ts";
import { type Fault, judge } from "./judge.ts";
import type { ClientRecord, Entry, NodeView, State, Truth } from "./record.ts";

/** A position, by its place in the order. */
const at = (place: number): string => `01K${String(place).padStart(23, "0")}`;

const state = (place: number, text = `Ada/${place} says`, id = at(place)): State => ({
  id,
  position: at(place),
  user: "aaaaaaaaaaaaaaaa",
  text,
});

const message = (place: number): Entry => ({ kind: "message", state: state(place) });

const connected: Entry = { kind: "connected", node: 1 };

/** A connection that joins. */
const joined = (
  since: number | undefined,
  head: number,
  places: readonly number[],
  more: { readonly complete?: boolean; readonly follow?: number } = {},
): Entry[] => [connected, {
  kind: "joined",
  since: since === undefined ? undefined : at(since),
  complete: true,
  head: at(head),
  follow: 0,
  states: places.map((place) => state(place)),
  ...more,
}];

const sent = (place: number): Entry => ({
  kind: "sent",
  ref: `${place}`,
  text: `Ada/${place} says`,
});

const acked = (place: number): Entry => ({
  kind: "acked",
  ref: `${place}`,
  id: at(place),
  position: at(place),
});

const view = (log: readonly State[], node = 1, more: Partial<NodeView> = {}): NodeView => ({
  node,
  log,
  members: ["Ada", "Bob"],
  count: 2,
  ...more,
});

const LOG = [1, 2, 3, 4].map((place) => state(place));

/** All is well: Ada says all messages, and Bob comes and goes. */
const ADA: readonly Entry[] = [
  ...joined(undefined, 0, []),
  ...[1, 2, 3, 4].flatMap((place) => [sent(place), message(place), acked(place)]),
];
const BOB: readonly Entry[] = [
  ...joined(undefined, 1, [1]),
  message(2),
  ...joined(2, 3, [3]),
  message(4),
];

/** The faults of a run, in which something differs from the one in which all is well. */
function faultsOf(
  { ada = ADA, bob = BOB, nodes = [view(LOG), view(LOG, 2)] }: {
    readonly ada?: readonly Entry[];
    readonly bob?: readonly Entry[];
    readonly nodes?: readonly NodeView[];
  },
): Fault[] {
  const clients: ClientRecord[] = [{ name: "Ada", entries: ada }, { name: "Bob", entries: bob }];
  const truth: Truth = { clients, nodes, present: ["Ada", "Bob"] };
  return [...new Set(judge(truth).map(({ fault }) => fault))].sort();
}

const without = (entries: readonly Entry[], index: number): readonly Entry[] =>
  entries.toSpliced(index, 1);

/** A log without a message. */
const shorter = LOG.toSpliced(1, 1);

const edited = state(5, "Ada/2 edits", at(2));
const edit: readonly Entry[] = [
  { kind: "sent", ref: "e", text: "Ada/2 edits", id: at(2) },
  { kind: "message", state: edited },
  { kind: "acked", ref: "e", id: at(2), position: at(5) },
];
const editedNodes = [view([state(1), state(3), state(4), edited])];

const CASES: Readonly<
  Record<string, { readonly run: Parameters<typeof faultsOf>[0]; faults: Fault[] }>
> = {
  "finds nothing where all is well": { run: {}, faults: [] },
  "finds an acknowledged message that is in no log": {
    run: { nodes: [view(shorter), view(shorter, 2)] },
    faults: ["lost"],
  },
  "finds a message that was shown, and is in no log": {
    run: { bob: [...BOB, message(5)] },
    faults: ["lost"],
  },
  "finds a message that was never acknowledged": {
    run: { ada: without(ADA, ADA.length - 1) },
    faults: ["lost"],
  },
  "finds a message that is in the log twice": {
    run: {
      nodes: [view([...LOG, state(5, "Ada/2 says")])],
      bob: [...BOB, { kind: "message", state: state(5, "Ada/2 says") }],
      ada: [...ADA, { kind: "message", state: state(5, "Ada/2 says") }],
    },
    faults: ["doubled"],
  },
  "finds a second ack": { run: { ada: [...ADA, acked(4)] }, faults: ["doubled"] },
  "finds nodes with different logs": {
    run: { nodes: [view(LOG), view(shorter, 2)] },
    faults: ["disordered"],
  },
  "finds a node whose log ends early": {
    run: { nodes: [view(LOG), view(LOG.slice(0, 3), 2)] },
    faults: ["disordered"],
  },
  "finds two orders": {
    run: { bob: [...joined(undefined, 1, [1]), message(3), message(2), message(4)] },
    faults: ["disordered", "falsely complete"],
  },
  "finds a message that comes before the room was joined": {
    run: {
      bob: [
        ...joined(undefined, 1, [1]),
        connected,
        message(4),
        ...joined(1, 4, [2, 3, 4]).slice(1),
      ],
    },
    faults: ["disordered"],
  },
  "finds two messages at one position": {
    run: { bob: [...BOB.slice(0, -1), { kind: "message", state: state(4, "Eve/1 says") }] },
    faults: ["disordered"],
  },
  "finds a message that is older than one that was acknowledged before it was sent": {
    run: {
      ada: [
        ...joined(undefined, 0, []),
        sent(2),
        acked(2),
        sent(1),
        acked(1),
        sent(3),
        acked(3),
        sent(4),
        acked(4),
        ...[1, 2, 3, 4].map(message),
      ],
    },
    faults: ["disordered"],
  },
  "finds a complete answer that lacks a message": {
    run: { bob: [...joined(undefined, 1, [1]), message(2), ...joined(2, 3, []), message(4)] },
    faults: ["falsely complete"],
  },
  "finds a message that comes after a complete answer has left it out": {
    run: {
      bob: [
        ...joined(undefined, 1, [1]),
        ...joined(1, 3, [2]),
        ...joined(3, 1, []),
        message(3),
        message(4),
      ],
    },
    faults: ["falsely complete"],
  },
  "finds a message that never followed": {
    run: { bob: [...joined(undefined, 1, [1]), ...joined(1, 4, [2], { follow: 2 }), message(4)] },
    faults: ["falsely complete"],
  },
  "finds a message that is missing between two others": {
    run: { bob: [...joined(undefined, 1, [1]), message(2), message(4)] },
    faults: ["falsely complete"],
  },
  "allows for what was said to be incomplete": {
    run: {
      bob: [...joined(undefined, 1, [1]), ...joined(1, 3, [3], { complete: false }), message(4)],
    },
    faults: [],
  },
  "allows for an announced gap": {
    run: {
      bob: [...joined(undefined, 1, [1]), { kind: "gap", after: at(1), before: at(4) }, message(4)],
    },
    faults: [],
  },
  "allows for a message that is given again": {
    run: { bob: [...BOB.slice(0, 3), ...joined(2, 1, []), message(2), message(3), message(4)] },
    faults: [],
  },
  "allows for an older state that a node shows which lags": {
    run: {
      ada: [...ADA, ...edit],
      bob: [
        ...joined(undefined, 1, [1]),
        ...joined(1, 4, [3, 4]),
        { kind: "message", state: edited },
        ...joined(5, 2, [1, 2], { complete: false }),
        message(3),
        message(4),
        { kind: "message", state: edited },
      ],
      nodes: editedNodes,
    },
    faults: [],
  },
  "allows for messages that were lost with a connection, and came by the next one": {
    run: {
      bob: [
        ...joined(undefined, 1, [1]),
        ...joined(1, 3, [2], { follow: 1 }),
        ...joined(2, 4, [3, 4]),
      ],
    },
    faults: [],
  },
  "finds a client that did not hear the end": {
    run: { bob: BOB.slice(0, -1) },
    faults: ["behind"],
  },
  "finds a member too many": {
    run: { nodes: [view(LOG, 1, { members: ["Ada", "Bob", "Eve"], count: 3 })] },
    faults: ["members"],
  },
  "finds a wrong count": { run: { nodes: [view(LOG, 1, { count: 3 })] }, faults: ["members"] },
  "finds a refusal": {
    run: { bob: [...BOB, { kind: "refused", code: "internal", message: "Oh" }] },
    faults: ["refused"],
  },
  "follows a message that was edited": {
    run: {
      ada: [...ADA, ...edit],
      bob: [...BOB, { kind: "message", state: edited }],
      nodes: editedNodes,
    },
    faults: [],
  },
  "finds an acknowledged edit that is in no log": {
    run: { ada: [...ADA, ...without(edit, 1)] },
    faults: ["lost"],
  },
  "finds an edit that a client did not get": {
    run: { ada: [...ADA, ...edit], bob: [...BOB, ...joined(4, 5, [])], nodes: editedNodes },
    faults: ["falsely complete"],
  },
};

for (const [name, { run, faults }] of Object.entries(CASES)) {
  Deno.test(`judge() ${name}`, () => assertEquals(faultsOf(run), faults));
}

Deno.test("Claims joins neighbours, and begins anew after a gap", () => {
  const claims = new Claims();
  const gap: Entry = { kind: "gap", after: at(3), before: at(7) };
  for (const entry of [...BOB.slice(0, 5), gap, message(7), message(9)]) claims.take(entry);
  assertEquals(claims.list, [
    { from: at(1), to: at(3), node: 1 },
    { from: at(7), to: at(9), node: 1 },
  ]);
  assertEquals(claims.end, at(9));
});
