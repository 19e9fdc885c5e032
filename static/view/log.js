/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Log of the room on show. It stays at the bottom if it is there, and keeps its place elsewhere. Of
 * a long log only the part around what is in sight is drawn.
 *
 * @module
 */

/** @import { Dispatch } from "../app.js" */
/** @import { Place } from "../model/log_window.js" */
/** @import { Entry } from "../model/log.js" */
/** @import { Room, State } from "../model/state.js" */
import { byId, keyedList, setText } from "./dom.js";
import { describeBeginning, describeEmpty } from "../model/facts.js";
import { isMessage, placeOf } from "../model/log.js";
import {
  around,
  extendDown,
  extendUp,
  findPlace,
  follow,
  rangeOf,
  tailOf,
  wholeOf,
} from "../model/log_window.js";
import { shownQuote } from "../model/quotes.js";
import { createFolding } from "../model/ignoring.js";
import { rowsOf } from "../model/rows.js";
import { currentRoom, partOnShow } from "../model/state.js";
import { findFirstUnread } from "../model/unread.js";
import { createFolds } from "./fold.js";
import { gapsInSight, updateGap } from "./gap.js";
import { createJumps } from "./jumps.js";
import { drawLoader } from "./loader.js";
import { createRow } from "./message.js";
import { focusIn, focusTarget, markTarget, targetRow } from "./message_rows.js";
import { createNames } from "./reactions.js";
import { goToPlace, goToRow, isInSight, keepPlace, placeIn } from "./scroll_place.js";

/** The distance from the bottom that still counts as the bottom, in pixels. */
const BOTTOM_SLACK = 40;
/** The distance from an end of the drawn part at which more is drawn, in pixels. */
const EDGE = 800;
/** The most steps to fill the space around what is in sight. */
const MAX_STEPS = 8;

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createLogView(dispatch) {
  const log = byId("log", HTMLElement);
  const rowsElement = byId("rows", HTMLElement);
  const older = byId("older", HTMLButtonElement);
  const beginning = byId("beginning", HTMLElement);
  const empty = byId("empty", HTMLElement);
  const emptyText = byId("empty-text", HTMLElement);
  const jumps = createJumps(log, { goToEnd, goToFirst });
  let you = { id: "", name: "" };
  let nameOf = createNames({ entries: [], members: [] });
  const drawRows = keyedList(rowsElement, {
    keyOf: (row) => row.key,
    create: (row) => createRow(row, { you, ...room, nameOf, dispatch }),
    update: (drawn, row) => updateGap(drawn, row, room),
  });
  const fold = createFolding();
  const folds = createFolds(rowsElement);
  /** @type {State} */
  let state;
  /** @type {Room} */
  let room;
  /** Of the room: of its log, or of the past. @type {readonly Entry[]} */
  let entries = [];
  /** By room, the scroll position when another room was opened. @type {Map<string, Place>} */
  const places = new Map();
  /** Whether the first unread message lies above what the user has seen. */
  let isUnreadAbove = false;
  let shown = tailOf([]);
  /** `atBottom` as the state has it, or will have it at the next draw. */
  let following = true;
  /** Of the log, when it was last brought in order. */
  let height = 0;
  let width = 0;
  /** @type {unknown[]} */
  let drawn = [];

  older.addEventListener("click", () => dispatch({ type: "older_wanted" }));
  log.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    if (button?.matches(".more")) toggleFold(button);
  });
  log.addEventListener("scroll", () => {
    // The scroll event comes before that of a change of height: then the user has not left the
    // bottom.
    if (log.clientHeight === height) tellBottom();
    extend();
    fillGaps();
    drawFirstUnread();
  }, { passive: true });
  // A touch keyboard and a growing composer take space from the log.
  new ResizeObserver(() => {
    height = log.clientHeight;
    if (log.clientWidth !== width) {
      width = log.clientWidth;
      folds.fold("all");
    }
    if (following) log.scrollTop = log.scrollHeight;
  }).observe(log);

  addEventListener("beforeprint", () => {
    if (drawn.length === 0) return;
    const onScreen = shown;
    shown = wholeOf(entries);
    redraw();
    addEventListener("afterprint", () => {
      shown = onScreen;
      redraw();
    }, { once: true });
  });

  function goToEnd() {
    if (room.past !== null || room.target !== null) return dispatch({ type: "present_wanted" });
    shown = tailOf(entries);
    redraw();
    log.scrollTop = log.scrollHeight;
    tellBottom();
  }

  function goToFirst() {
    if (room.unreadFrom === null) dispatch({ type: "first_unread_wanted" });
    else showLine();
  }

  function fromBottom() {
    return log.scrollHeight - log.scrollTop - log.clientHeight;
  }

  function tellBottom() {
    const atBottom = room.past === null && shown.last === "" && fromBottom() < BOTTOM_SLACK;
    if (atBottom === following) return;
    // From the target the user has moved on.
    if (atBottom && room.target !== null && !isInSight(log, targetRow(rowsElement, room))) {
      goToEnd();
    } else setFollowing(atBottom);
  }

  /** @param {boolean} atBottom */
  function setFollowing(atBottom) {
    following = atBottom;
    dispatch({ type: "scrolled", atBottom });
  }

  /** @param {Element} button */
  function toggleFold(button) {
    const article = button.closest("article");
    if (article === null) return;
    folds.toggle(article);
    // The text in sight must not move when the next message comes.
    tellBottom();
  }

  /** Draws the part of the log that `shown` names. */
  function redraw() {
    const { start, end } = rangeOf(entries, shown);
    const { more, loading } = partOnShow(room);
    const isEnd = shown.last === "" && room.past === null;
    const outbox = state.outbox.filter((item) =>
      item.room === room.name && (isEnd || item.type !== "send")
    );
    const restore = following ? () => {} : keepPlace(log, rowsElement);
    older.hidden = !more || start > 0;
    const label = loading ? "Loading older messages…" : "Show older messages";
    drawLoader(older, label, { canLoad: room.status === "joined", isBusy: loading });
    beginning.hidden = more || start > 0 || room.era !== "" || !entries.some(isMessage);
    setText(beginning, describeBeginning(room.name, { ...room, keepDays: state.keepDays }));
    const keepFocus = focusIn(rowsElement);
    nameOf = createNames({ ...room, entries });
    drawRows(rowsOf(entries.slice(start, end), {
      outbox,
      isJoined: room.status === "joined",
      isSlow: room.slowUntil > state.now,
      you: you.id,
      unreadFrom: room.unreadFrom,
      quoteOf: (reply) => shownQuote(state, room, reply),
    }));
    // The button of a gap goes with the gap.
    keepFocus(log);
    markTarget(rowsElement, room);
    folds.fold("new");
    restore();
    if (following) log.scrollTop = log.scrollHeight;
  }

  /** Draws more near an end of the drawn part. */
  function extend() {
    for (let step = 0; step < MAX_STEPS; step++) {
      const { start } = rangeOf(entries, shown);
      if (log.scrollTop < EDGE && start > 0) shown = extendUp(entries, shown);
      else if (fromBottom() < EDGE && shown.last !== "") shown = extendDown(entries, shown);
      else break;
      redraw();
    }
    if (room.status !== "joined") return;
    const { more, loading, moreAfter } = partOnShow(room);
    if (log.scrollTop < EDGE && more && !loading) dispatch({ type: "older_wanted" });
    if (fromBottom() < EDGE && moreAfter) dispatch({ type: "newer_wanted" });
  }

  /** Loads a page of each gap that is close to what is in sight. */
  function fillGaps() {
    if (room.status !== "joined") return;
    for (const key of gapsInSight(log, EDGE)) dispatch({ type: "gap_wanted", key, isWhole: false });
  }

  /**
   * Scrolls in a room that the user opens: to the first unread message, or to the bottom if all
   * unread ones fit. While the first one is not loaded: to the gap that it is in, or to the oldest
   * message.
   */
  function showUnread() {
    const { unreadFrom, hasMoreUnread } = room;
    if (hasMoreUnread && unreadFrom === null) {
      const { gap } = findFirstUnread(room, state);
      isUnreadAbove = true;
      shown = around(entries, gap?.id ?? entries[0]?.id ?? "");
      redraw();
      setFollowing(false);
      const row = gap && rowsElement.querySelector(`[data-gap="${gap.fill.key}"]`);
      if (row) goToRow(log, row);
      else log.scrollTop = 0;
      return;
    }
    if (unreadFrom !== null && placeOf(entries, unreadFrom) < rangeOf(entries, shown).start) {
      shown = around(entries, unreadFrom);
      redraw();
    }
    const above = topOfLine() ?? 0;
    const isAllInSight = above >= 0 && shown.last === "";
    setFollowing(isAllInSight);
    if (isAllInSight) return;
    log.scrollTop += above - log.clientHeight / 5;
  }

  /** The distance of the unread line below the top of the log, if it is drawn. */
  function topOfLine() {
    const line = rowsElement.querySelector(".unread-line");
    if (line === null) return undefined;
    return line.getBoundingClientRect().top - log.getBoundingClientRect().top;
  }

  /** Scrolls to the message to which the page has led, and gives it the focus. */
  function showTarget() {
    setFollowing(false);
    shown = around(entries, room.target?.id ?? "");
    redraw();
    const row = targetRow(rowsElement, room);
    if (row === null) return;
    focusTarget(row);
    goToRow(log, row);
    tellBottom();
  }

  /** Scrolls to the line above the first unread message, which the page has. */
  function showLine() {
    const { unreadFrom } = room;
    if (placeOf(entries, unreadFrom ?? "") < rangeOf(entries, shown).start) {
      shown = around(entries, unreadFrom ?? "");
      redraw();
    }
    log.scrollTop += (topOfLine() ?? 0) - log.clientHeight / 5;
  }

  function drawFirstUnread() {
    if (isUnreadAbove) isUnreadAbove = room.unread > 0 && (topOfLine() ?? -1) < 0;
    jumps.drawFirst(room, isUnreadAbove);
  }

  /**
   * Draws what has changed of the log.
   *
   * @param {{ isMove: boolean, wasSeeking: boolean }} change
   */
  function drawLog({ isMove, wasSeeking }) {
    const { name, seeking, unreadFrom, status, atBottom, past, target, quotes } = room;
    const { outbox, visible, you: user, ignored, revealed } = state;
    const { more, loading } = partOnShow(room);
    const isPast = past !== null;
    const part = [name, entries, isPast, target, more, loading];
    const shownTo = [unreadFrom, status, user, visible, ignored, revealed];
    const slice = [...part, ...shownTo, outbox, quotes];
    // The log has messages that the past quotes.
    if (isPast) slice.push(room.entries);
    following = atBottom;
    const isElsewhere = following && shown.last !== "";
    if (slice.every((each, index) => each === drawn[index]) && !isElsewhere) return;
    const [, drawnEntries, wasPast, drawnTarget] = drawn;
    const hasGrown = entries !== drawnEntries;
    const isOtherPart = !isMove && isPast !== wasPast;
    const isLed = target !== null && target !== drawnTarget;
    const wasEmpty = shown.first === "";
    if (isMove || isElsewhere || wasEmpty || (isOtherPart && atBottom)) shown = tailOf(entries);
    drawn = slice;
    you = state.you ?? { id: "", name: state.name };
    const inSight = isMove || atBottom ? undefined : placeIn(log, rowsElement)?.id;
    const place = isMove && !atBottom ? findPlace(entries, places.get(name)) : null;
    if (place !== null) shown = around(entries, place.id);
    // The rows in sight are in both parts.
    else if (isOtherPart && inSight !== undefined) shown = around(entries, inSight);
    else shown = follow(entries, shown, atBottom, inSight);
    // At the very top a place can only be kept if rows come above it.
    const isAbove = hasGrown && !isMove && !atBottom && rangeOf(entries, shown).start > 0;
    if (isAbove && log.scrollTop < EDGE) shown = extendUp(entries, shown);
    redraw();
    setText(emptyText, describeEmpty({ ...room, keepDays: state.keepDays }));
    empty.hidden = status !== "joined" || entries.some(isMessage) ||
      outbox.some((item) => item.room === name && item.type === "send");
    if (isLed) showTarget();
    else if (place !== null) goToPlace(log, rowsElement, place);
    else if (isMove && !atBottom) goToEnd();
    else if (following && visible && room.unread > 0) showUnread();
    else if (wasSeeking && !seeking && unreadFrom !== null) showLine();
    if (hasGrown) extend();
    if (isOtherPart) tellBottom();
    fillGaps();
  }

  return (next) => {
    const isMove = next.current !== drawn[0];
    const place = isMove && !following ? placeIn(log, rowsElement) : null;
    if (place !== null) places.set(room.name, place);
    const wasSeeking = !isMove && room.seeking;
    state = next;
    room = currentRoom(next);
    entries = fold(partOnShow(room).entries, next);
    const { atBottom, hasMoreUnread, unreadFrom } = room;
    if (isMove) isUnreadAbove = !atBottom && hasMoreUnread && unreadFrom === null;
    jumps.drawEnd(room);
    drawLog({ isMove, wasSeeking });
    drawFirstUnread();
  };
}
