/// <reference lib="dom" />

/**
 * Wires the page: what happens goes into `reduce`, its effects into the world, its state to the
 * views.
 *
 * @module
 */

/** @import { Effect } from "./turn.js" */
/** @import { Occurrence } from "./reduce.js" */
import { byId, setText } from "./dom.js";
import { roomOfPath } from "./names.js";
import { nextDeadline, reduce } from "./reduce.js";
import { createSocket } from "./socket.js";
import { initialState } from "./state.js";
import { createStorage, loadDrafts, loadKey, loadOutbox, loadText } from "./storage.js";
import { createComposerView } from "./view_composer.js";
import { createEntranceView } from "./view_entrance.js";
import { createLogView } from "./view_log.js";
import { createMembersView } from "./view_members.js";
import { createRoomView } from "./view_room.js";
import { createStatusView } from "./view_status.js";

/** @typedef {(occurrence: Occurrence) => void} Dispatch */

/** A hidden page gets no animation frames, yet its title must stay true. */
const HIDDEN_DRAW_MS = 250;

const storage = createStorage(() => localStorage);
const announcer = byId("announcer", HTMLElement);
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
  createMembersView,
  createLogView,
  createComposerView,
  createEntranceView,
].map((create) => create(dispatch));

const outbox = loadOutbox(storage);
let state = initialState({
  key: loadKey(storage),
  name: loadText(storage, "name"),
  // Where something waits to be sent must be joined, to be sent at all.
  rooms: outbox.map((item) => item.room),
  current: roomOfPath(location.pathname),
  outbox,
  drafts: loadDrafts(storage),
});
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let drawScheduled = false;

addEventListener("online", () => dispatch({ type: "woke" }));
document.addEventListener("visibilitychange", () => {
  dispatch({ type: "visibility_changed", visible: !document.hidden });
});
dispatch({ type: "started" });
draw();

/** @type {Dispatch} */
function dispatch(occurrence) {
  const result = reduce(state, { ...occurrence, now: clock(), random: Math.random() });
  state = result.state;
  result.effects.forEach(perform);
  clearTimeout(timer);
  const deadline = nextDeadline(state);
  if (deadline < Infinity) {
    timer = setTimeout(() => dispatch({ type: "ticked" }), deadline - clock());
  }
  scheduleDraw();
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
      return setText(announcer, effect.text);
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
