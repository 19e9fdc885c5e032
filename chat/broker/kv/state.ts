/**
 * The state of a KV that ops are carried out on.
 *
 * @module
 */

import { type Op, ORIGIN, type Receipt, requestsOf } from "../broker.ts";
import type { KvCalls } from "./calls.ts";
import { countIn } from "./changes.ts";
import { documentAt, FLOOR, makerKey, movedIn, receiptKey, roomKey, saidIn } from "./keys.ts";
import {
  type DocumentHeader,
  type Place,
  readDocumentHeader,
  readReceipt,
  sizeOf,
} from "./records.ts";
import { countOf } from "./values.ts";

/** The state of what some ops name, which they then change one after the other. */
export interface State {
  readonly receipts: Map<string, Receipt>;
  /** By {@linkcode placeName}. */
  readonly places: Map<string, Place>;
  readonly documents: Map<string, DocumentHeader>;
  readonly makerBytes: Map<string, number>;
  /** The rooms that have messages. */
  readonly rooms: Set<string>;
  /** The floor of the others. */
  readonly floor: string;
}

/** The name of a receipt in a {@linkcode State}. */
export const receiptName = (user: string, ref: string): string => JSON.stringify([user, ref]);

/** The name of a message in a {@linkcode State}. */
export const placeName = (room: string, id: string): string => `${room}:${id}`;

/**
 * Reads the state of what some ops name, as it is at any moment from the call on.
 *
 * @param knownRooms rooms that have messages
 * @param withReceipts false: all refs are taken for new ones
 */
export async function readState(
  calls: KvCalls,
  ops: readonly Op[],
  knownRooms: { has(room: string): boolean },
  withReceipts: boolean,
): Promise<State> {
  const state = {
    receipts: new Map<string, Receipt>(),
    places: new Map<string, Place>(),
    documents: new Map<string, DocumentHeader>(),
    makerBytes: new Map<string, number>(),
    rooms: new Set<string>(),
    floor: ORIGIN,
  };
  const reads = new Map<string, { key: Deno.KvKey; take: (value: unknown) => void }>();
  const read = (key: Deno.KvKey, take: (value: unknown) => void) => {
    reads.set(JSON.stringify(key), { key, take });
  };
  for (const op of ops) {
    const { room } = op;
    if (withReceipts) {
      for (const { user, ref } of requestsOf(op)) {
        read(receiptKey(user, ref), (value) => {
          const receipt = readReceipt(value);
          if (receipt !== undefined) state.receipts.set(receiptName(user, ref), receipt);
        });
      }
    }
    if (op.op === "document") {
      const { key, maker } = op;
      read([...documentAt(key), 0], (value) => {
        const header = readDocumentHeader(value);
        if (header !== undefined) state.documents.set(key, header);
      });
      if (maker === undefined) continue;
      read(makerKey(maker), (value) => state.makerBytes.set(maker, countIn(value)));
    } else if (op.op === "send") {
      if (knownRooms.has(room)) {
        state.rooms.add(room);
        continue;
      }
      read(roomKey(room), (value) => {
        if (value !== null) state.rooms.add(room);
      });
      read(FLOOR, (value) => {
        if (typeof value === "string") state.floor = value;
      });
    } else {
      const { id } = op;
      const name = placeName(room, id);
      read([...saidIn(room), id, 0], (part) => {
        const place = readSaid(id, part);
        if (place !== undefined) state.places.set(name, place);
      });
      // Behind the other: a message that moved in between is in both.
      read([...movedIn(room), id], (value) => {
        const place = readMoved(value);
        if (place !== undefined) state.places.set(name, place);
      });
    }
  }
  const wanted = [...reads.values()];
  const entries = await calls.many(wanted.map(({ key }) => key));
  for (const [i, { take }] of wanted.entries()) take(entries[i]?.value ?? null);
  return state;
}

/** The place of a message that was never changed, by the first part of its body. */
function readSaid(id: string, part: unknown): Place | undefined {
  if (!(part instanceof Uint8Array)) return undefined;
  const parts = countOf(part);
  const bytes = sizeOf("") + (part.length - 1) * parts;
  return { position: id, parts, bytes, isMoved: false };
}

/** The place of a changed message. */
export function readMoved(value: unknown): Place | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { position, parts, bytes }: Partial<Record<keyof Place, unknown>> = value;
  return {
    position: String(position),
    parts: Number(parts),
    bytes: Number(bytes),
    isMoved: true,
  };
}
