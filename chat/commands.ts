/**
 * What becomes of each command, once its connection has found nothing wrong with it.
 *
 * @module
 */

import { Acks, type Receipt } from "./acks.ts";
import type { Bus, Publication } from "./bus.ts";
import type { Config } from "./config.ts";
import { type Connection, refusal } from "./connection.ts";
import type { Counts } from "./counts.ts";
import { type Ids, positionAt, rewind } from "./ids.ts";
import { type Lateness, TokenBuckets } from "./limits.ts";
import { checkRoom, checkText, MAX_NAME_LENGTH, userIdOf } from "./names.ts";
import {
  type Command,
  encodeEvent,
  encodeHistory,
  encodeJoined,
  type ErrorEvent,
  type User,
} from "./protocol.ts";
import type { Resumption } from "./room_log.ts";
import type { Rooms } from "./rooms.ts";
import type { Scheduler, Timers } from "./scheduler.ts";
import type { Session, Users } from "./users.ts";

/** What commands work on. */
export interface CommandsOptions {
  readonly config: Config;
  readonly bus: Bus;
  readonly ids: Ids;
  readonly rooms: Rooms;
  readonly users: Users;
  readonly scheduler: Scheduler;
  readonly counts: Counts;
  readonly timers: Timers;
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
  readonly lateness: Lateness;
}

/** How long a message that is sent again is known, in milliseconds: the protocol's five minutes. */
const ACKS_KEPT_MS = 300_000;

/** Receipts per generation: 150 to 470 bytes each. Beyond it, sending is `unavailable`. */
const MAX_ACKS = 1_000_000;

/** When to try again what is `unavailable`, in milliseconds. */
const UNAVAILABLE_RETRY_MS = 1000;

const TOO_MANY_RECEIPTS = "The server has too many recent messages";
const TOO_MANY_MESSAGES = "Too many messages from this address";
const TOO_MUCH_HISTORY = "Too much history for this address";

/** A command of one type. */
type Of<Type extends Command["type"]> = Extract<Command, { type: Type }>;

/** Carries out commands. */
export class Commands {
  readonly #options: CommandsOptions;
  readonly #acks: Acks;
  readonly #messages: TokenBuckets;

  constructor(options: CommandsOptions) {
    this.#options = options;
    this.#acks = new Acks(ACKS_KEPT_MS, MAX_ACKS, options.timers.now);
    this.#messages = new TokenBuckets(options.config.messageRate);
    options.bus.subscribe((publication) => this.#take(publication));
  }

  /** The number of receipts by which repeated messages are known. */
  get receiptCount(): number {
    return this.#acks.size;
  }

  /** The number of users whose message rate is watched. */
  get budgetCount(): number {
    return this.#messages.size;
  }

  /** Carries out a command that {@linkcode Connection.read} let through, or says why not. */
  carryOut(connection: Connection, command: Command, now: number): ErrorEvent | undefined {
    const { session } = connection;
    if (command.type === "hello") return this.#hello(connection, command);
    if (session === undefined) throw new TypeError(`"${command.type}" came before "hello"`);
    switch (command.type) {
      case "join":
        return this.#join(connection, session, command, now);
      case "leave":
        return this.#leave(connection, session, command);
      case "send":
        return this.#send(connection, session, command, now);
      case "rename":
        return this.#rename(connection, session, command);
      case "typing":
        return this.#typing(session, command, now);
      case "history":
        return this.#history(connection, command, now);
      case "ping":
        connection.reply({ type: "pong", ...refOf(command) });
        return undefined;
    }
  }

  /**
   * Says something in a room, to everyone in it at every instance.
   *
   * @param text as `checkText` gives it
   * @param ref by which the message is known when the user sends it again
   */
  broadcast(room: string, user: User, text: string, ref: string): Receipt {
    return this.#acks.find(user.id, ref) ?? this.#publish(room, user, text, ref);
  }

  #publish(room: string, user: User, text: string, ref: string): Receipt {
    const { bus, counts, ids, now } = this.#options;
    const id = ids.next(now());
    const time = ids.newestTime;
    bus.publish({ kind: "message", room, message: { id, time, user, text }, ref });
    counts.messages++;
    return { room, id, time };
  }

  /** Forgets what has no effect any more. */
  sweep(now: number): void {
    this.#acks.sweep(now);
    this.#messages.sweep(now);
  }

  #hello(connection: Connection, command: Of<"hello">): undefined {
    const { config, users } = this.#options;
    const id = userIdOf(command.key ?? crypto.randomUUID());
    const session = users.enter(id, command.name);
    connection.session = session;
    this.#markRoomsOf(session);
    connection.reply({
      type: "welcome",
      ...refOf(command),
      version: 1,
      you: session.user,
      heartbeatMs: config.heartbeatMs,
      limits: {
        text: config.textLength,
        name: MAX_NAME_LENGTH,
        frame: config.frameBytes,
        history: config.joinHistory,
      },
    });
  }

  #join(
    connection: Connection,
    session: Session,
    command: Of<"join">,
    now: number,
  ): ErrorEvent | undefined {
    const { config, ids, rooms, scheduler } = this.#options;
    const { ref } = command;
    const { user, skeletons } = session;
    const retryMs = connection.address.answerWait(now);
    if (retryMs > 0) return refusalFor(retryMs, "rate_limited", TOO_MUCH_HISTORY, ref);
    const room = rooms.use(command.room);
    if (room === undefined) {
      const full = `The server holds its ${config.maxRooms} rooms`;
      return refusalFor(UNAVAILABLE_RETRY_MS, "unavailable", full, ref);
    }
    const joinedBefore = connection.cursors.get(room.name);
    if (joinedBefore === undefined) {
      if (room.presence.isTaken(skeletons, user.id)) {
        return refusal("name_taken", `"${user.name}" looks like a name in ${room.name}`, ref);
      }
      if (!room.presence.has(user.id) && room.presence.count >= config.membersPerRoom) {
        return refusal("room_full", `${room.name} has its ${config.membersPerRoom} users`, ref);
      }
      room.presence.enter(user, skeletons);
      session.rooms.add(room);
    } else {
      room.catchUp(joinedBefore);
      room.remove(joinedBefore);
    }
    // Nothing may come between reading the log and adding the cursor: no `await` here.
    const { entries, position, followLength, ...opening } = room.log.open(
      this.#resumption(command.since),
    );
    const cursor = room.add(connection, user.id, position);
    connection.cursors.set(room.name, cursor);
    const event = {
      type: "joined",
      ...refOf(command),
      room: room.name,
      ...opening,
      // Of an empty log any position is the end; a new one stays good for longest.
      head: room.log.size === 0 ? ids.next(this.#options.now()) : opening.head,
      count: room.presence.count,
    } as const;
    const { encodedMembers } = room.presence;
    const answer = encodeJoined(event, encodedMembers, entries.map((entry) => entry.json));
    connection.address.spendAnswer(answer.length + followLength);
    connection.replyEncoded(answer);
    if (opening.follow > 0) room.catchUp(cursor);
    scheduler.mark(room);
    return undefined;
  }

  /** Where a client wants to go on, and what is known of that place. */
  #resumption(since: string | undefined): Resumption | undefined {
    if (since === undefined) return undefined;
    const { ids, now, bus: { skewMs } } = this.#options;
    if (skewMs === 0) return { since, overlap: since, newest: ids.newest };
    // Other instances may have made newer ids than have come here, and older ones may have come
    // since the client was given this one.
    const expected = positionAt(now() + skewMs);
    const newest = expected > ids.newest ? expected : ids.newest;
    return { since, overlap: rewind(since, skewMs), newest };
  }

  #leave(connection: Connection, session: Session, command: Of<"leave">): undefined {
    const { rooms, users, scheduler } = this.#options;
    const room = rooms.get(command.room);
    const cursor = connection.cursors.get(command.room);
    if (room !== undefined && cursor !== undefined) {
      room.catchUp(cursor);
      room.remove(cursor);
      connection.cursors.delete(room.name);
      if (room.presence.leave(session.user.id)) users.leaveRoom(session.user.id, room);
      scheduler.mark(room);
      rooms.release(room);
    }
    connection.reply({ type: "left", ...refOf(command), room: command.room });
  }

  #send(
    connection: Connection,
    { user }: Session,
    command: Of<"send">,
    now: number,
  ): ErrorEvent | undefined {
    const { config, lateness } = this.#options;
    const { ref } = command;
    const known = this.#acks.find(user.id, ref);
    if (known !== undefined) {
      this.#options.counts.duplicates++;
      connection.reply({ type: "ack", ref, ...known, duplicate: true });
      return undefined;
    }
    const room = checkRoom(command.room);
    if (!room.ok) return refusal("room_invalid", room.message, ref);
    const outside = connection.refuseOutside(room.value, ref);
    if (outside !== undefined) return outside;
    const text = checkText(command.text, config.textLength);
    if (!text.ok) return refusal("text_invalid", text.message, ref);
    if (this.#acks.isFull) {
      return refusalFor(UNAVAILABLE_RETRY_MS, "unavailable", TOO_MANY_RECEIPTS, ref);
    }
    const retryMs = this.#messages.take(user.id, now, lateness.at(now));
    if (retryMs > 0) {
      const { burst, perSecond } = config.messageRate;
      const limit = `A user may send ${burst} messages at once, then ${perSecond} a second`;
      return refusalFor(retryMs, "rate_limited", limit, ref);
    }
    const addressRetryMs = connection.address.takeMessage(now);
    if (addressRetryMs > 0) {
      return refusalFor(addressRetryMs, "rate_limited", TOO_MANY_MESSAGES, ref);
    }
    const { id, time } = this.#publish(room.value, user, text.value, ref);
    connection.reply({ type: "ack", ref, room: room.value, id, time, duplicate: false });
    return undefined;
  }

  #rename(
    connection: Connection,
    session: Session,
    command: Of<"rename">,
  ): ErrorEvent | undefined {
    const { rooms, users } = this.#options;
    // The renaming connection is answered, not told: it must not be behind when the others are.
    const uptodate = [...connection.cursors].filter(([name, cursor]) =>
      rooms.get(name)?.tellPresence(cursor)
    );
    if (!users.rename(session, command.name)) {
      const message = `"${command.name}" looks like a name in one of your rooms`;
      return refusal("name_taken", message, command.ref);
    }
    for (const [name, cursor] of uptodate) {
      const room = rooms.get(name);
      if (room !== undefined) cursor.presence = room.presence.position;
    }
    this.#markRoomsOf(session);
    connection.reply({ type: "renamed", ...refOf(command), you: session.user });
    return undefined;
  }

  #typing({ user }: Session, { room }: Of<"typing">, now: number): undefined {
    const { bus, rooms } = this.#options;
    if (!rooms.get(room)?.presence.takeTyping(user.id, now)) return;
    bus.publish({ kind: "typing", room, user });
  }

  #history(
    connection: Connection,
    command: Of<"history">,
    now: number,
  ): ErrorEvent | undefined {
    const { room, limit, ref } = command;
    const retryMs = connection.address.answerWait(now);
    if (retryMs > 0) return refusalFor(retryMs, "rate_limited", TOO_MUCH_HISTORY, ref);
    const page = this.#options.rooms.get(room)?.log.page(limit, command);
    const event = { type: "history", ...refOf(command), room, more: page?.more ?? false } as const;
    const messages = page?.entries.map((entry) => entry.json) ?? [];
    const answer = encodeHistory(event, messages);
    connection.address.spendAnswer(answer.length);
    connection.replyEncoded(answer);
    return undefined;
  }

  #markRoomsOf(session: Session): void {
    for (const room of session.rooms) this.#options.scheduler.mark(room);
  }

  /** Takes what comes over the bus, from here or elsewhere. */
  #take(publication: Publication): void {
    const { rooms, ids, scheduler } = this.#options;
    if (publication.kind === "typing") {
      const { kind: type, room: name, user } = publication;
      const room = rooms.get(name);
      if (room === undefined) return;
      room.notify(encodeEvent({ type, room: name, user }), user.id);
      scheduler.mark(room);
      return;
    }
    const { message, ref } = publication;
    const { id, time, user } = message;
    ids.see(id);
    this.#acks.remember(user.id, ref, { room: publication.room, id, time });
    const room = rooms.use(publication.room);
    if (room === undefined) return rooms.lose(id);
    room.append(message);
    scheduler.mark(room);
  }
}

/** A refusal until a time has passed. */
function refusalFor(
  retryMs: number,
  code: "rate_limited" | "unavailable",
  message: string,
  ref?: string,
): ErrorEvent {
  return { ...refusal(code, message, ref), retryMs };
}

function refOf({ ref }: Command): { readonly ref?: string } {
  return ref === undefined ? {} : { ref };
}
