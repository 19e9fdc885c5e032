/**
 * Bans: users who are kept out of a room or the server, or silent in a room, for a time.
 *
 * They are kept in several documents, since a document has a bound, and each holds its share of them.
 *
 * @module
 */

/** The effect of a ban: out of a room, silent in a room, or of the server. */
export type BanKind = "kick" | "mute" | "ban";

/** One ban. Times are milliseconds since 1970. */
export interface Ban {
  readonly kind: BanKind;
  /** The user for whom it holds. */
  readonly id: string;
  readonly name: string;
  readonly until: number;
  /** The user who gave it, and the time. */
  readonly by: string;
  readonly at: number;
  /**
   * The digest of the address from which newcomers are kept out too; empty: none;
   * {@linkcode UNKNOWN_ADDRESS}: one that another instance may know.
   */
  readonly address: string;
  /** Those who were inside from that address when it was given. */
  readonly inside: readonly string[];
}

/** No digest of an address. An instance that knows the address puts it in its place. */
export const UNKNOWN_ADDRESS = "?";

/** Somebody who may be kept out. */
export interface Suspect {
  readonly id: string;
  /** Returns the digest of the address; asked only where one is looked for. */
  readonly address: () => string;
  /** True if bans of addresses do not hold, since the user has a role. */
  readonly isExempt: boolean;
}

/**
 * Bans of one document: with names of the longest and everybody inside, they take 64 KiB at most; the
 * oldest go.
 */
const BANS_PER_DOCUMENT = 100;

/** The most users inside that a ban can name. */
export const MAX_INSIDE = 20;

/** Documents of a room, so that it has 1,000 bans at most, and of the server, which has 10,000. */
export const ROOM_DOCUMENTS = 10;
export const SERVER_DOCUMENTS = 100;

const PREFIX = "bans/";

/** The name of the document that has the bans of a user. */
export function banDocument(id: string, documents: number): string {
  return `${PREFIX}${(id.charCodeAt(0) * 32 + id.charCodeAt(1)) % documents}`;
}

/** Returns true if a document has bans, by its name. */
export function isBanDocument(name: string): boolean {
  return name.startsWith(PREFIX);
}

/**
 * The bans of a document with another one, or without one: then `until` is not later than now. Those
 * that have expired go.
 *
 * @param body of the document as it is, if there is one
 */
export function reviseBans(body: string | undefined, ban: Ban, now: number): Ban[] {
  const bans = body === undefined ? [] : decodeBans(body);
  const others = bans.filter(({ kind, id, until }) =>
    until > now && (kind !== ban.kind || id !== ban.id)
  );
  // A kick for no time puts the user out, too.
  if (ban.until <= now && ban.kind !== "kick") return others;
  // Later than the one before, so that it is known as another one.
  const before = bans.find(({ kind, id }) => kind === ban.kind && id === ban.id);
  const next = { ...ban, at: Math.max(ban.at, (before?.at ?? 0) + 1) };
  return [...others, next].slice(-BANS_PER_DOCUMENT);
}

/** The address of a ban, and those who were inside from there. */
export type Origin = Pick<Ban, "address" | "inside">;

/** The origin of a ban that holds for the id alone. */
export const NOWHERE: Origin = { address: "", inside: [] };

/** The origin of a ban with what another instance knows of it; `undefined` if that is nothing new. */
export function combineOrigins(ban: Origin, other: Origin): Origin | undefined {
  if (ban.address === NOWHERE.address) return undefined;
  const inside = [...new Set([...ban.inside, ...other.inside])];
  // Too many share the address: at an instance, or at all of them together.
  if (other.address === NOWHERE.address || inside.length > MAX_INSIDE) return NOWHERE;
  const isNew = ban.address === UNKNOWN_ADDRESS || inside.length > ban.inside.length;
  return isNew ? { address: other.address, inside } : undefined;
}

/**
 * The bans of a document, one of which has what another instance knows of its origin; `undefined` if it
 * is not there any more, or has that already.
 */
export function reviseOrigin(
  body: string | undefined,
  ban: Ban,
  other: Origin,
): Ban[] | undefined {
  const bans = body === undefined ? [] : decodeBans(body);
  const index = bans.findIndex((each) => keyOf(each) === keyOf(ban));
  const kept = bans[index];
  const origin = kept && combineOrigins(kept, other);
  return kept && origin && bans.with(index, { ...kept, ...origin });
}

/** Bans as JSON. */
export function encodeBans(bans: readonly Ban[]): string {
  return JSON.stringify(
    bans.map((
      { kind, id, name, until, by, at, address, inside },
    ) => [kind, id, name, until, by, at, address, ...inside]),
  );
}

function decodeBans(json: string): Ban[] {
  return JSON.parse(json).map(
    ([kind, id, name, until, by, at, address, ...inside]: [
      ...[BanKind, string, string, number, string, number, string],
      ...string[],
    ]) => ({ kind, id, name, until, by, at, address, inside }),
  );
}

/** All bans of a room, or of the server, as of now. */
export class Bans {
  readonly #documents = new Map<string, { readonly position: string; readonly bans: Ban[] }>();
  /** By kind, and by id or by the digest of an address. */
  #users = new Map<BanKind, Map<string, Ban>>();
  #addresses = new Map<BanKind, Map<string, Ban[]>>();
  #fresh: Ban[] = [];
  #isIndexed = true;

  /** Returns true if there are none, and have been none. */
  get isEmpty(): boolean {
    return this.#documents.size === 0;
  }

  /** Takes a document, unless a later state is known. Returns whether it took it. */
  apply(name: string, { position, body }: { position: string; body: string }): boolean {
    const old = this.#documents.get(name);
    if (old !== undefined && old.position >= position) return false;
    const bans = decodeBans(body);
    // Once more when its address is known: instances may have somebody inside from there.
    const keyWithAddress = (ban: Ban) => `${keyOf(ban)} ${ban.address}`;
    const before = new Set(old?.bans.map(keyWithAddress));
    this.#fresh.push(...bans.filter((ban) => !before.has(keyWithAddress(ban))));
    this.#documents.set(name, { position, bans });
    this.#isIndexed = false;
    return true;
  }

  /** The bans that came, or whose addresses became known, since this was called last. */
  takeFresh(): Ban[] {
    return this.#fresh.splice(0);
  }

  /** The ban of a kind that holds for somebody, by id or else by address. */
  find(kind: BanKind, { id, address, isExempt }: Suspect, now: number): Ban | undefined {
    if (!this.#isIndexed) this.#index();
    const own = this.#users.get(kind)?.get(id);
    if (own !== undefined && own.until > now) return own;
    const addresses = isExempt ? undefined : this.#addresses.get(kind);
    if (addresses === undefined) return undefined;
    return addresses.get(address())?.find(({ until, inside }) =>
      until > now && !inside.includes(id)
    );
  }

  /** Those that hold, the latest first. */
  list(now: number): Ban[] {
    return [...this.#documents.values()].flatMap(({ bans }) => bans)
      .filter(({ until }) => until > now).sort((a, b) => b.at - a.at);
  }

  #index(): void {
    this.#isIndexed = true;
    this.#users = new Map();
    this.#addresses = new Map();
    for (const { bans } of this.#documents.values()) {
      for (const ban of bans) {
        const { kind, id, address } = ban;
        const users = this.#users.get(kind) ?? new Map();
        this.#users.set(kind, users.set(id, ban));
        if (address === "" || address === UNKNOWN_ADDRESS) continue;
        const addresses: Map<string, Ban[]> = this.#addresses.get(kind) ?? new Map();
        this.#addresses.set(kind, addresses);
        const bansOf = addresses.get(address);
        if (bansOf === undefined) addresses.set(address, [ban]);
        else bansOf.push(ban);
      }
    }
  }
}

function keyOf({ kind, id, at }: Ban): string {
  return `${kind} ${id} ${at}`;
}
