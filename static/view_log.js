/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * The log of the room on show. It stays at the bottom when it is there, and where it is otherwise;
 * of a long log only the part around what is in sight is drawn.
 *
 * @module
 */

/** @import { Dispatch } from "./app.js" */
/** @import { Room, State } from "./state.js" */
import { copyText } from "./clipboard.js";
import { byId, keyedList, setText } from "./dom.js";
import { isMessage, placeOf } from "./log.js";
import { around, extendDown, extendUp, follow, rangeOf, tailOf, wholeOf } from "./log_window.js";
import { rowsOf } from "./rows.js";
import { currentRoom } from "./state.js";
import { countText } from "./unread.js";
import { listenToCopy } from "./view_copy.js";
import { createFolds } from "./view_fold.js";
import { createRow } from "./view_message.js";

/** How far from the bottom still counts as being there, in pixels. */
const BOTTOM_SLACK = 40;
/** How near to an end of what is drawn more is drawn, in pixels. */
const EDGE = 800;
/** Nothing can need more steps to fill the space around what is in sight. */
const MAX_STEPS = 8;

/**
 * @param {Dispatch} dispatch
 * @returns {(state: State) => void}
 */
export function createLogView(dispatch) {
  const log = byId("log", HTMLElement);
  const rowsElement = byId("rows", HTMLElement);
  const older = byId("older", HTMLButtonElement);
  const empty = byId("empty", HTMLElement);
  const jump = byId("jump", HTMLButtonElement);
  let you = { id: "", name: "" };
  const drawRows = keyedList(rowsElement, {
    keyOf: (row) => row.key,
    create: (row) => createRow(row, { you, members: room.members, dispatch }),
  });
  const folds = createFolds(rowsElement);
  /** @type {State} */
  let state;
  /** @type {Room} */
  let room;
  let shown = tailOf([]);
  /** As the state has it, or will have it at the next draw. */
  let following = true;
  /** Of the log, when it was last brought in order. */
  let height = 0;
  let width = 0;
  /** @type {unknown[]} */
  let drawn = [];

  listenToCopy(rowsElement);
  older.addEventListener("click", () => dispatch({ type: "older_wanted" }));
  log.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    if (button?.matches(".copy")) copyCode(button);
    if (button?.matches(".more")) toggleFold(button);
  });
  jump.addEventListener("click", () => {
    shown = tailOf(room.entries);
    redraw();
    log.scrollTop = log.scrollHeight;
    // The button goes, and must not take the focus with it.
    if (document.activeElement === jump) log.focus();
    tellBottom();
  });
  log.addEventListener("scroll", () => {
    // Told of before a change of height is: then it was not the user who left the bottom.
    if (log.clientHeight === height) tellBottom();
    extend();
  }, { passive: true });
  // The keyboard of a phone and a growing composer take space from the log.
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
    shown = wholeOf(room.entries);
    redraw();
    addEventListener("afterprint", () => {
      shown = onScreen;
      redraw();
    }, { once: true });
  });

  function fromBottom() {
    return log.scrollHeight - log.scrollTop - log.clientHeight;
  }

  function tellBottom() {
    const atBottom = shown.last === "" && fromBottom() < BOTTOM_SLACK;
    if (atBottom !== following) setFollowing(atBottom);
  }

  /** @param {boolean} atBottom */
  function setFollowing(atBottom) {
    following = atBottom;
    dispatch({ type: "scrolled", atBottom });
  }

  /** @param {Element} button */
  async function copyCode(button) {
    const code = button.closest(".fence")?.querySelector("code")?.textContent ?? "";
    const isCopied = await copyText(code);
    dispatch({
      type: "noticed",
      text: isCopied
        ? "Code copied"
        : "The code could not be copied. Select it, and copy it by hand",
    });
  }

  /** @param {Element} button */
  function toggleFold(button) {
    const article = button.closest("article");
    if (article === null) return;
    folds.toggle(article);
    // What is read now must not go when the next message comes.
    tellBottom();
  }

  /** Draws the part of the log that `shown` names. */
  function redraw() {
    const { start, end } = rangeOf(room.entries, shown);
    const outbox = shown.last === "" ? state.outbox.filter((item) => item.room === room.name) : [];
    const restore = following ? () => {} : keepPlace(log, rowsElement);
    older.hidden = !room.more || start > 0;
    older.disabled = room.loading;
    setText(older, room.loading ? "Loading older messages…" : "Show older messages");
    drawRows(rowsOf(room.entries.slice(start, end), {
      outbox,
      isJoined: room.status === "joined",
      you: you.id,
      unreadFrom: room.unreadFrom,
    }));
    folds.fold("new");
    restore();
    if (following) log.scrollTop = log.scrollHeight;
  }

  /** Draws more where the user comes near to an end of what is drawn. */
  function extend() {
    for (let step = 0; step < MAX_STEPS; step++) {
      const { start } = rangeOf(room.entries, shown);
      if (log.scrollTop < EDGE && start > 0) shown = extendUp(room.entries, shown);
      else if (fromBottom() < EDGE && shown.last !== "") shown = extendDown(room.entries, shown);
      else break;
      redraw();
    }
    if (log.scrollTop < EDGE && room.more && !room.loading && room.status === "joined") {
      dispatch({ type: "older_wanted" });
    }
  }

  /**
   * Back in the room: to the first unread message, or to the bottom if all fit in. To the oldest
   * that is there while the first unread one isn't.
   */
  function showUnread() {
    const { entries, unreadFrom, hasMoreUnread } = room;
    if (hasMoreUnread && unreadFrom === null) {
      shown = around(entries, entries[0]?.id ?? "");
      redraw();
      setFollowing(false);
      log.scrollTop = 0;
      return;
    }
    if (unreadFrom !== null && placeOf(entries, unreadFrom) < rangeOf(entries, shown).start) {
      shown = around(entries, unreadFrom);
      redraw();
    }
    const line = rowsElement.querySelector(".unread-line");
    const above = line === null
      ? 0
      : line.getBoundingClientRect().top - log.getBoundingClientRect().top;
    const isAllInSight = above >= 0 && shown.last === "";
    setFollowing(isAllInSight);
    if (isAllInSight) return;
    log.scrollTop += above - log.clientHeight / 5;
  }

  function drawJump() {
    jump.hidden = state.atBottom;
    const { unread } = room;
    const messages = unread === 1 ? "1 new message" : `${countText(room)} new messages`;
    setText(jump, unread > 0 ? messages : "Jump to the latest");
    jump.classList.toggle("primary", unread > 0);
  }

  return (next) => {
    state = next;
    room = currentRoom(next);
    drawJump();
    const { name, entries, more, loading, unreadFrom, status } = room;
    const { outbox, visible, atBottom } = state;
    const slice = [name, entries, more, loading, unreadFrom, status, outbox, state.you, visible];
    following = atBottom;
    const isElsewhere = following && shown.last !== "";
    if (slice.every((part, index) => part === drawn[index]) && !isElsewhere) return;
    const hasGrown = entries !== drawn[1];
    const wasEmpty = shown.first === "";
    if (name !== drawn[0] || isElsewhere || wasEmpty) shown = tailOf(entries);
    drawn = slice;
    you = state.you ?? { id: "", name: state.name };
    shown = follow(entries, shown, atBottom);
    // At the very top a place can only be kept if what goes there comes with more.
    const isAbove = hasGrown && !atBottom && rangeOf(entries, shown).start > 0;
    if (isAbove && log.scrollTop < EDGE) shown = extendUp(entries, shown);
    redraw();
    empty.hidden = status !== "joined" || entries.some(isMessage) ||
      outbox.some((item) => item.room === name);
    if (following && visible && room.unread > 0) showUnread();
    if (hasGrown) extend();
  };
}

/**
 * Notes what is in sight. What it returns is called after a change and scrolls so that what is
 * still there of it stands where it stood.
 *
 * @param {Element} scroller
 * @param {Element} list whose children move
 * @returns {() => void}
 */
function keepPlace(scroller, list) {
  const { top, bottom } = scroller.getBoundingClientRect();
  /** @type {{ child: Element, top: number }[]} */
  const inSight = [];
  for (const child of list.children) {
    const box = child.getBoundingClientRect();
    if (box.bottom > top && box.top < bottom) inSight.push({ child, top: box.top });
  }
  return () => {
    const kept = inSight.find(({ child }) => child.isConnected);
    if (kept !== undefined) scroller.scrollTop += kept.child.getBoundingClientRect().top - kept.top;
  };
}
