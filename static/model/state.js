/**
 * State of the page: plain data that is never changed in place.
 *
 * @module
 */

/**
 * @import {
 *   Command, ErrorCode, MessageEvent, Settings, User, WelcomeEvent
 * } from "../../chat/protocol/types.ts"
 */
/** @import { Connection } from "../client/connection.js" */
/** @import { Directory } from "./directory.js" */
/** @import { EditNews } from "./edit_news.js" */
/** @import { Deleting, Editing } from "./editing.js" */
/** @import { EmojiUses } from "./emoji_use.js" */
/** @import { Absentees } from "./members.js" */
/** @import { Moderating } from "./moderating.js" */
/** @import { Namer } from "./names.js" */
/** @import { Outage } from "./outage.js" */
/** @import { Outgoing } from "./outbox.js" */
/** @import { Absence } from "./restart.js" */
/** @import { Entry } from "./log.js" */
/** @import { Quote, WantedQuote } from "./quotes.js" */
/** @import { Past } from "./past.js" */
/** @import { RoomDialog } from "./room_settings.js" */
/** @import { Search } from "./search.js" */
import { IDLE } from "../client/connection.js";
import { parseId } from "./names.js";

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
 * @property {string | null} since where to resume: the page has everything up to here
 * @property {string} era the prefix of the ids of the present server's entries
 * @property {readonly Entry[]} entries in the order of their ids
 * @property {string | null} floor up to where the server keeps nothing any more, where it said so
 * @property {string | null} reach where the log begins after a jump: after this nothing is missing
 *   up to the first gap
 * @property {ReadonlyMap<string, Quote | null | undefined>} quotes answered messages that the log
 *   may lack, by the server's id; null: it is not there any more; undefined: the server refused it
 * @property {readonly WantedQuote[]} wantedQuotes messages that may answer the user
 * @property {ReadonlySet<string>} reacted reactions of the user that the server need not name
 * @property {string | null} replyTo the server's id of the message that the next one answers
 * @property {number} follow how many older messages are still to come after `joined`
 * @property {boolean} more whether the server has messages older than the first entry
 * @property {boolean} loading whether older messages were asked for
 * @property {boolean} seeking whether they are asked for until the first unread one is there
 * @property {{ id: string, ref: string | null } | null} wanted the server's id of a message to which
 *   the page is to lead, and the `ref` of the command that asks for it
 * @property {{ id: string } | null} target the message to which the page has led, by its id in the
 *   log; another object each time
 * @property {Past | null} past what is on show instead of `entries`
 * @property {boolean} atBottom whether the newest message is in sight while the room is on show
 * @property {Settings | null} settings null: not known yet, or of a server without roles
 * @property {readonly User[]} members at most as many as the server names
 * @property {Absentees} absentees members who are not back after a lost connection
 * @property {number} count the number of members
 * @property {readonly Typist[]} typists
 * @property {number} typedAt when `typing` was last sent
 * @property {string} draft
 * @property {Editing | null} editing the edit in the composer, which sets the draft aside
 * @property {string | null} readTo the id up to which the user has seen everything
 * @property {string | null} readStored `readTo` as it was last stored
 * @property {number} unread how many messages of others the user has not seen
 * @property {boolean} hasMoreUnread whether there are more of them that the page doesn't have
 * @property {number} mentions how many of those mention the user
 * @property {string | null} unreadFrom the message below the unread line
 * @property {string} password with which the user joins, or ""
 * @property {string} otherPassword the next one to try, or ""
 * @property {number} silencedUntil when a mute of the user by a moderator is over, or 0
 * @property {number} silenceAskedAt when the server was last asked whether it is
 * @property {number} slowUntil when slow mode lets the user say something again, or 0
 * @property {JoinError | null} joinError why the server refuses to let the user join, if it does
 * @property {boolean} isNew whether it was opened on this page and not joined yet
 * @property {number} joinAt when to join; Infinity: not before something changes
 */

/**
 * The server's answer to a `join` that was refused.
 *
 * @typedef {object} JoinError
 * @property {ErrorCode} code
 * @property {string} text what it means and what can be done about it
 * @property {number} tries how often the room was refused for this reason in a row
 * @property {"password"} [needs] what the user can enter to be let in
 * @property {boolean} [isWrong] whether what was entered is wrong
 * @property {number} [lockedAt] when the room was refused for want of its password
 * @property {number} [until] when the user is let in again, where the server said so
 */

/**
 * The form that asks for the password of the server or for a token, when it is open.
 *
 * @typedef {object} PassDialog
 * @property {"password" | "token"} needs
 * @property {string} error
 * @property {number} until when another one can be tried, or 0
 */

/**
 * The form that asks for a name, when it is open.
 *
 * @typedef {object} NameDialog
 * @property {"first" | "change" | "refused"} reason
 * @property {string} room the room that refused the name, or ""
 * @property {string} name what the field starts with
 * @property {string} error
 */

/**
 * @typedef {object} Notice
 * @property {string} text
 * @property {number} until
 */

export const THEMES = /** @type {const} */ (["system", "light", "dark"]);
/** @typedef {typeof THEMES[number]} Theme */

/** Which messages raise a notification. */
export const NOTIFICATIONS = /** @type {const} */ (["off", "mentions", "all"]);
/** @typedef {typeof NOTIFICATIONS[number]} Notifications */

/** The rooms in which the page searches: all, or the one on show. */
export const SEARCH_SCOPES = /** @type {const} */ (["all", "room"]);
/** @typedef {typeof SEARCH_SCOPES[number]} SearchScope */

/**
 * @typedef {object} State
 * @property {string} key the user's secret
 * @property {string} name the name for `hello`; "": not known yet
 * @property {Namer} namer what names the user; only a user can choose another name
 * @property {string} serverPassword what the server must be shown, or ""
 * @property {string} token of another application, which names the user, or ""
 * @property {User | null} you the user as the server sent it
 * @property {Connection} connection
 * @property {string} stopReason why the page does not connect again, once it has stopped
 * @property {boolean} hasNetwork whether the browser has any
 * @property {Outage | null} outage why there is no connection, as far as it is known
 * @property {Absence | null} absence until all rooms are joined again
 * @property {WelcomeEvent["limits"]} limits
 * @property {readonly string[]} features of the server: "talk", "store", "search", "charge"
 * @property {number | null} keepDays for how many days the server keeps messages, 0 for ever; null:
 *   it has no store
 * @property {readonly Room[]} rooms
 * @property {string} current the room on show
 * @property {string} previous the room that was on show before, or ""
 * @property {string} leaving the room whose leaving the user is to confirm, or ""
 * @property {EditNews | null} editNews
 * @property {Deleting | null} deleting the message whose deletion the user is to confirm
 * @property {boolean} visible whether the user looks at the page: it is in sight and has the focus
 * @property {number} readDueAt when `readTo` may be stored again
 * @property {readonly Outgoing[]} outbox
 * @property {number} refusals how often in a row the server could not keep something of the outbox
 * @property {Search | null} search the search panel, when it is open
 * @property {SearchScope} searchScope
 * @property {Directory | null} directory the listed rooms, while the search panel is open
 * @property {RoomDialog | null} roomDialog the settings of a room, while they are open
 * @property {Moderating | null} moderating a kick, mute or ban that the user is to confirm
 * @property {NameDialog | null} nameDialog
 * @property {PassDialog | null} passDialog
 * @property {Notice | null} notice
 * @property {Theme} theme
 * @property {Notifications} notifications
 * @property {Notifications} sound which messages make a sound
 * @property {number} soundedAt when one did
 * @property {ReadonlyMap<string, string>} ignored names of ignored users by id, as last seen
 * @property {ReadonlySet<string>} revealed the ids in the log of their messages that are shown
 * @property {string} reactingTo the id in the log of the message for which an emoji is chosen, or ""
 * @property {EmojiUses} emojiUses
 * @property {number} quotesDueAt when the page may ask for the next quote
 * @property {number} reactionToldAt when a reaction was last announced
 * @property {readonly MessageEvent[]} lateChanges changes that came while a page was awaited
 * @property {readonly Command[]} pending commands that wait for their answer
 * @property {number} nextRef
 * @property {number} now the time of the last input, in milliseconds
 */

/** What is remembered of a room. @typedef {Pick<Room, "name" | "addedAt" | "muted">} KnownRoom */

/**
 * The values that storage and location give when the page opens.
 *
 * @typedef {object} Start
 * @property {string} key
 * @property {string} name
 * @property {Namer} [namer]
 * @property {readonly KnownRoom[]} rooms
 * @property {string} current
 * @property {string} previous the room that was on show at the end of the last visit, or ""
 * @property {string} [wanted] the message of the current room that the location names, or ""
 * @property {readonly Outgoing[]} outbox
 * @property {ReadonlyMap<string, string>} drafts by room
 * @property {ReadonlyMap<string, string>} [replies] by room, the message that the draft answers
 * @property {ReadonlyMap<string, string>} read by room, the id up to which all was seen
 * @property {Theme} theme
 * @property {Notifications} notifications
 * @property {Notifications} sound
 * @property {ReadonlyMap<string, string>} ignored
 * @property {SearchScope} [searchScope]
 * @property {string} [serverPassword]
 * @property {string} [token]
 * @property {ReadonlyMap<string, string>} [passwords] by room
 * @property {string} [linkPassword] of the current room, in the link that led here
 */

/**
 * The state of a page that has just opened.
 *
 * @param {Start} start
 * @returns {State}
 */
export function initialState(start) {
  const { key, name, rooms, current, previous, outbox, drafts, read, theme, notifications } = start;
  const { wanted = "", searchScope = "all", serverPassword = "", token = "" } = start;
  const { namer = "user", passwords, replies, linkPassword = "" } = start;
  const known = new Map(rooms.map((room) => [room.name, room]));
  // Where something waits to be sent must be joined, to be sent at all.
  const names = new Set([...known.keys(), ...outbox.map((item) => item.room), current]);
  return {
    key,
    name,
    namer,
    serverPassword,
    token,
    you: null,
    connection: IDLE,
    stopReason: "",
    hasNetwork: true,
    outage: null,
    absence: null,
    // The protocol's defaults, until the server tells its own.
    limits: { text: 4000, name: 32, frame: 16_384, history: 200 },
    features: [],
    keepDays: null,
    rooms: [...names].map((room) => ({
      ...newRoom(room),
      isNew: !known.has(room),
      ...known.get(room),
      wanted: room === current && wanted !== "" ? { id: wanted, ref: null } : null,
      ...passwordsOf(room),
      draft: drafts.get(room) ?? "",
      replyTo: parseId(replies?.get(room) ?? "") ?? null,
      readTo: read.get(room) ?? null,
      readStored: read.get(room) ?? null,
    })),
    current,
    previous: previous === current ? "" : previous,
    leaving: "",
    deleting: null,
    editNews: null,
    visible: true,
    readDueAt: 0,
    outbox,
    refusals: 0,
    search: null,
    searchScope,
    directory: null,
    roomDialog: null,
    moderating: null,
    nameDialog: null,
    passDialog: null,
    notice: null,
    theme,
    notifications,
    sound: start.sound,
    soundedAt: -Infinity,
    ignored: start.ignored,
    revealed: new Set(),
    reactingTo: "",
    emojiUses: [],
    quotesDueAt: -Infinity,
    reactionToldAt: -Infinity,
    lateChanges: [],
    pending: [],
    nextRef: 1,
    now: 0,
  };

  /**
   * That of a link may be newer than the one that let the user in before, or older.
   *
   * @param {string} room
   */
  function passwordsOf(room) {
    const stored = passwords?.get(room) ?? "";
    if (room !== current || linkPassword === "") return { password: stored };
    return { password: linkPassword, otherPassword: stored === linkPassword ? "" : stored };
  }
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
    floor: null,
    reach: null,
    entries: [],
    quotes: new Map(),
    wantedQuotes: [],
    reacted: new Set(),
    replyTo: null,
    follow: 0,
    more: false,
    loading: false,
    seeking: false,
    wanted: null,
    target: null,
    past: null,
    atBottom: true,
    settings: null,
    members: [],
    count: 0,
    absentees: { ids: new Set(), until: -Infinity },
    typists: [],
    typedAt: -Infinity,
    draft: "",
    editing: null,
    readTo: null,
    readStored: null,
    unread: 0,
    hasMoreUnread: false,
    mentions: 0,
    unreadFrom: null,
    password: "",
    otherPassword: "",
    silencedUntil: 0,
    silenceAskedAt: 0,
    slowUntil: 0,
    joinError: null,
    isNew: false,
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
 * The part of a room's messages that is on show: the log, or the past instead of it.
 *
 * @param {Room} room
 * @returns {Pick<Room, "entries" | "more" | "loading"> & { moreAfter: boolean }}
 */
export function partOnShow({ entries, more, loading, past }) {
  if (past === null) return { entries, more, loading, moreAfter: false };
  return { ...past, loading: past.loading === "before" };
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
