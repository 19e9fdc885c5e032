/**
 * The people and rooms that are suggested in a room, in order. Pure.
 *
 * @module
 */

/** @import { User } from "../../chat/protocol/types.ts" */
/** @import { Room, State } from "./state.js" */
import { roomAt } from "./links.js";
import { isMessage } from "./log.js";
import { currentRoom } from "./state.js";

/** The newest entries that are looked at. */
const MAX_ENTRIES = 200;
/** The most rooms that messages name, and the most "#" that are looked at for them. */
const MAX_SEEN = 50;
const MAX_SIGNS = 2000;

const { compare } = new Intl.Collator();

/**
 * Members of the room on show without the user: those who spoke last first, then by name. Of a large
 * room, in which not all members are known, everybody who spoke.
 *
 * @param {State} state
 * @returns {readonly User[]}
 */
export function peopleToMention(state) {
  const room = currentRoom(state);
  const spoke = speakersOf(room);
  const places = new Map([...spoke.keys()].map((id, index) => [id, index]));
  const others = room.members.length < room.count ? [...spoke.values()] : [];
  const people = new Map([...others, ...room.members].map((user) => [user.id, user]));
  if (state.you !== null) people.delete(state.you.id);
  /** @param {User} user */
  const placeOf = ({ id }) => places.get(id) ?? MAX_ENTRIES;
  return [...people.values()].sort((a, b) => placeOf(a) - placeOf(b) || compare(a.name, b.name));
}

/**
 * Rooms that a text can link to: those of the user, then those that the room on show names.
 *
 * @param {State} state
 * @returns {readonly string[]}
 */
export function roomsToLink(state) {
  const known = state.rooms.map(({ name }) => name);
  // Digits alone are no link.
  return [...new Set([...known, ...roomsNamedIn(currentRoom(state))])]
    .filter((room) => /[a-z]/.test(room));
}

/**
 * @param {Room} room
 * @returns {ReadonlySet<string>}
 */
function roomsNamedIn({ entries }) {
  /** @type {Set<string>} */
  const seen = new Set();
  let signs = 0;
  for (const { text } of entries.slice(-MAX_ENTRIES).filter(isMessage)) {
    for (let at = text.indexOf("#"); at !== -1; at = text.indexOf("#", at + 1)) {
      const room = roomAt(text, at)?.href;
      if (room !== undefined) seen.add(room);
      if (++signs === MAX_SIGNS || seen.size === MAX_SEEN) return seen;
    }
  }
  return seen;
}

/**
 * The users who spoke, the last one first.
 *
 * @param {Room} room
 * @returns {Map<string, User>}
 */
function speakersOf({ entries }) {
  /** @type {Map<string, User>} */
  const speakers = new Map();
  for (const { user } of entries.slice(-MAX_ENTRIES).filter(isMessage).reverse()) {
    if (!speakers.has(user.id)) speakers.set(user.id, user);
  }
  return speakers;
}
