/**
 * What becomes of each command, once its connection has found nothing wrong with it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Bus } from "../broker/bus.ts";
import type { Config } from "../config/config.ts";
import type { Connection } from "../connection.ts";
import { refusal, refusalFor } from "../protocol/errors.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { type Ids, rewind, timeOfPosition } from "../broker/ids.ts";
import type { EventLoopLag } from "../limits/event_loop_lag.ts";
import { TokenBuckets } from "../limits/token_bucket.ts";
import type { Logger } from "../runtime/logger.ts";
import { MAX_NAME_LENGTH } from "../text/names.ts";
import { encodeHistory, encodeJoined } from "../protocol/encode.ts";
import type { Command, ErrorEvent } from "../protocol/types.ts";
import type { Publisher } from "./publisher.ts";
import { encodedBytes, type ResumeRequest } from "../room/log.ts";
import type { Room } from "../room/room.ts";
import type { Rooms } from "../room/rooms.ts";
import type { Timers } from "../runtime/timers.ts";
import type { Scheduler } from "../scheduler.ts";
import { userIdOf } from "../text/user_ids.ts";
import type { Session, Users } from "../room/users.ts";

/** What commands work on. */
export interface CommandsOptions {
  readonly config: Config;
  readonly bus: Bus;
  readonly ids: Ids;
  readonly rooms: Rooms;
  readonly users: Users;
  readonly publisher: Publisher;
  readonly scheduler: Scheduler;
  readonly metrics: Metrics;
  readonly timers: Timers;
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
  readonly lag: EventLoopLag;
  readonly logger: Logger;
}

/** The least time between two log lines on positions of the future, in milliseconds. */
const CLOCK_TOLD_EACH_MS = 3_600_000;

/** Clocks of two machines that are less apart are no fault, in milliseconds. */
export const CLOCK_TOLERANCE_MS = 1000;

const TOO_MANY_MESSAGES = "Too many messages from this address";
const TOO_MANY_ROOMS = "Too many new rooms from this address";
const TOO_MANY_CHANGES = "Too much coming, going and renaming from this address";
const TOO_MUCH_HISTORY = "Too much history for this address";

/** A command of one type. */
type Of<Type extends Command["type"]> = Extract<Command, { type: Type }>;

/** Carries out commands. */
export class Commands {
  readonly #options: CommandsOptions;
  readonly #messages: TokenBuckets;
  #clockToldAt = -Infinity;

  constructor(options: CommandsOptions) {
    this.#options = options;
    this.#messages = new TokenBuckets(options.config.messageRate);
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
        return this.#rename(connection, session, command, now);
      case "typing":
        return this.#typing(session, command, now);
      case "history":
        return this.#history(connection, command, now);
      case "ping":
        connection.reply({ type: "pong", ...refOf(command) });
        return undefined;
    }
  }

  /** Forgets what has no effect any more. */
  sweep(now: number): void {
    this.#messages.sweep(now);
  }

  #hello(connection: Connection, command: Of<"hello">): undefined {
    const { config, users } = this.#options;
    const id = userIdOf(command.key ?? crypto.randomUUID());
    const nameBefore = users.get(id)?.user.name;
    const session = users.enter(id, command.name);
    connection.session = session;
    // Not refused for it: a connection without a session could only say it again.
    if (session.user.name !== nameBefore) connection.address.spendPresence(session.rooms.size);
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
    const { config, ids, scheduler } = this.#options;
    const { ref } = command;
    const { user, skeletons } = session;
    const retryMs = connection.address.answerWait(now);
    if (retryMs > 0) return refusalFor(retryMs, "rate_limited", TOO_MUCH_HISTORY, ref);
    const joinedBefore = connection.cursors.get(command.room);
    const changeRetryMs = joinedBefore === undefined ? connection.address.presenceWait(now) : 0;
    if (changeRetryMs > 0) return refusalFor(changeRetryMs, "rate_limited", TOO_MANY_CHANGES, ref);
    const room = this.#use(connection, command, now);
    if ("code" in room) return room;
    if (joinedBefore === undefined) {
      if (room.presence.isTaken(skeletons, user.id)) {
        return refusal("name_taken", `"${user.name}" looks like a name in ${room.name}`, ref);
      }
      if (!room.presence.has(user.id) && room.presence.count >= config.membersPerRoom) {
        return refusal("room_full", `${room.name} has its ${config.membersPerRoom} users`, ref);
      }
      room.presence.enter(user, skeletons);
      session.rooms.add(room);
      connection.address.spendPresence(1);
    } else {
      room.catchUp(joinedBefore);
      room.remove(joinedBefore);
    }
    // Nothing may come between reading the log and adding the cursor: no `await` here.
    const { entries, position, bytes, ...opening } = room.log.open(
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
    connection.address.spendAnswer(bytes + encodedMembers.length, now);
    connection.replyEncoded(answer);
    if (opening.follow > 0) room.catchUp(cursor);
    scheduler.mark(room);
    return undefined;
  }

  /** The room that a client wants to join, made if there is none, or why it can't be had. */
  #use({ address }: Connection, { room: name, ref }: Of<"join">, now: number): Room | ErrorEvent {
    const { publisher, rooms } = this.#options;
    const isNew = rooms.get(name) === undefined;
    const retryMs = isNew ? address.roomWait(now) : 0;
    if (retryMs > 0) return refusalFor(retryMs, "rate_limited", TOO_MANY_ROOMS, ref);
    const room = publisher.use(name, ref, address.budgetKey);
    if (isNew && !("code" in room)) address.spendRoom();
    return room;
  }

  /** Where a client wants to go on, and what is known of that place. */
  #resumption(since: string | undefined): ResumeRequest | undefined {
    if (since === undefined) return undefined;
    const { ids, bus: { skewMs } } = this.#options;
    const isVouched = ids.vouches(since);
    if (!isVouched) this.#suspectClock(since);
    // Older ones of other instances may have come since the client was given this one.
    return { since, overlap: skewMs === 0 ? since : rewind(since, skewMs), isVouched };
  }

  /** Tells the log of a position of the future: the clock was set back, or a client made it up. */
  #suspectClock(since: string): void {
    const { logger, now, timers } = this.#options;
    const behindMs = timeOfPosition(since) - now();
    if (behindMs < CLOCK_TOLERANCE_MS) return;
    if (timers.now - this.#clockToldAt < CLOCK_TOLD_EACH_MS) return;
    this.#clockToldAt = timers.now;
    logger("warn", "clock_behind", { behindMs, toldBy: "a client's position" });
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
    const { config, metrics, lag, publisher } = this.#options;
    const { ref } = command;
    const known = publisher.find(user.id, ref);
    if (known !== undefined) {
      metrics.duplicates++;
      connection.reply({ type: "ack", ref, ...known, duplicate: true });
      return undefined;
    }
    const draft = publisher.draft(command, (room) => connection.refuseOutside(room, ref));
    if ("code" in draft) return draft;
    const { address } = connection;
    const full = publisher.refuseFull(ref, address.budgetKey);
    if (full !== undefined) return full;
    const retryMs = this.#messages.take(user.id, now, lag.at(now));
    if (retryMs > 0) {
      const { burst, perSecond } = config.messageRate;
      const limit = `A user may send ${burst} messages at once, then ${perSecond} a second`;
      return refusalFor(retryMs, "rate_limited", limit, ref);
    }
    const addressRetryMs = address.takeMessage(Buffer.byteLength(draft.text), now);
    if (addressRetryMs > 0) {
      return refusalFor(addressRetryMs, "rate_limited", TOO_MANY_MESSAGES, ref);
    }
    const { id, time } = publisher.publish(draft, user, address.budgetKey);
    connection.reply({ type: "ack", ref, room: draft.room, id, time, duplicate: false });
    return undefined;
  }

  #rename(
    connection: Connection,
    session: Session,
    command: Of<"rename">,
    now: number,
  ): ErrorEvent | undefined {
    const { rooms, users } = this.#options;
    const { address } = connection;
    if (command.name === session.user.name) return this.#replyRenamed(connection, session, command);
    const retryMs = address.presenceWait(now);
    if (retryMs > 0) return refusalFor(retryMs, "rate_limited", TOO_MANY_CHANGES, command.ref);
    address.spendPresence(Math.max(1, session.rooms.size));
    const sentBefore = connection.sentUnits;
    // The renaming connection is answered, not told: it must not be behind when the others are.
    const uptodate = [...connection.cursors].filter(([name, cursor]) =>
      rooms.get(name)?.tellPresence(cursor)
    );
    address.spendSlice(connection.sentUnits - sentBefore, now);
    if (!users.rename(session, command.name)) {
      const message = `"${command.name}" looks like a name in one of your rooms`;
      return refusal("name_taken", message, command.ref);
    }
    for (const [name, cursor] of uptodate) {
      const room = rooms.get(name);
      if (room !== undefined) cursor.presence = room.presence.position;
    }
    this.#markRoomsOf(session);
    return this.#replyRenamed(connection, session, command);
  }

  #replyRenamed(connection: Connection, { user }: Session, command: Of<"rename">): undefined {
    connection.reply({ type: "renamed", ...refOf(command), you: user });
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
    const entries = page?.entries ?? [];
    connection.address.spendAnswer(encodedBytes(entries), now);
    connection.replyEncoded(encodeHistory(event, entries.map((entry) => entry.json)));
    return undefined;
  }

  #markRoomsOf(session: Session): void {
    for (const room of session.rooms) this.#options.scheduler.mark(room);
  }
}

function refOf({ ref }: Command): { readonly ref?: string } {
  return ref === undefined ? {} : { ref };
}
