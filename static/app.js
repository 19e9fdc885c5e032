/// <reference lib="dom" />

/**
 * The page's entry point: passes actions to `reduce`, performs its effects and draws its state.
 *
 * @module
 */

/** @import { Effect } from "./model/step.js" */
/** @import { Action, ReducerPart } from "./model/reduce.js" */
import { createLocation, takeSecrets, writtenMessage, writtenPath } from "./browser/location.js";
import {
  listenToNotifications,
  mayNotify,
  shareSight,
  showNotification,
} from "./browser/notifications.js";
import { createAnnouncer } from "./view/announcer.js";
import { attempt } from "./browser/attempt.js";
import { isLookedAt, listenToAttention } from "./browser/attention.js";
import { isOfWholePage, parseEmbedding } from "./model/embedding.js";
import { BASE_PATH, FIRST_ROOM, NAMER } from "./browser/page_settings.js";
import { probe } from "./browser/probe.js";
import { nextDeadline, reduce } from "./model/reduce.js";
import { listenToRoomLinks } from "./view/room_links.js";
import { createSocket } from "./client/socket.js";
import { initialState, NOTIFICATIONS, SEARCH_SCOPES, THEMES } from "./model/state.js";
import {
  createStorage,
  listenToOtherTabs,
  loadByRoom,
  loadChoice,
  loadIgnored,
  loadKey,
  loadName,
  loadOutbox,
  loadRooms,
  loadText,
  storedRefs,
} from "./browser/storage.js";
import { byId } from "./view/dom.js";
import { createBadgeView } from "./view/badge.js";
import { createComposerView } from "./view/composer.js";
import { createDrawerView } from "./view/drawer.js";
import { keepEarlyClick } from "./view/early_click.js";
import { createNameDialogView } from "./view/name_dialog.js";
import { createJoinView } from "./view/join.js";
import { createLogView } from "./view/log.js";
import { createMembersView } from "./view/members.js";
import { firstRoom } from "./view/misnamed_room.js";
import { createRoomView } from "./view/room.js";
import { createRoomsView } from "./view/rooms.js";
import { createStatusView } from "./view/status.js";
import { addStyles, createStyles } from "./view/styles.js";
import { createTypingView } from "./view/typing.js";
import { createYouView } from "./view/you.js";

/** @typedef {(action: Action) => void} Dispatch */

/** A hidden page gets no animation frames, but its title must be updated. */
const HIDDEN_DRAW_MS = 250;
/** The wait before a part of the page that could not be loaded is requested again. */
const LOAD_AGAIN_MS = 5000;

// Before anything waits.
const secrets = takeSecrets();
const storage = createStorage(() => localStorage);
const embedding = parseEmbedding(location.search);
const rooms = embedding === undefined ? loadRooms(storage) : [];
const lastRoom = loadText(storage, "current");
const previous = rooms.find(({ name }) => name === lastRoom)?.name ?? "";
// Everything else starts when the first room is known.
const current = await firstRoom(writtenPath(), previous || FIRST_ROOM);
const { announce, withdraw } = createAnnouncer();
const showLocation = createLocation((room, message, secrets) => {
  dispatch({ type: "room_opened", room, isFromLocation: true, message });
  const { password, token } = secrets ?? {};
  if (token !== undefined) dispatch({ type: "pass_given", needs: "token", text: token });
  if (password !== undefined) dispatch({ type: "password_given", room, text: password });
});
const socketUrl = new URL(`${BASE_PATH}ws`, location.href);
socketUrl.protocol = location.protocol.replace("http", "ws");
const socket = createSocket(socketUrl.href, {
  opened: () => dispatch({ type: "opened", refs: storedRefs(storage, state.key) }),
  received: (event) => dispatch({ type: "received", event }),
  closed: (code) => dispatch({ type: "closed", code }),
});
const views = [
  createStatusView,
  createRoomView,
  createRoomsView,
  createJoinView,
  createYouView,
  createMembersView,
  createLogView,
  createTypingView,
  createComposerView,
  createNameDialogView,
  createDrawerView,
  createBadgeView,
].map((create) => attempt(() => create(dispatch)) ?? (() => {}));
/** @type {ReducerPart[]} */
const parts = [];
const key = loadKey(storage);
const storedName = loadName(storage);
// Only the pages that may hold the frame name the user: others would rename a known one by a link.
const isNamed = storedName === "" || globalThis.top !== globalThis.self;

let state = initialState({
  key,
  name: (isNamed && embedding?.name) || storedName,
  namer: NAMER,
  rooms,
  current,
  previous,
  outbox: loadOutbox(storage).filter(({ room }) => embedding === undefined || room === current),
  serverPassword: loadText(storage, "serverPassword"),
  token: secrets?.token ?? loadText(storage, "token"),
  passwords: loadByRoom(storage, "password"),
  linkPassword: secrets?.password ?? "",
  drafts: loadByRoom(storage, "draft"),
  replies: loadByRoom(storage, "reply"),
  read: loadByRoom(storage, "read"),
  sound: loadChoice(storage, "sound", NOTIFICATIONS),
  ignored: loadIgnored(storage),
  theme: embedding?.theme ?? loadChoice(storage, "theme", THEMES),
  wanted: writtenMessage() ?? "",
  searchScope: loadChoice(storage, "search", SEARCH_SCOPES),
  notifications: mayNotify() ? loadChoice(storage, "alerts", NOTIFICATIONS) : "off",
});
const isUnkept = !storage.isKept("key") && NAMER === "user";
byId("unkept", HTMLElement).hidden = !isUnkept;
if (isUnkept) addEventListener("pagehide", leaveRooms);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
const repeatEarlyClick = keepEarlyClick();
let isProbing = false;
let tickScheduled = false;
let drawScheduled = false;

for (const type of ["online", "offline"]) addEventListener(type, tellNetwork);
if (!navigator.onLine) tellNetwork();
listenToAttention(tellVisibility);
attempt(() =>
  listenToOtherTabs((key, value) => {
    if (isMine(key)) dispatch({ type: "stored_elsewhere", key, value });
  })
);
attempt(() => listenToRoomLinks(dispatch, embedding && current));
attempt(shareSight);
attempt(() => listenToNotifications((room) => dispatch({ type: "room_opened", room })));
dispatch({ type: "started" });
if (!isLookedAt()) tellVisibility(false);
draw();
loadLater();

/**
 * Loads the second part of the page, again and again where that fails: perhaps there is no network.
 */
async function loadLater() {
  const styles = createStyles(new URL("later.css", import.meta.url).href);
  try {
    // Without its styles, what the second part adds would move the rest of the page.
    const [{ startLater }] = await Promise.all([import("./later.js"), addStyles(styles)]);
    const later = startLater(dispatch);
    views.push(...later.views);
    parts.push(...later.parts);
    // The new parts begin at once with what waits for them, such as the message of the location.
    dispatch({ type: "ticked" });
    // A view has no state, which its listeners need, before it is drawn.
    draw();
    document.body.classList.add("whole");
    repeatEarlyClick();
  } catch (error) {
    console.warn(error);
    styles.remove();
    setTimeout(loadLater, LOAD_AGAIN_MS);
  }
}

/** @type {Dispatch} */
function dispatch(action) {
  const input = { ...action, now: clock(), random: Math.random() };
  // An event that fails must not stop the other events of its frame.
  const result = attempt(() => reduce(state, input, parts));
  if (result === undefined) return;
  state = result.state;
  for (const effect of result.effects) attempt(() => perform(effect));
  scheduleTick();
  scheduleDraw();
}

/** Schedules one tick after all events of a frame. */
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

/**
 * Leaves all rooms with a page whose user nobody can be again. Otherwise the user would hold the name
 * for a while, against the one who comes after a reload.
 */
function leaveRooms() {
  for (const { name, status } of state.rooms) {
    if (status === "joined") socket.send({ type: "leave", room: name });
  }
}

/**
 * Returns true if the page writes a value of the storage, and takes it from other pages.
 *
 * @param {string} key
 */
function isMine(key) {
  return embedding === undefined || !isOfWholePage(key);
}

/** @param {boolean} visible */
function tellVisibility(visible) {
  dispatch({ type: "visibility_changed", visible });
}

function tellNetwork() {
  dispatch({ type: "network_changed", hasNetwork: navigator.onLine });
}

/** Finds out why there is no connection, unless a probe is running. */
async function tellOutage() {
  if (isProbing) return;
  isProbing = true;
  const outage = await probe();
  isProbing = false;
  dispatch({ type: "probed", outage });
}

async function sound() {
  try {
    const { soundOnce } = await import("./browser/sound.js");
    await soundOnce();
  } catch (error) {
    reportError(error);
  }
}

/** Milliseconds since 1970 by a monotonic clock. */
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
    case "probe":
      tellOutage();
      return;
    case "send":
      return socket.send(effect.command);
    case "store":
      return isMine(effect.key) ? storage.write(effect.key, effect.value) : undefined;
    case "announce":
      return announce(effect.text, effect.id);
    case "withdraw":
      return withdraw(effect.id);
    case "navigate":
      return showLocation(effect.room, effect);
    case "sound":
      sound();
      return;
    case "notification":
      showNotification(effect, () => dispatch({ type: "room_opened", room: effect.room }));
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
  for (const view of views) attempt(() => view(state));
}
