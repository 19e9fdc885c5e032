/**
 * Parser for the changes of a room's settings.
 *
 * @module
 */

import { exceedsCodePoints } from "../text/texts.ts";
import type { SettingsChange } from "./types.ts";

/** The most code points in a topic, and in a password. */
export const MAX_TOPIC_LENGTH = 200;
export const MAX_PASSWORD_LENGTH = 128;

/** The longest time between two messages of a user: an hour. */
export const MAX_SLOW_MS = 3_600_000;

/** The most moderators of a room. */
export const MAX_MODERATORS = 50;

/** Returns true if a value can be the id of a user: 16 characters of base32 in lower case. */
export function isUserId(value: unknown): value is string {
  return typeof value === "string" && /^[a-z2-7]{16}$/.test(value);
}

/** Returns true if a value can be a password; empty, it is none. */
export function isPassword(value: unknown): value is string {
  return isTextOf(value, MAX_PASSWORD_LENGTH);
}

/** The fault of a value that is no password. */
export const PASSWORD_ERROR =
  `"password" must be a string of at most ${MAX_PASSWORD_LENGTH} characters`;

type Check = readonly [holds: (value: unknown) => boolean, expected: string];

/** The fields of a change. */
const FIELDS: Readonly<Record<keyof SettingsChange, Check>> = {
  topic: [
    (value) => isTextOf(value, MAX_TOPIC_LENGTH),
    `a string of at most ${MAX_TOPIC_LENGTH} characters`,
  ],
  password: [isPassword, `a string of at most ${MAX_PASSWORD_LENGTH} characters`],
  readOnly: [isFlag, "true or false"],
  slowMs: [
    (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_SLOW_MS,
    `a whole number from 0 to ${MAX_SLOW_MS}`,
  ],
  listed: [isFlag, "true or false"],
  moderators: [
    (value) => Array.isArray(value) && value.length <= MAX_MODERATORS && value.every(isUserId),
    `a list of at most ${MAX_MODERATORS} user ids: 16 of a-z and 2-7`,
  ],
};

/** Returns the change that some fields make, or what is wrong with one. */
export function parseSettingsChange(
  fields: Readonly<Record<string, unknown>>,
): SettingsChange | string {
  const given = Object.entries(FIELDS).filter(([name]) => fields[name] !== undefined);
  if (given.length === 0) return `One of ${Object.keys(FIELDS).map(quote).join(", ")} is needed`;
  for (const [name, [holds, expected]] of given) {
    if (!holds(fields[name])) return `${quote(name)} must be ${expected}`;
  }
  // The checks have just shown it.
  return Object.fromEntries(given.map(([name]) => [name, fields[name]])) as SettingsChange;
}

function quote(name: string): string {
  return `"${name}"`;
}

function isFlag(value: unknown): boolean {
  return typeof value === "boolean";
}

function isTextOf(value: unknown, max: number): value is string {
  // Length first: a code point has one unit or two.
  return typeof value === "string" && value.length <= 2 * max && !exceedsCodePoints(value, max);
}
