/**
 * The types of a room's settings, as clients are told them and ask to change them.
 *
 * @module
 */

/** The settings of a room. */
export interface Settings {
  readonly topic: string;
  /** The id of the user who made the room, if somebody did. */
  readonly owner: string | null;
  /** Their names are empty until the server has seen them. */
  readonly moderators: readonly { readonly id: string; readonly name: string }[];
  /** True if it has a password. */
  readonly locked: boolean;
  readonly readOnly: boolean;
  /** The least time between two messages of a user, in milliseconds. */
  readonly slowMs: number;
  readonly listed: boolean;
}

/** Changes of a room's settings. */
export interface SettingsChange {
  readonly topic?: string;
  /** Empty: none. */
  readonly password?: string;
  readonly readOnly?: boolean;
  readonly slowMs?: number;
  readonly listed?: boolean;
  readonly moderators?: readonly string[];
}
