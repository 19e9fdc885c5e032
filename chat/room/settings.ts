/**
 * Settings of a room, as its document keeps them and as clients are told them.
 *
 * @module
 */

import type { Settings } from "../protocol/types.ts";

/** A password as it is kept: PBKDF2 with SHA-256, in base64. */
export interface PasswordHash {
  readonly salt: string;
  readonly hash: string;
  readonly iterations: number;
}

/** The settings of a room. */
export interface RoomSettings {
  /** The id of the user who made it; `undefined`: nobody owns it. */
  readonly owner: string | undefined;
  /** The names of moderators, as far as they were known, by id. */
  readonly moderators: ReadonlyMap<string, string>;
  readonly topic: string;
  readonly password: PasswordHash | undefined;
  readonly readOnly: boolean;
  readonly slowMs: number;
  readonly listed: boolean;
}

/** The settings of a room in which nothing is set. */
export const NO_SETTINGS: RoomSettings = {
  owner: undefined,
  moderators: new Map(),
  topic: "",
  password: undefined,
  readOnly: false,
  slowMs: 0,
  listed: false,
};

/** Returns true if nothing but the owner is set. */
export function isPlain(settings: RoomSettings): boolean {
  const { moderators, topic, password, readOnly, slowMs, listed } = settings;
  return moderators.size === 0 && topic === "" && password === undefined && !readOnly &&
    slowMs === 0 && !listed;
}

/** Settings as JSON, without what is not set. */
export function encodeSettings(settings: RoomSettings): string {
  const { owner, moderators, topic, password, readOnly, slowMs, listed } = settings;
  return JSON.stringify({
    owner,
    ...moderators.size > 0 && { moderators: [...moderators] },
    ...topic !== "" && { topic },
    password,
    ...readOnly && { readOnly },
    ...slowMs > 0 && { slowMs },
    ...listed && { listed },
  });
}

/** The settings of which {@linkcode encodeSettings} has made JSON. */
export function decodeSettings(json: string): RoomSettings {
  const { moderators = [], ...set } = JSON.parse(json);
  return { ...NO_SETTINGS, ...set, moderators: new Map(moderators) };
}

/**
 * Settings as clients are told them.
 *
 * @param nameOf the present name of a user, if it is known
 */
export function publicSettings(
  settings: RoomSettings,
  nameOf: (id: string) => string | undefined,
): Settings {
  const { owner = null, moderators, topic, password, readOnly, slowMs, listed } = settings;
  return {
    topic,
    owner,
    moderators: Array.from(moderators, ([id, name]) => ({ id, name: nameOf(id) ?? name })),
    locked: password !== undefined,
    readOnly,
    slowMs,
    listed,
  };
}
