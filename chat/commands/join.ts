/**
 * The `join` and `leave` commands.
 *
 * @module
 */

import { encodeEvent, encodeJoined } from "../protocol/encode.ts";
import { type ErrorEvent, refusal } from "../protocol/types.ts";
import { type Broker, MAX_PAGE, type MessagePage } from "../broker/broker.ts";
import { PAGE_BYTES } from "../room/cut.ts";
import type { NewestMessages, ResumeRequest } from "../room/log.ts";
import type { Client, Session } from "../room/memberships.ts";
import { refuseInRoom } from "./restrictions.ts";
import { admit, rememberName } from "./admission.ts";
import type { Cursor, Room } from "../room/room.ts";
import {
  type Answer,
  type Context,
  messageBytes,
  notJoined,
  type Of,
  refOf,
  tooManyChanges,
  tooMuchHistory,
  unavailable,
  useRoom,
} from "./context.ts";

/** Puts a client into a room, or begins anew there. Answers with the state of the room. */
export function join(
  context: Context,
  client: Client,
  session: Session,
  command: Of<"join">,
  now: number,
): Answer | Promise<Answer> {
  const { ref } = command;
  const refused = refuseJoin(context, client, command, now);
  if (refused !== undefined) return refused;
  const room = useRoom(context, command.room, now, { ref, address: client.address });
  const next = (room: Room | ErrorEvent): Answer | Promise<Answer> => {
    if ("code" in room) return room;
    // Somebody inside has shown the password that counted then.
    if (client.cursors.has(room.name)) return open(room);
    const { user } = session;
    const { address, isAdmin } = client;
    context.rooms.pin(room);
    const unpin = () => context.rooms.unpin(room);
    const visitor = { user, isAdmin, address, password: command.password, ref };
    const refused = refuseInRoom(context, "kick", room, visitor, ref) ??
      admit(context, room, visitor, now);
    if (!(refused instanceof Promise)) {
      return after(unpin, refused === undefined ? () => open(room) : () => refused);
    }
    return refused.then((refused) => refused ?? open(room)).finally(unpin);
  };
  const open = (room: Room): Answer | Promise<Answer> => {
    const { instances } = context;
    const missing = readMissing(context, room, command.since);
    // The name of a member is claimed.
    const namesToAsk = () => session.rooms.has(room) ? undefined : instances?.names;
    if (missing === undefined && namesToAsk() === undefined) {
      return enter(context, client, session, room, command, now);
    }
    const wasIn = client.cursors.has(room.name);
    const hash = room.rules.settings.password?.hash;
    let isLocked = false;
    const enterNow = (read?: NewestMessages, isFree?: boolean): Answer => {
      if (wasIn) {
        // Put out meanwhile, it must show the password again.
        if (!client.cursors.has(room.name)) return notJoined(room.name, ref);
      } else if (room.rules.settings.password?.hash !== hash) {
        isLocked = true;
        return undefined;
      }
      return enter(context, client, session, room, command, now, { read, isFree });
    };
    return (missing ?? Promise.resolve(undefined))
      .then((read) =>
        namesToAsk()?.join(session, room.name, (isFree) => enterNow(read, isFree)) ??
          enterNow(read, instances && true)
      )
      .then((answer) => isLocked ? next(room) : answer);
  };
  return room instanceof Promise ? room.then(next) : next(room);
}

/** Calls a function after another one and what it has promised. */
function after(last: () => void, run: () => Answer | Promise<Answer>): Answer | Promise<Answer> {
  const result = run();
  if (result instanceof Promise) return result.finally(last);
  last();
  return result;
}

/** Reads what memory lacks of a room for a client that has what it has up to `since`, if it lacks something. */
function readMissing(
  context: Context,
  room: Room,
  since: string | undefined,
): Promise<NewestMessages | undefined> | undefined {
  const caughtUp = catchUpTo(context, room, since);
  if (caughtUp !== undefined) {
    return caughtUp.then(() => read(context, room, resumeRequest(context, since)));
  }
  const request = resumeRequest(context, since);
  const isMissing = room.log.lacksNewest(request) ||
    (request !== undefined && room.log.lacksOlder(request));
  return isMissing ? read(context, room, request) : undefined;
}

/** Reads what memory lacks of a room: what a client has missed, or else the newest messages. */
async function read(
  { broker, feed }: Context,
  room: Room,
  request: ResumeRequest | undefined,
): Promise<NewestMessages | undefined> {
  if (request !== undefined && room.log.lacksOlder(request)) await feed.extend(room);
  return room.log.lacksNewest(request) ? await readNewest(broker, room) : undefined;
}

/**
 * Has the log of a room catch up with the broker if it is being read again, and with other instances if
 * one of them may have told a position a moment ago.
 */
export function catchUpTo(
  { broker, feed }: Context,
  { name }: Room,
  since: string | undefined,
): Promise<void> | undefined {
  if (since === undefined || broker.catchUp === undefined || broker.vouches(since)) {
    return feed.reading(name);
  }
  return feed.caughtUp(name);
}

/** Puts a client into a room that is in memory. */
function enter(
  context: Context,
  client: Client,
  session: Session,
  room: Room,
  { ref, since }: Of<"join">,
  now: number,
  { read, isFree }: {
    readonly read?: NewestMessages | undefined;
    /** True if all instances let the user have its name here; left out: this one knows. */
    readonly isFree?: boolean | undefined;
  } = {},
): Answer {
  const { address } = client;
  const { memberships, rooms } = context;
  // While the room was read, another one may have taken its place, or the client may have gone.
  if (rooms.get(room.name) !== room) return unavailable("The server has too many rooms", ref);
  if (client.closed) {
    rooms.release(room);
    return undefined;
  }
  if (!client.cursors.has(room.name)) {
    // Again: it may have come meanwhile.
    const visitor = { user: session.user, isAdmin: client.isAdmin, address };
    const refused = refuseInRoom(context, "kick", room, visitor, ref) ??
      refuseMember(context, client, session, room, ref, isFree);
    if (refused !== undefined) return refused;
    address.budgets.presence.spend(1);
  }
  // Nothing may come between reading the log and adding the cursor: no `await` here.
  const { entries, position, bytes, ...snapshot } = room.log.open(
    resumeRequest(context, since),
    read,
  );
  memberships.join(client, session, room, position);
  rememberName(context, room, { user: session.user, address });
  const event = {
    type: "joined",
    ...(ref !== undefined && { ref }),
    room: room.name,
    ...snapshot,
    count: room.presence.count,
    settings: room.rules.published,
  } as const;
  const { encodedMembers } = room.presence;
  address.spendAnswer(bytes + encodedMembers.length, now);
  // At once: the log may give the client what follows before a promise of this answer has settled.
  client.reply(encodeJoined(event, encodedMembers, entries));
  return undefined;
}

/** Reads the newest messages of a room, as many as one answer has. */
async function readNewest(broker: Broker, { name, log }: Room): Promise<NewestMessages> {
  const { head, newcomerLimit } = log;
  let page: MessagePage | undefined;
  let messages: MessagePage["messages"] = [];
  let bytes = 0;
  while (
    page === undefined || (page.more && messages.length < newcomerLimit && bytes < PAGE_BYTES)
  ) {
    const [first] = messages;
    const limit = Math.min(newcomerLimit - messages.length, MAX_PAGE);
    page = await broker.page(name, first === undefined ? {} : { before: first.id }, limit);
    messages = [...page.messages, ...messages];
    bytes += page.messages.reduce((sum, message) => sum + messageBytes(message), 0);
  }
  return { messages, more: page.more, head };
}

/** Takes a client out of a room that it has joined. */
export function leave(
  { memberships }: Context,
  client: Client,
  cursor: Cursor,
  command: Of<"leave">,
): Answer {
  memberships.leave(client, cursor);
  return encodeEvent({ type: "left", ...refOf(command), room: cursor.room.name });
}

/** The refusal of a client that may join no room for now. */
function refuseJoin(
  { config }: Context,
  { address, cursors }: Client,
  { room, ref }: Of<"join">,
  now: number,
): ErrorEvent | undefined {
  const isNew = !cursors.has(room);
  const max = config.roomsPerConnection;
  if (isNew && cursors.size >= max) {
    return refusal("too_many_rooms", `A connection may join at most ${max} rooms`, ref);
  }
  const answerMs = address.budgets.answers.wait(now);
  if (answerMs > 0) return tooMuchHistory(answerMs, ref);
  const changeMs = isNew ? address.budgets.presence.wait(now) : 0;
  return changeMs > 0 ? tooManyChanges(changeMs, ref) : undefined;
}

/** The refusal of a user who can't be a member of a room. */
function refuseMember(
  { config }: Context,
  { isNamed }: Client,
  { user, skeletons }: Session,
  { name, presence }: Room,
  ref: string | undefined,
  isFree = !presence.isTaken(skeletons, user.id),
): ErrorEvent | undefined {
  // A user who can't take another name would be shut out for good.
  if (!isNamed && !isFree) {
    return refusal("name_taken", `"${user.name}" looks like a name in ${name}`, ref);
  }
  if (!presence.has(user.id) && presence.count >= config.membersPerRoom) {
    return refusal("room_full", `${name} has its ${config.membersPerRoom} users`, ref);
  }
  return undefined;
}

/** The position after which a client wants to continue, if it has one, and whether it is vouched for. */
export function resumeRequest(
  { broker, clockWatch }: Context,
  since: string | undefined,
): ResumeRequest | undefined {
  if (since === undefined) return undefined;
  const isVouched = broker.vouches(since);
  if (!isVouched) clockWatch.suspect(since);
  return { since, isVouched };
}
