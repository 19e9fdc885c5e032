/**
 * Rules of a room: its settings as of now, and the roles of its users.
 *
 * @module
 */

import type { Role } from "../protocol/permissions.ts";
import type { Settings, User } from "../protocol/types.ts";
import { ORIGIN } from "../protocol/ulid.ts";
import { Bans, isBanDocument } from "./bans.ts";
import { decodeSettings, NO_SETTINGS, publicSettings, type RoomSettings } from "./settings.ts";

/** A document of a room, as the broker keeps it. */
export interface RoomDocument {
  readonly name: string;
  readonly position: string;
  readonly body: string;
}

/** Parts of {@linkcode RoomRules}. */
export interface RulesOptions {
  /** The rooms that are always there, and that nobody owns. */
  readonly fixedRooms?: ReadonlySet<string>;
  /** The present name of a user, if it is known. */
  readonly nameOf?: (id: string) => string | undefined;
}

/** The name of the document of a room's settings. */
export const SETTINGS = "settings";

/** The rules of one room. */
export class RoomRules {
  /** True if the configuration names the room. */
  readonly isFixed: boolean;
  readonly bans = new Bans();
  readonly #nameOf: (id: string) => string | undefined;
  #settings: RoomSettings;
  #position = ORIGIN;

  constructor(room: string, { fixedRooms, nameOf = () => undefined }: RulesOptions) {
    this.isFixed = fixedRooms?.has(room) ?? false;
    this.#nameOf = nameOf;
    this.#settings = this.#effective(NO_SETTINGS);
  }

  get settings(): RoomSettings {
    return this.#settings;
  }

  /** Returns true if somebody has made the room, or its settings are kept for another reason. */
  get isMade(): boolean {
    return this.isFixed || this.#position !== ORIGIN;
  }

  /** The settings as clients are told them. */
  get published(): Settings {
    return publicSettings(this.#settings, this.#nameOf);
  }

  /** Takes a document, unless a later state is known. Returns whether it has changed the settings. */
  apply({ name, position, body }: RoomDocument): boolean {
    if (isBanDocument(name)) this.bans.apply(name, { position, body });
    if (name !== SETTINGS || position <= this.#position) return false;
    this.#position = position;
    this.#settings = this.#effective(decodeSettings(body));
    return true;
  }

  /** The settings of a document; of none, those that are known. */
  read(body: string | undefined): RoomSettings {
    return body === undefined ? this.#settings : this.#effective(decodeSettings(body));
  }

  /** The role of a user who is no admin of the server. */
  roleOf(id: string): Role | undefined {
    const { owner, moderators } = this.#settings;
    if (id === owner) return "owner";
    return moderators.has(id) ? "moderator" : undefined;
  }

  /** A user as everybody in the room sees it. */
  userIn(user: User): User {
    const role = user.role ?? this.roleOf(user.id);
    return role === undefined || role === user.role ? user : { ...user, role };
  }

  #effective(settings: RoomSettings): RoomSettings {
    return this.isFixed ? { ...settings, owner: undefined, listed: true } : settings;
  }
}
