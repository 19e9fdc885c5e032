/// <reference lib="dom" />

/**
 * Wires the page: what happens goes into `reduce`, its effects into the world, its state to the
 * views.
 *
 * @module
 */

/** @import { Effect } from "./turn.js" */
/** @import { Occurrence } from "./reduce.js" */
import { createAddress } from "./address.js";
import { listenToAlerts, mayAlert, raiseAlert, shareSight } from "./alert.js";
import { createAnnouncer } from "./announcer.js";
import { install } from "./install.js";
import { listenToKeys } from "./keys.js";
import { roomOfPath } from "./names.js";
import { nextDeadline, reduce } from "./reduce.js";
import { createSocket } from "./socket.js";
import { initialState } from "./state.js";
import {
  createStorage,
  loadByRoom,
  loadChoice,
  loadKey,
  loadOutbox,
  loadRooms,
  loadText,
} from "./storage.js";
import { createBadgeView } from "./view_badge.js";
import { createComposerView } from "./view_composer.js";
import { createDrawerView } from "./view_drawer.js";
import { createEntranceView } from "./view_entrance.js";
import { createLogView } from "./view_log.js";
import { createMembersView } from "./view_members.js";
import { createRoomView } from "./view_room.js";
import { createRoomsView } from "./view_rooms.js";
import { createSettingsView } from "./view_settings.js";
import { createStatusView } from "./view_status.js";
import { createTypingView } from "./view_typing.js";
import { createYouView } from "./view_you.js";

/** @typedef {(occurrence: Occurrence) => void} Dispatch */

/** A hidden page gets no animation frames, yet its title must stay true. */
const HIDDEN_DRAW_MS = 250;

const storage = createStorage(() => localStorage);
const announce = createAnnouncer();
const showAddress = createAddress((room) =>
  dispatch({ type: "room_opened", room, isAddress: true })
);
const socketUrl = new URL("/ws", location.href);
socketUrl.protocol = location.protocol.replace("http", "ws");
const socket = createSocket(socketUrl.href, {
  opened: () => dispatch({ type: "opened", refs: storage.list("outbox.") }),
  received: (event) => dispatch({ type: "received", event }),
  closed: (code, reason) => dispatch({ type: "closed", code, reason }),
});
const views = [
  createStatusView,
  createRoomView,
  createRoomsView,
  createYouView,
  createMembersView,
  createLogView,
  createTypingView,
  createComposerView,
  createEntranceView,
  createSettingsView,
  createDrawerView,
  createBadgeView,
].map((create) => create(dispatch));

const rooms = loadRooms(storage);
const lastRoom = loadText(storage, "current");
let state = initialState({
  key: loadKey(storage),
  name: loadText(storage, "name"),
  rooms,
  current: roomOfPath(location.pathname, rooms.find(({ name }) => name === lastRoom)?.name),
  outbox: loadOutbox(storage),
  drafts: loadByRoom(storage, "draft"),
  read: loadByRoom(storage, "read"),
  theme: loadChoice(storage, "theme", ["system", "light", "dark"]),
  alerts: mayAlert() ? loadChoice(storage, "alerts", ["off", "mentions", "all"]) : "off",
});
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let tickScheduled = false;
let drawScheduled = false;

addEventListener("online", () => dispatch({ type: "woke" }));
document.addEventListener("visibilitychange", tellVisibility);
listenToKeys(dispatch);
shareSight();
listenToAlerts((room) => dispatch({ type: "room_opened", room }));
dispatch({ type: "started" });
if (document.hidden) tellVisibility();
draw();
install();

/** @type {Dispatch} */
function dispatch(occurrence) {
  const result = reduce(state, { ...occurrence, now: clock(), random: Math.random() });
  state = result.state;
  result.effects.forEach(perform);
  scheduleTick();
  scheduleDraw();
}

/** Once for all that comes in one frame. */
function scheduleTick() {
  if (tickScheduled) return;
  tickScheduled = true;
  queueMicrotask(() => {
    tickScheduled = false;
    clearTimeout(timer);
    const deadline = nextDeadline(state);
    if (deadline === Infinity) return;
    timer = setTimeout(() => dispatch({ type: "ticked" }), deadline - clock());
  });
}

function tellVisibility() {
  dispatch({ type: "visibility_changed", visible: !document.hidden });
}

/** Milliseconds since 1970 by a clock that nobody sets. */
function clock() {
  return performance.timeOrigin + performance.now();
}

/** @param {Effect} effect */
function perform(effect) {
  switch (effect.type) {
    case "open":
      return socket.open();
    case "close":
      return socket.close();
    case "send":
      return socket.send(effect.command);
    case "store":
      return storage.write(effect.key, effect.value);
    case "announce":
      return announce(effect.text);
    case "navigate":
      return showAddress(effect.room, effect.replace);
    case "alert":
      raiseAlert(effect, () => dispatch({ type: "room_opened", room: effect.room }));
      return;
  }
}

function scheduleDraw() {
  if (drawScheduled) return;
  drawScheduled = true;
  requestAnimationFrame(draw);
  setTimeout(draw, HIDDEN_DRAW_MS);
}

function draw() {
  if (!drawScheduled) return;
  drawScheduled = false;
  for (const view of views) view(state);
}
