/**
 * Part of the reducer for the search panel: one command at a time, after a pause in typing. Pure.
 *
 * @module
 */

/** @import { ErrorEvent, ServerEvent } from "../../chat/protocol/types.ts" */
/** @import { Input } from "./reduce.js" */
/** @import { Search } from "./search.js" */
/** @import { Step } from "./step.js" */
import { hear } from "./reconnect.js";
import { addFound, changeFound, newSearch, searchProblem } from "./search.js";
import { findRoom } from "./state.js";
import { request, settle, store, update } from "./step.js";

/** The pause in typing after which the page searches. */
const PAUSE_MS = 300;
/** The wait before the same text is searched again where the server names no time. */
const RETRY_MS = 2000;
const PAGE_SIZE = 20;

/**
 * @param {Step} step
 * @param {Input} input
 * @param {() => void} next the rest of the reducer
 * @returns {void}
 */
export function reduceSearch(step, input, next) {
  if (!handle(step, input)) next();
  const { search } = step.state;
  if (search === null) return;
  if (input.type === "received") follow(step, search, input.event);
  // Until it is back, the page hears of no change.
  if (input.type === "closed") {
    const dueAt = searchProblem(search.text) === "" ? step.now : Infinity;
    change(step, { ref: null, isNext: false, dueAt });
  }
  ask(step);
}

/**
 * @param {Step} step
 * @param {Input} input
 * @returns {boolean} whether the rest of the reducer has nothing to do with it
 */
function handle(step, input) {
  const { search, current } = step.state;
  switch (input.type) {
    case "search_opened":
      update(step, { search: search ?? newSearch(current) });
      return true;
    case "search_closed":
      close(step);
      return true;
    case "room_opened":
    case "message_wanted":
      close(step);
      return false;
    case "search_typed":
      if (search !== null && input.text !== search.text) type(step, search, input.text);
      return true;
    case "search_scoped":
      update(step, { searchScope: input.scope });
      store(step, "search", input.scope);
      if (search !== null) type(step, { ...search, results: [], answered: null }, search.text);
      return true;
    case "more_found_wanted":
      if (search?.more && search.ref === null && search.dueAt === Infinity) {
        change(step, { isNext: true, dueAt: step.now });
      }
      return true;
    case "received":
      return receive(step, input.event);
    default:
      return false;
  }
}

/** @param {Step} step */
function close(step) {
  settle(step, step.state.search?.ref ?? undefined);
  update(step, { search: null });
}

/**
 * @param {Step} step
 * @param {Partial<Search>} fields
 */
function change(step, fields) {
  const { search } = step.state;
  if (search !== null) update(step, { search: { ...search, ...fields } });
}

/**
 * @param {Step} step
 * @param {Search} search
 * @param {string} text
 */
function type(step, search, text) {
  const problem = searchProblem(text);
  const dueAt = problem === "" ? step.now + PAUSE_MS : Infinity;
  const empty = { results: [], more: false, answered: null };
  update(step, {
    search: {
      ...search,
      ...(problem !== "" && empty),
      text,
      dueAt,
      isNext: false,
      problem: problem ?? "",
    },
  });
}

/**
 * Asks the server if that is due.
 *
 * @param {Step} step
 */
function ask(step) {
  const { search, searchScope, connection, features } = step.state;
  if (search === null || search.ref !== null || search.dueAt > step.now) return;
  if (connection.status !== "online" || !features.includes("search")) return;
  if (findRoom(step.state, search.room)?.status !== "joined") return;
  const text = search.text.trim();
  const before = search.isNext ? search.results.at(-1)?.id : undefined;
  const ref = request(step, {
    type: "search",
    text,
    ...(searchScope === "room" && { room: search.room }),
    ...(before !== undefined && { before }),
    limit: PAGE_SIZE,
  });
  change(step, { ref, asked: text, dueAt: Infinity, problem: "" });
}

/**
 * @param {Step} step
 * @param {ServerEvent} event
 * @returns {boolean} whether it is the answer to a search
 */
function receive(step, event) {
  if (event.type !== "found" && event.type !== "error") return false;
  const { search, pending } = step.state;
  const command = pending.find(({ ref }) => ref === event.ref);
  if (command?.type !== "search") return event.type === "found";
  settle(step, event.ref);
  hear(step);
  if (search === null || search.ref !== event.ref) return true;
  // The user has typed on.
  const isOld = search.dueAt < Infinity || search.asked !== search.text.trim();
  if (isOld) change(step, { ref: null });
  else if (event.type === "found") update(step, { search: addFound(search, event) });
  else refuse(step, event);
  return true;
}

/**
 * @param {Step} step
 * @param {ErrorEvent} error
 */
function refuse(step, { code, retryMs = RETRY_MS }) {
  switch (code) {
    case "rate_limited":
      return change(step, { ref: null, dueAt: step.now + retryMs });
    case "unavailable":
    case "internal":
      return change(step, {
        ref: null,
        dueAt: step.now + retryMs,
        problem: "The chat can’t search just now. Trying again…",
      });
    default:
      return change(step, { ref: null, problem: "This can’t be searched." });
  }
}

/**
 * Takes the changes of messages that were found.
 *
 * @param {Step} step
 * @param {Search} search
 * @param {ServerEvent} event
 */
function follow(step, search, event) {
  if (event.type === "message") {
    update(step, { search: changeFound(search, event.room, [event]) });
  } else if (event.type === "joined" || event.type === "history") {
    update(step, { search: changeFound(search, event.room, event.messages) });
  } else if (event.type === "gap" && searchProblem(search.text) === "") {
    // Changes were missed.
    change(step, { isNext: false, dueAt: step.now });
  }
}
