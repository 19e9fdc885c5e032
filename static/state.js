/**
 * What the page knows, as plain data that is never changed in place.
 *
 * @module
 */

/** @import { Command, User, WelcomeLimits } from "../chat/protocol.ts" */
/** @import { Connection } from "./connection.js" */
/** @import { Outgoing } from "./outbox.js" */
/** @import { Entry } from "./log.js" */
import { IDLE } from "./connection.js";

/**
 * @typedef {object} Typist
 * @property {User} user
 * @property {number} until
 */

/**
 * @typedef {object} Room
 * @property {string} name
 * @property {number} addedAt when the user came here first, which gives the order of the rooms
 * @property {boolean} muted
 * @property {"out" | "joining" | "joined"} status on the present connection
 * @property {string | null} since where to resume: all up to here was given to us
 * @property {string} era what the ids of the present server's entries begin with
 * @property {readonly Entry[]} entries in the order of their ids
 * @property {number} follow how many older messages are still to come after `joined`
 * @property {boolean} more whether the server has messages older than the first entry
 * @property {boolean} loading whether older messages were asked for
 * @property {readonly User[]} members at most as many as the server names
 * @property {number} count distinct users, always true
 * @property {readonly Typist[]} typists
 * @property {number} typedAt when the others were last told that we type
 * @property {string} draft
 * @property {string | null} readTo up to here the user had seen all when it was last stored
 * @property {number} unread how many messages of others the user has not seen
 * @property {number} mentions how many of those mention the user
 * @property {string | null} unreadFrom the message above which the line of the unread ones stands
 * @property {string} error why the room can't be entered, or ""
 * @property {number} joinAt when to join; Infinity: not before something changes
 */

/**
 * The form that asks for a name, when it is open.
 *
 * @typedef {object} Entrance
 * @property {"first" | "change" | "refused"} reason
 * @property {string} name what the field starts with
 * @property {string} error
 */

/**
 * @typedef {object} Notice
 * @property {string} text
 * @property {number} until
 */

/** @typedef {"system" | "light" | "dark"} Theme */

/** Which messages raise a notification. @typedef {"off" | "mentions" | "all"} Alerts */

/**
 * @typedef {object} State
 * @property {string} key the user's secret
 * @property {string} name what to say hello with; "" when not known yet
 * @property {User | null} you who we are to the server
 * @property {Connection} connection
 * @property {WelcomeLimits} limits
 * @property {readonly Room[]} rooms
 * @property {string} current the room on show
 * @property {boolean} visible
 * @property {boolean} atBottom whether the newest message of the room on show is in sight
 * @property {readonly Outgoing[]} outbox
 * @property {Entrance | null} entrance
 * @property {Notice | null} notice
 * @property {Theme} theme
 * @property {Alerts} alerts
 * @property {readonly Command[]} pending commands that wait for their answer
 * @property {number} nextRef
 * @property {number} now the time of the last input, in milliseconds
 */

/** What is remembered of a room. @typedef {Pick<Room, "name" | "addedAt" | "muted">} KnownRoom */

/**
 * What storage and address bar know when the page opens.
 *
 * @typedef {object} Start
 * @property {string} key
 * @property {string} name
 * @property {readonly KnownRoom[]} rooms
 * @property {string} current
 * @property {readonly Outgoing[]} outbox
 * @property {Readonly<Record<string, string>>} drafts by room
 * @property {Readonly<Record<string, string>>} read by room, the id up to which all was seen
 * @property {Theme} theme
 * @property {Alerts} alerts
 */

/**
 * The state of a page that has just opened.
 *
 * @param {Start} start
 * @returns {State}
 */
export function initialState(start) {
  const { key, name, rooms, current, outbox, drafts, read, theme, alerts } = start;
  const known = new Map(rooms.map((room) => [room.name, room]));
  // Where something waits to be sent must be joined, to be sent at all.
  const names = new Set([...known.keys(), ...outbox.map((item) => item.room), current]);
  return {
    key,
    name,
    you: null,
    connection: IDLE,
    // The protocol's defaults, until the server tells its own.
    limits: { text: 4000, name: 32, frame: 16_384, history: 200 },
    rooms: [...names].map((room) => ({
      ...newRoom(room),
      ...known.get(room),
      draft: drafts[room] ?? "",
      readTo: read[room] ?? null,
    })),
    current,
    visible: true,
    atBottom: true,
    outbox,
    entrance: null,
    notice: null,
    theme,
    alerts,
    pending: [],
    nextRef: 1,
    now: 0,
  };
}

/**
 * @param {string} name
 * @param {number} [addedAt]
 * @returns {Room}
 */
export function newRoom(name, addedAt = 0) {
  return {
    name,
    addedAt,
    muted: false,
    status: "out",
    since: null,
    era: "",
    entries: [],
    follow: 0,
    more: false,
    loading: false,
    members: [],
    count: 0,
    typists: [],
    typedAt: -Infinity,
    draft: "",
    readTo: null,
    unread: 0,
    mentions: 0,
    unreadFrom: null,
    error: "",
    joinAt: 0,
  };
}

/**
 * @param {State} state
 * @param {string} name
 * @returns {Room | undefined}
 */
export function findRoom(state, name) {
  return state.rooms.find((room) => room.name === name);
}

/**
 * The room on show.
 *
 * @param {State} state
 * @returns {Room}
 */
export function currentRoom(state) {
  return findRoom(state, state.current) ?? newRoom(state.current);
}
