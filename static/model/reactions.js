/**
 * Reactions to a message, with those of the user that wait in the outbox. Pure.
 *
 * @module
 */

/** @import { Message, Reactions } from "../../chat/protocol/types.ts" */
/** @import { OutgoingChange } from "./outbox.js" */
/** @import { Room } from "./state.js" */
/** @typedef {Extract<OutgoingChange, { type: "react" }>} OutgoingReaction */
import { withoutEra } from "./era.js";

/**
 * All reactions to a message with one emoji. `isPending`: the server has not acknowledged the
 * user's yet.
 *
 * @typedef {Reactions & { isYours: boolean, isPending: boolean }} Pill
 */

/** The most reactions of the user in a room that the page remembers. */
const MAX_REMEMBERED = 300;

/**
 * The reactions to a message as they are drawn.
 *
 * @param {Pick<Message, "id" | "reactions">} message
 * @param {{ you: string | undefined, pending?: readonly OutgoingChange[],
 *   reacted: ReadonlySet<string> }} context `you`: your id; `pending`: changes of this message;
 *   `reacted` of the room
 * @returns {readonly Pill[]}
 */
export function pillsOf({ id, reactions = [] }, { you = "", pending = [], reacted }) {
  const pills = reactions.map(({ emoji, count, users }) => {
    // The server names the first few users only.
    const isHidden = count > users.length && reacted.has(keyOf(id, emoji));
    return { emoji, count, users, isYours: users.includes(you) || isHidden, isPending: false };
  });
  return pending.filter(isReaction).reduce((before, change) => applyTo(before, change, you), pills);
}

/**
 * @param {readonly Pill[]} pills
 * @param {Pick<OutgoingReaction, "emoji" | "on">} change
 * @param {string} you your id
 * @returns {Pill[]}
 */
function applyTo(pills, { emoji, on }, you) {
  const known = pills.find((pill) => isSameEmoji(pill.emoji, emoji));
  if (known === undefined) {
    const pill = { emoji, count: 1, users: [you], isYours: true, isPending: true };
    return on ? [...pills, pill] : [...pills];
  }
  if (known.isYours === on) return [...pills];
  const users = on ? [...known.users, you] : known.users.filter((id) => id !== you);
  const count = known.count + (on ? 1 : -1);
  const pill = { ...known, count, users, isYours: on, isPending: true };
  return pills.flatMap((other) => other !== known ? [other] : count === 0 ? [] : [pill]);
}

/**
 * The reactions to a message after one of the user, which the server has acknowledged.
 *
 * @param {Message} message
 * @param {Pick<OutgoingReaction, "emoji" | "on">} change
 * @param {{ you: string | undefined, reacted: ReadonlySet<string> }} context as that of `pillsOf`
 * @returns {readonly Reactions[]}
 */
export function reactionsAfter(message, change, context) {
  const pills = applyTo(pillsOf(message, context), change, context.you ?? "");
  return pills.map(({ emoji, count, users }) => ({ emoji, count, users }));
}

/**
 * `reacted` of a room after a reaction that the server has acknowledged.
 *
 * @param {Pick<Room, "reacted">} room
 * @param {Pick<OutgoingReaction, "id" | "emoji" | "on">} change
 * @returns {ReadonlySet<string>}
 */
export function noteReaction({ reacted }, { id, emoji, on }) {
  const key = keyOf(id, emoji);
  const others = [...reacted].filter((other) => other !== key);
  return new Set((on ? [...others, key] : others).slice(-MAX_REMEMBERED));
}

/**
 * The label of a reaction, such as "👍 3: Ada, Bob and you".
 *
 * @param {Pill} pill
 * @param {{ you: string, nameOf: (id: string) => string | undefined }} people `you`: your id
 * @returns {string}
 */
export function describePill({ emoji, count, users, isYours }, { you, nameOf }) {
  const named = users.filter((id) => id !== you).flatMap((id) => nameOf(id) ?? []);
  const names = isYours ? [...named, "you"] : named;
  const others = count - names.length;
  if (others > 0) {
    const people = names.length === 0 ? ["person", "people"] : ["other", "others"];
    names.push(`${others} ${people[others === 1 ? 0 : 1]}`);
  }
  const last = names.at(-1) ?? "";
  const list = names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
  return `${emoji} ${count}: ${list}`;
}

/**
 * Returns true if two texts are one emoji to the server, which adds the selectors of its look.
 *
 * @param {string} a
 * @param {string} b
 * @returns {boolean}
 */
export function isSameEmoji(a, b) {
  return plain(a) === plain(b);
}

/** @param {string} emoji */
function plain(emoji) {
  return emoji.replace(/\ufe0f/g, "");
}

/**
 * @param {string} id
 * @param {string} emoji
 */
function keyOf(id, emoji) {
  return `${withoutEra(id)} ${plain(emoji)}`;
}

/**
 * @template {{ type: string }} Item
 * @param {Item} item of the outbox
 * @returns {item is Item & { type: "react" }}
 */
export function isReaction(item) {
  return item.type === "react";
}
