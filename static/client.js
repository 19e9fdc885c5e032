/// <reference lib="dom" />

/**
 * Client of a chat server, for browsers, Deno and Node. It connects and comes back after a lost
 * connection, joins rooms and resumes them where it left off, and keeps what it sends until the
 * server has acknowledged it.
 *
 * ```js
 * const client = new Client("https://chat.example", { name: "Ada" });
 * client.addEventListener("message", ({ detail }) => console.log(detail.user.name, detail.text));
 * await client.connect();
 * await client.join("lobby");
 * await client.send("lobby", "hi");
 * ```
 *
 * @module
 */

/**
 * @import {
 *   AckEvent, Command, HistoryEvent, JoinedEvent, ServerEvent, User, WelcomeEvent
 * } from "./client/protocol.d.ts"
 */
/** @import { Clock } from "./client/clock.js" */
/** @import { Content } from "./client/outbox.js" */
/** @import { ClientEvent, Credentials, Effect, Failure, Input, Status } from "./client/session.js" */
import { CLOCK } from "./client/clock.js";
import { outgoing } from "./client/outbox.js";
import { Promises } from "./client/promises.js";
import { randomText } from "./client/random.js";
import { readSaved, writeSaved } from "./client/saved.js";
import { CONNECT_KEY, createSession, findRoom, joinKey } from "./client/session.js";
import { createSocket } from "./client/socket.js";
import { socketUrl } from "./client/socket_url.js";
import { nextDeadline, step } from "./client/step.js";

/**
 * @typedef {object} ClientOptions
 * @property {string} [name] that other users see. A `token`, or a proxy that names users, has another
 * @property {string} [key] the secret of the user, 16 to 128 characters. Left out: the one in
 *   `storage`, or a new one
 * @property {string} [password] of the server
 * @property {string} [token] of another application, instead of `name` and `key`
 * @property {ClientStorage} [storage] keeps the key, the position in each room and the messages
 *   without an ack, for the next client; left out, they last as long as this one
 * @property {typeof WebSocket} [WebSocket] another implementation
 * @property {Clock} [clock]
 */

/**
 * Part of `Storage`, such as `localStorage`.
 *
 * @typedef {Pick<Storage, "getItem" | "setItem">} ClientStorage
 */

/**
 * The events of a client by type; `detail` is the event of the protocol, or a status.
 *
 * @typedef {{ [Type in ClientEvent["type"]]: CustomEvent<Extract<ClientEvent, { type: Type }>> }} ClientEventMap
 */

/** The bounds of a page of messages. @typedef {{ before?: string, after?: string, around?: string, since?: string, limit?: number }} Bounds */

/** The most messages and changes that wait for their ack. */
const MAX_OUTBOX = 1000;
/** A page of `history`, unless another length is given. */
const PAGE_SIZE = 50;

/** A command that was not carried out: `code` is one of the protocol's errors or of the client's. */
export class ClientError extends Error {
  /** @param {Failure} failure */
  constructor({ code, message, retryMs, needs }) {
    super(message);
    this.name = "ClientError";
    this.code = code;
    this.retryMs = retryMs;
    this.needs = needs;
  }
}

/** A user of a chat server, across connections. */
export class Client extends EventTarget {
  #session;
  #socket;
  #clock;
  #storage;
  #key;
  #promises = new Promises();
  /** @type {Effect[]} */
  #effects = [];
  #isPerforming = false;
  #isStored = true;
  #nextRef = 1;
  #cancel = () => {};

  /**
   * @param {string | URL} url of the server, such as "https://chat.example"
   * @param {ClientOptions} options
   */
  constructor(url, { name = "", key, password, token, storage, WebSocket, clock = CLOCK }) {
    super();
    const saved = readSaved(storage);
    this.#storage = storage;
    this.#clock = clock;
    this.#key = key ?? saved.key ?? randomText();
    this.#session = createSession({
      name,
      key: this.#key,
      ...(password !== undefined && { password }),
      ...(token !== undefined && { token }),
    }, saved);
    this.#socket = createSocket(socketUrl(url), {
      opened: () => this.#dispatch({ type: "opened" }),
      received: (event) => this.#dispatch({ type: "received", event }),
      closed: (code) => this.#dispatch({ type: "closed", code }),
    }, WebSocket);
    writeSaved(storage, this.#key, this.#session);
  }

  /** The user as others see it, from the first `welcome` on. @returns {User | null} */
  get you() {
    return this.#session.welcome?.you ?? null;
  }

  /** The answer of the server to the last `hello`: its limits and features. @returns {WelcomeEvent | null} */
  get welcome() {
    return this.#session.welcome;
  }

  /** @returns {Status} */
  get status() {
    return this.#session.connection.status;
  }

  /** The number of messages and changes that wait for their ack. */
  get unacknowledged() {
    return this.#session.outbox.length;
  }

  /**
   * Connects, and comes back after each lost connection until `close`. Fails if the server refuses
   * the user. After that, and after the status "stopped", connects again, with other credentials if
   * there are any.
   *
   * @param {Partial<Credentials>} [credentials]
   * @returns {Promise<WelcomeEvent>}
   */
  connect(credentials = {}) {
    const { connection: { status }, welcome } = this.#session;
    if (status === "online" && welcome !== null) return Promise.resolve(welcome);
    const promise = this.#promises.get(CONNECT_KEY);
    this.#dispatch({ type: "connect_wanted", credentials });
    return promise;
  }

  /**
   * Joins a room, now and on each later connection, after the position that is known. Fails if the
   * server refuses it for good; a refusal for now is tried again.
   *
   * @param {string} room
   * @param {{ password?: string }} [options]
   * @returns {Promise<JoinedEvent>}
   */
  join(room, { password = "" } = {}) {
    const name = room.toLowerCase();
    const promise = this.#promises.get(joinKey(name));
    this.#dispatch({ type: "join_wanted", room: name, password });
    return promise;
  }

  /**
   * Leaves a room. Messages and changes that wait to be sent to it fail.
   *
   * @param {string} room
   * @returns {Promise<Extract<ServerEvent, { type: "left" }>>}
   */
  leave(room) {
    const ref = this.#newRef();
    const promise = this.#promises.get(ref);
    this.#dispatch({ type: "leave_wanted", room: room.toLowerCase(), ref });
    return promise;
  }

  /**
   * Sends a message, once, however often the connection is lost. One with the `ref` of an earlier
   * message of the last minutes is that message.
   *
   * @param {string} room
   * @param {string} text
   * @param {{ reply?: string, ref?: string }} [options] `reply`: the id of the message it answers
   * @returns {Promise<AckEvent>}
   */
  send(room, text, { reply, ref } = {}) {
    return this.#queue(room, { type: "send", text, ...(reply !== undefined && { reply }) }, ref);
  }

  /**
   * @param {string} room
   * @param {string} id
   * @param {string} text
   * @returns {Promise<AckEvent>}
   */
  edit(room, id, text) {
    return this.#queue(room, { type: "edit", id, text });
  }

  /**
   * @param {string} room
   * @param {string} id
   * @returns {Promise<AckEvent>}
   */
  delete(room, id) {
    return this.#queue(room, { type: "delete", id });
  }

  /**
   * @param {string} room
   * @param {string} id
   * @param {string} emoji
   * @param {boolean} [on] false takes the reaction away
   * @returns {Promise<AckEvent>}
   */
  react(room, id, emoji, on = true) {
    return this.#queue(room, { type: "react", id, emoji, on });
  }

  /**
   * Tells the room that the user writes.
   *
   * @param {string} room
   */
  typing(room) {
    this.#dispatch({ type: "told", command: { type: "typing", room: room.toLowerCase() } });
  }

  /**
   * A page of the messages that the server keeps.
   *
   * @param {string} room
   * @param {Bounds} [bounds]
   * @returns {Promise<HistoryEvent>}
   */
  history(room, { limit = PAGE_SIZE, ...bounds } = {}) {
    return this.request("history", { type: "history", room: room.toLowerCase(), limit, ...bounds });
  }

  /**
   * Sends any other command of the protocol, such as `search`, `rename` or `configure`, on the
   * present connection and not again.
   *
   * @template {ServerEvent["type"]} Type
   * @param {Type} _answer the type of the answer, for the type checker
   * @param {Command} command
   * @returns {Promise<Extract<ServerEvent, { type: Type }>>}
   */
  request(_answer, command) {
    const ref = this.#newRef();
    const promise = this.#promises.get(ref);
    this.#dispatch({ type: "requested", command: { ...command, ref } });
    return promise;
  }

  /**
   * Ends the connection. Messages that were not acknowledged stay in the storage; all promises fail.
   */
  close() {
    this.#dispatch({ type: "close_wanted" });
  }

  /**
   * @template {keyof ClientEventMap} Type
   * @overload
   * @param {Type} type
   * @param {(event: ClientEventMap[Type]) => void} listener
   * @param {boolean | AddEventListenerOptions} [options]
   * @returns {void}
   */
  /**
   * @overload
   * @param {string} type
   * @param {EventListenerOrEventListenerObject | null} listener
   * @param {boolean | AddEventListenerOptions} [options]
   * @returns {void}
   */
  /**
   * Listens to events of one type. Of the protocol's, answers to commands are none, but for `joined`,
   * `welcome`, `renamed`, `settings` and `error`.
   *
   * @override
   * @param {string} type
   * @param {any} listener
   * @param {boolean | AddEventListenerOptions} [options]
   */
  addEventListener(type, listener, options) {
    super.addEventListener(type, listener, options);
  }

  /** Refs of commands that count on one connection only. */
  #newRef() {
    return `.r${this.#nextRef++}`;
  }

  /**
   * @param {string} room
   * @param {Content} content
   * @param {string} [ref]
   * @returns {Promise<AckEvent>}
   */
  #queue(room, content, ref = randomText()) {
    const { outbox } = this.#session;
    const name = room.toLowerCase();
    const status = findRoom(this.#session, name)?.status ?? "known";
    if (status === "known") {
      return rejected("not_joined", `Join "${name}" before anything is sent to it`);
    }
    if (outbox.length >= MAX_OUTBOX) {
      return rejected("outbox_full", `At most ${MAX_OUTBOX} messages can wait for their ack`);
    }
    const promise = this.#promises.get(ref);
    if (outbox.some((item) => item.ref === ref)) return promise;
    const item = outgoing({ ...content, ref, room: name, queuedAt: this.#clock.now() });
    this.#dispatch({ type: "item_queued", item });
    return promise;
  }

  /** @param {Input} input */
  #dispatch(input) {
    const [now, random] = [this.#clock.now(), this.#clock.random()];
    const { session, effects } = step(this.#session, { ...input, now, random });
    this.#session = session;
    this.#effects.push(...effects);
    this.#perform();
    this.#cancel();
    // At the time of the step: an action that came due since then, while listeners ran, needs a timer.
    const deadline = nextDeadline(this.#session, now);
    if (deadline === Infinity) return;
    const waitMs = Math.max(0, deadline - this.#clock.now());
    this.#cancel = this.#clock.schedule(() => this.#dispatch({ type: "ticked" }), waitMs);
  }

  /** Performs effects in their order, also those of listeners that use the client. */
  #perform() {
    if (this.#isPerforming) return;
    this.#isPerforming = true;
    try {
      for (let effect = this.#effects.shift(); effect; effect = this.#effects.shift()) {
        this.#performOne(effect);
      }
    } finally {
      this.#isPerforming = false;
    }
  }

  /** @param {Effect} effect */
  #performOne(effect) {
    switch (effect.type) {
      case "open":
        return this.#socket.open();
      case "close":
        return this.#socket.close();
      case "send":
        return this.#socket.send(effect.command);
      case "store":
        return this.#writeSoon();
      case "emit": {
        const { event } = effect;
        this.dispatchEvent(new CustomEvent(event.type, { detail: event }));
        return;
      }
      case "settle":
        return this.#promises.resolve(effect.key, effect.answer);
      case "fail":
        return this.#promises.reject(effect.key, new ClientError(effect.failure));
      case "fail_all":
        return this.#promises.rejectAll(() => new ClientError(effect.failure));
    }
  }

  /** Once for all events of a frame, after the listeners. */
  #writeSoon() {
    if (this.#storage === undefined || !this.#isStored) return;
    this.#isStored = false;
    queueMicrotask(() => {
      this.#isStored = true;
      writeSaved(this.#storage, this.#key, this.#session);
    });
  }
}

/**
 * @param {string} code
 * @param {string} message
 * @returns {Promise<never>}
 */
function rejected(code, message) {
  const promise = Promise.reject(new ClientError({ code, message }));
  promise.catch(() => {});
  return promise;
}
