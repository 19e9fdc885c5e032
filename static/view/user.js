/// <reference lib="dom" />

/**
 * Elements for a user: avatar with a stable colour and initials, name, id on hover.
 *
 * @module
 */

/** @import { User } from "../../chat/protocol/types.ts" */
import { element } from "./dom.js";
import { charactersOf } from "../model/text.js";

/**
 * Characters of an id that a badge shows: 40 bits, so that a key for another user's badge is costly
 * to find.
 */
const BADGE_LENGTH = 8;
/** The most names in a list. */
const MAX_NAMED = 3;

/**
 * The name, isolated so that it does not change the direction of the text around it.
 *
 * @param {User} user
 * @returns {HTMLElement}
 */
export function userName(user) {
  const name = element("bdi", { className: "user", textContent: user.name });
  name.title = `${user.name} · id ${user.id}`;
  name.style.setProperty("--hue", String(hueOf(user.id)));
  return name;
}

/**
 * The name of another user, which view/mention.js listens to. Not a button, since browsers do not
 * allow its text to be selected.
 *
 * @param {User} user
 * @param {{ isTabStop: boolean }} options
 * @returns {HTMLElement}
 */
export function nameToMention(user, { isTabStop }) {
  const name = userName(user);
  name.classList.add("mentionable");
  name.setAttribute("role", "button");
  name.setAttribute("aria-label", `Mention ${user.name}`);
  name.tabIndex = isTabStop ? 0 : -1;
  return name;
}

/**
 * @param {User} user
 * @returns {HTMLElement}
 */
export function userAvatar(user) {
  const avatar = element("span", {
    className: "avatar",
    "aria-hidden": "true",
    textContent: initialsOf(user.name),
  });
  avatar.style.setProperty("--hue", String(hueOf(user.id)));
  return avatar;
}

/**
 * The beginning of the id, which tells two users of the same name apart.
 *
 * @param {User} user
 * @returns {HTMLElement}
 */
export function userBadge({ id }) {
  const badge = element("span", { className: "id", textContent: id.slice(0, BADGE_LENGTH) });
  badge.title = `id ${id}`;
  return badge;
}

/**
 * The role of a user in a word; of others it is empty.
 *
 * @param {User} user
 * @returns {HTMLElement}
 */
export function roleMark({ role }) {
  return element("span", { className: "role", textContent: role ?? "" });
}

/**
 * "Ada, Bob and Eve", or "Ada, Bob and 7 others".
 *
 * @param {readonly User[]} users
 * @returns {(Node | string)[]}
 */
export function listNames(users) {
  const named = users.length > MAX_NAMED ? users.slice(0, MAX_NAMED - 1) : users;
  const others = users.length - named.length;
  /** @type {(Node | string)[]} */
  const names = named.map(({ name }) => element("bdi", { textContent: name }));
  if (others > 0) names.push(`${others} others`);
  return names.flatMap((name, index) => {
    if (index === 0) return [name];
    return [index === names.length - 1 ? " and " : ", ", name];
  });
}

/**
 * The hue of an id, in degrees.
 *
 * @param {string} id
 * @returns {number}
 */
export function hueOf(id) {
  let hash = 0;
  for (const character of id) hash = (hash * 31 + character.charCodeAt(0)) % 360;
  return hash;
}

/**
 * @param {string} name
 * @returns {string}
 */
export function initialsOf(name) {
  const words = name.split(" ").filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const initials = words.slice(0, 2).map(firstCharacter).join("");
  return initials.toLocaleUpperCase() || firstCharacter(name) || "?";
}

/** @param {string} text */
function firstCharacter(text) {
  return charactersOf(text).next().value ?? "";
}
