/// <reference lib="dom" />

/**
 * Options of the search panel: rooms, a room to join, listed rooms, messages, and more of them.
 *
 * @module
 */

/** @import { ListedRoom } from "../../chat/protocol/types.ts" */
/** @import { Dispatch } from "../app.js" */
/** @import { Found } from "../model/search.js" */
/** @import { Room, State } from "../model/state.js" */
import { element, keyedList } from "./dom.js";
import { describeListed, matchListed } from "../model/directory.js";
import { markActive } from "./options.js";
import { excerptOf } from "../model/marks.js";
import { matchRooms } from "../model/search.js";
import { countText } from "../model/unread.js";

const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/**
 * @typedef {{ type: "room", key: string, room: Room, details: string }
 *   | { type: "listed", key: string, room: string, details: string }
 *   | { type: "join", key: string, room: string }
 *   | { type: "found", key: string, found: Found, searched: string, hasRoom: boolean,
 *     isIgnored: boolean }
 *   | { type: "more", key: string, isBusy: boolean }} Option
 */

/**
 * @param {HTMLElement} list
 * @param {HTMLInputElement} field which names the active option
 * @param {{ dispatch: Dispatch, leave: () => void }} actions `leave` closes the panel
 */
export function createSearchOptions(list, field, { dispatch, leave }) {
  /** @type {readonly Option[]} */
  let options = [];
  /** The key of the option that the user has moved to; "": none. */
  let chosen = "";
  let typed = "";
  let hasSearch = false;
  let created = 0;
  /** @type {Map<string, HTMLElement>} */
  const elements = new Map();
  const groups = ["Rooms", "Listed rooms", "Messages"].map((label) => {
    const items = element("div", { role: "presentation" });
    const heading = element("h2", { textContent: label, "aria-hidden": "true" });
    const group = element(
      "div",
      { className: "found-group", role: "group", "aria-label": label },
      heading,
      items,
    );
    list.append(group);
    /** @type {(options: readonly Option[]) => void} */
    const draw = keyedList(items, { keyOf: ({ key }) => key, create });
    return { group, draw };
  });

  // So that the field keeps the focus.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", ({ target }) => {
    const clicked = target instanceof Element ? target.closest("[role=option]") : null;
    const option = options.find(({ key }) => elements.get(key) === clicked);
    if (clicked !== null && option !== undefined) open(option);
  });

  /** @param {Option} option */
  function create(option) {
    const drawn = element(
      "div",
      { id: `search-option-${++created}`, className: `option ${option.type}`, role: "option" },
      ...contentOf(option),
    );
    elements.set(option.key, drawn);
    return drawn;
  }

  /** The option that Enter takes. A room that is not there is joined only when it is meant. */
  function active() {
    const wanted = options.find(({ key }) => key === chosen);
    if (wanted !== undefined) return wanted;
    const isMeant = typed.trim().startsWith("#") || !hasSearch;
    const types = isMeant ? ["listed", "join"] : ["found"];
    return options.find(({ type }) => type === "room") ??
      (typed.trim() === "" ? undefined : options.find(({ type }) => types.includes(type)));
  }

  /** @param {Option} option */
  function open(option) {
    switch (option.type) {
      case "room":
        return openRoom(option.room.name);
      case "join":
      case "listed":
        return openRoom(option.room);
      case "found":
        leave();
        return dispatch({
          type: "message_wanted",
          room: option.found.room,
          id: option.found.id,
        });
      case "more":
        return dispatch({ type: "more_found_wanted" });
    }
  }

  /** @param {string} room */
  function openRoom(room) {
    leave();
    dispatch({ type: "room_opened", room });
  }

  function mark() {
    const option = active();
    return markActive(field, list, option && elements.get(option.key));
  }

  /** @param {1 | -1} step */
  function move(step) {
    const index = options.findIndex((option) => option === active());
    const at = index === -1 && step === -1 ? 0 : index;
    chosen = options.at((at + step) % Math.max(1, options.length))?.key ?? "";
    mark()?.scrollIntoView({ block: "nearest" });
  }

  /** Opens the active option. */
  function choose() {
    const option = active();
    if (option !== undefined) open(option);
  }

  /** @type {unknown[]} */
  let drawn = [];

  /** @param {State} state */
  function draw(state) {
    const { search, searchScope, rooms, directory, ignored } = state;
    const slice = [search, searchScope, rooms, directory, ignored];
    if (search === null || slice.every((part, index) => part === drawn[index])) return;
    drawn = slice;
    hasSearch = state.features.includes("search");
    if (search.text !== typed) {
      typed = search.text;
      chosen = "";
      list.scrollTop = 0;
    }
    const matched = matchRooms(state, search.text);
    const searched = search.answered ?? "";
    const details = new Map(directory?.rooms?.map((room) => [room.room, detailsOf(room)]));
    /** @type {Option[]} */
    const named = matched.rooms.map((room) => {
      const known = details.get(room.name) ?? "";
      const key = ["room", room.name, countText(room), room.mentions > 0, known].join(" ");
      return { type: "room", key, room, details: known };
    });
    const others = matchListed(state, search.text).filter(({ room }) =>
      !matched.rooms.some(({ name }) => name === room)
    );
    /** @type {Option[]} */
    const listed = others.map(({ room }) => {
      const known = details.get(room) ?? "";
      return { type: "listed", key: `listed ${room} ${known}`, room, details: known };
    });
    const { join } = matched;
    if (join !== undefined && !others.some(({ room }) => room === join)) {
      named.push({ type: "join", key: `join ${join}`, room: join });
    }
    /** @type {Option[]} */
    const found = search.results.map((message) => {
      const { room, id, changed, user } = message;
      const isIgnored = ignored.has(user.id);
      return {
        type: "found",
        key: [room, id, changed, searchScope, isIgnored, searched].join(" "),
        found: message,
        searched,
        hasRoom: searchScope === "all",
        isIgnored,
      };
    });
    const isBusy = search.isNext && (search.ref !== null || search.dueAt < Infinity);
    if (search.more) found.push({ type: "more", key: `more ${isBusy}`, isBusy });
    options = [...named, ...listed, ...found];
    [named, listed, found].forEach((items, index) => {
      groups[index]?.draw(items);
      if (groups[index]) groups[index].group.hidden = items.length === 0;
    });
    const keys = new Set(options.map(({ key }) => key));
    for (const key of elements.keys()) if (!keys.has(key)) elements.delete(key);
    mark();
  }

  return { draw, move, choose };
}

/**
 * @param {Option} option
 * @returns {(Node | string)[]}
 */
function contentOf(option) {
  switch (option.type) {
    case "room": {
      const { name, unread, mentions } = option.room;
      const count = `${mentions > 0 ? "@ " : ""}${countText(option.room)} unread`;
      const hint = element("span", { className: "hint", textContent: unread === 0 ? "" : count });
      return [`#${name} `, hint, ...details(option)];
    }
    case "listed":
      return [`#${option.room}`, ...details(option)];
    case "join":
      return [`Join #${option.room}`];
    case "more":
      return [option.isBusy ? "Loading…" : "Show more"];
    case "found": {
      const { found: { room, user, time, text }, searched, hasRoom, isIgnored } = option;
      const head = element("span", { className: "found-head" });
      head.append(
        element("bdi", { className: "found-name", textContent: user.name }),
        ` ${hasRoom ? `in #${room} ` : ""}· ${WHEN.format(time)}`,
      );
      if (isIgnored) {
        const textContent = "A message of somebody whom you ignore";
        return [head, element("em", { className: "found-text", textContent })];
      }
      const parts = excerptOf(text, searched).map((part) =>
        part.isMarked ? element("mark", { textContent: part.text }) : part.text
      );
      return [head, element("span", { className: "found-text", dir: "auto" }, ...parts)];
    }
  }
}

/** @param {{ details: string }} option */
function details({ details }) {
  if (details === "") return [];
  return [element("span", { className: "listed-details", dir: "auto", textContent: details })];
}

/**
 * "4 people · last message 9 Sept 2026, 14:02 · Where we meet"
 *
 * @param {ListedRoom} room
 */
function detailsOf(room) {
  const { people, last, topic } = describeListed(room);
  return [people, last === null ? "no messages" : `last message ${WHEN.format(last)}`, topic]
    .filter((part) => part !== "").join(" · ");
}
