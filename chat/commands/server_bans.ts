/**
 * The bans of the server, and bans as refusals.
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";
import { roomDocuments } from "../broker/feed.ts";
import type { Address } from "../limits/addresses.ts";
import { type ErrorEvent, refusal } from "../protocol/types.ts";
import { type BanKind, Bans, isBanDocument } from "../room/bans.ts";
import type { RoomDocument } from "../room/rules.ts";
import { addressDigest } from "./address_digest.ts";

const CODES = { kick: "kicked", mute: "muted", ban: "banned" } as const;

/** The bans of the server. */
export class ServerBans {
  readonly bans = new Bans();
  readonly #broker: Pick<Broker, "documents">;
  readonly #now: () => number;
  readonly #loaded: () => void;
  /** True if all are known. */
  isReady = false;
  #loading: Promise<boolean> | undefined;
  /** Counts the calls of {@linkcode ServerBans.reload}. */
  #losses = 0;

  /** @param loaded called when all were read */
  constructor(broker: Pick<Broker, "documents">, now: () => number, loaded: () => void) {
    this.#broker = broker;
    this.#now = now;
    this.#loaded = loaded;
  }

  /** Takes a document that belongs to no room. */
  apply(document: RoomDocument): void {
    if (isBanDocument(document.name)) this.bans.apply(document.name, document);
  }

  /** Reads all of them again. */
  reload(): void {
    this.isReady = false;
    this.#losses++;
    this.load();
  }

  /** Reads all of them, if they are not known. Resolves with whether they are. */
  load(): Promise<boolean> {
    return this.#loading ??= this.#load().finally(() => this.#loading = undefined);
  }

  async #load(): Promise<boolean> {
    try {
      while (!this.isReady) {
        const losses = this.#losses;
        const documents = roomDocuments(await this.#broker.documents(""));
        for (const document of documents) this.apply(document);
        // Documents that were lost meanwhile may be missing.
        this.isReady = losses === this.#losses;
        this.#loaded();
      }
    } catch {
      // It is tried again every second. Until then nobody is let in.
    }
    return this.isReady;
  }

  /** The refusal of somebody who is banned from the server, if so. */
  refuse(id: string, address: Address, ref: string | undefined): ErrorEvent | undefined {
    if (this.bans.isEmpty) return undefined;
    const suspect = { id, address: () => addressDigest(address), isExempt: false };
    const now = this.#now();
    return refusalOf("ban", this.bans.find("ban", suspect, now), now, ref);
  }
}

const MESSAGES = {
  kick: "You are kicked from this room",
  mute: "You are muted in this room",
  ban: "You are banned from this server",
} as const;

/** The refusal of somebody for whom a ban holds. */
export function refusalOf(
  kind: BanKind,
  ban: { readonly until: number } | undefined,
  now: number,
  ref: string | undefined,
): ErrorEvent | undefined {
  if (ban === undefined) return undefined;
  const retryMs = Math.max(1, Math.ceil(ban.until - now));
  return refusal(CODES[kind], MESSAGES[kind], ref, retryMs);
}
