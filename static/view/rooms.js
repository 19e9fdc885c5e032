/// <reference lib="dom" />

/**
 * List of the user's rooms, with buttons to leave them.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { Room, State } from "../model/state.js" */
import { byId, element, keyedList } from "./dom.js";
import { hrefOfRoom } from "../browser/location.js";
import { countText } from "../model/unread.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createRoomsView(dispatch) {
  const list = byId("room-list", HTMLElement);
  const message = byId("message", HTMLTextAreaElement);
  const toggle = byId("rooms-toggle", HTMLButtonElement);
  let current = "";
  let isOnlyRoom = false;
  /** The room that the user wants to leave, or "". */
  let left = "";
  const drawRooms = keyedList(list, {
    /** @param {Room} room */
    keyOf: (room) => room.name,
    create: ({ name }) => createItem(name),
    update: updateItem,
  });

  /** @param {string} name */
  function createItem(name) {
    const link = element(
      "a",
      { className: "room-link", href: hrefOfRoom(name) },
      element("span", { className: "room-name", textContent: `#${name}` }),
      element("span", { className: "badge" }),
    );
    link.addEventListener("click", (event) => {
      // The browser opens new tabs and windows.
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      dispatch({ type: "room_opened", room: name });
      // With the keyboard the focus stays in the list, for the next room.
      if (event.detail > 0 && matchMedia("(hover: hover)").matches) message.focus();
    });
    const leave = element(
      "button",
      { type: "button", className: "icon-button leave", "aria-label": `Leave #${name}` },
      closeIcon(),
    );
    leave.title = `Leave #${name}`;
    leave.addEventListener("click", () => {
      left = name;
      dispatch({ type: "room_left", room: name });
    });
    return element("li", { className: "room" }, link, leave);
  }

  /**
   * @param {HTMLLIElement} item
   * @param {Room} room
   */
  function updateItem(item, room) {
    const { name, unread, mentions, muted, joinError } = room;
    const [link, leave] = item.children;
    const badge = link?.querySelector(".badge");
    if (!(leave instanceof HTMLElement) || !link || !badge) return;
    if (name === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    leave.hidden = isOnlyRoom;
    item.classList.toggle("muted", muted);
    item.classList.toggle("has-unread", unread > 0);
    badge.classList.toggle("loud", mentions > 0);
    item.classList.toggle("has-mentions", mentions > 0);
    const [mark, label] = joinError === null ? describeUnread(room) : ["!", "not joined"];
    if (badge.textContent === mark + label) return;
    badge.replaceChildren(
      ...(mark === "" ? [] : [
        element("span", { "aria-hidden": "true", textContent: mark }),
        element("span", { className: "unseen", textContent: label }),
      ]),
    );
  }

  /** @type {readonly Room[] | null} */
  let drawn = null;
  return (state) => {
    if (state.rooms === drawn && state.current === current) return;
    const isMove = state.current !== current;
    drawn = state.rooms;
    current = state.current;
    isOnlyRoom = state.rooms.length === 1;
    drawRooms(state.rooms);
    if (isMove) list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    const waiting = state.rooms.filter(({ name, muted, unread }) =>
      unread > 0 && !muted && name !== current
    );
    const isMentioned = waiting.some(({ mentions }) => mentions > 0);
    toggle.classList.toggle("has-unread", waiting.length > 0);
    toggle.classList.toggle("has-mentions", isMentioned);
    const what = isMentioned ? ", some unread, you are mentioned" : ", some unread";
    toggle.setAttribute("aria-label", waiting.length > 0 ? `Rooms${what}` : "Rooms");
    if (left === "" || state.rooms.some(({ name }) => name === left)) return;
    left = "";
    // The button that had the focus is gone with its room.
    const here = list.querySelector("[aria-current]");
    if (document.activeElement === document.body && here instanceof HTMLElement) here.focus();
  };
}

/**
 * @param {Room} room
 * @returns {[mark: string, label: string]} as it is shown, and for screen readers
 */
function describeUnread(room) {
  const { unread, mentions, hasMoreUnread } = room;
  if (unread === 0) return ["", ""];
  const count = countText(room);
  if (mentions === 0) return [count, `${count} unread`];
  return [
    `@${countText({ unread: mentions, hasMoreUnread })}`,
    `${count} unread, you are mentioned`,
  ];
}

function closeIcon() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", "M6 6l12 12M18 6L6 18");
  svg.append(path);
  return svg;
}
