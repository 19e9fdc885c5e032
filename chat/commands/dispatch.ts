/**
 * Dispatch of commands: from a frame to a command, and to the answer of its function.
 *
 * @module
 */

import { encodeEvent } from "../protocol/encode.ts";
import { parseCommand } from "../protocol/parse.ts";
import { type Command, type ErrorEvent, refusal, UNAVAILABLE_RETRY_MS } from "../protocol/types.ts";
import type { Client, Session } from "../room/memberships.ts";
import type { Room } from "../room/room.ts";
import { checkName, checkRoom, MAX_NAME_UNITS } from "../text/names.ts";
import { changeMessage } from "./change.ts";
import type { Change } from "./change_rules.ts";
import { type Answer, type Context, failure, notJoined, type Of, refOf } from "./context.ts";
import { ban, listBans, moderate } from "./moderate.ts";
import { refuseInRoom } from "./restrictions.ts";
import { configure } from "./configure.ts";
import { listRooms } from "./list_rooms.ts";
import { hello, rename } from "./hello.ts";
import { history } from "./history.ts";
import { join, leave } from "./join.ts";
import { postMessage } from "./message.ts";
import { ackOf } from "./once.ts";
import { noSearch, search } from "./search.ts";

/** The answer to a frame. */
export interface Reply {
  /** An encoded event; `undefined` if the command has no answer. */
  readonly event: string | undefined;
  /** True if no client that keeps to the protocol would send the frame. */
  readonly isBad: boolean;
  /** True if the user is banned from the server. */
  readonly isBanned?: boolean;
  /** The event for a client that has been kicked meanwhile from one of the rooms of which it tells. */
  readonly unless?: { readonly rooms: readonly string[]; readonly event: string };
}

/**
 * Carries out a command. The answer comes at once, or when the broker has done its part.
 *
 * @param command as {@linkcode readCommand} returns it
 */
export function answer(
  context: Context,
  client: Client,
  command: Command | ErrorEvent,
  now: number,
): Reply | Promise<Reply> {
  if (command.type === "error") return { event: encodeRefusal(context, command), isBad: true };
  const unless = command.type === "history" || command.type === "search"
    ? unlessGone(client, command)
    : undefined;
  const reply = (answer: Answer): Reply => {
    if (typeof answer === "object") {
      const isBad = answer.code === "bad_request" || answer.code === "unauthorized";
      const isBanned = answer.code === "banned";
      return { event: encodeRefusal(context, answer), isBad, isBanned };
    }
    context.metrics.commands[command.type]++;
    return { event: answer, isBad: false, ...unless && { unless } };
  };
  const failed = (cause: unknown) => reply(failure(context, command, cause));
  try {
    const answer = carryOut(context, client, command, now);
    return answer instanceof Promise ? answer.then(reply, failed) : reply(answer);
  } catch (cause) {
    return failed(cause);
  }
}

/**
 * Refuses a command that came while the server is going away, other than `ping`. The client sends it
 * again with the same `ref` when it is back.
 *
 * @returns the encoded answer, or `undefined` for a command that has none
 */
export function refuseGoingAway(
  context: Context,
  session: Session | undefined,
  frame: string,
): string | undefined {
  const command = readCommand(frame, session);
  if (command.type === "error") return encodeRefusal(context, command);
  if (command.type === "typing") return undefined;
  if (command.type === "ping") return encodeEvent({ type: "pong", ...refOf(command) });
  const message = "The server is going away: send it again when it is back";
  const refused = refusal("unavailable", message, command.ref, UNAVAILABLE_RETRY_MS);
  return encodeRefusal(context, refused);
}

/** The rooms whose messages a command asks for, and the answer without them. */
function unlessGone(
  { cursors }: Client,
  { room, ref }: Of<"history" | "search">,
): NonNullable<Reply["unless"]> {
  const rooms = room === undefined ? [...cursors.keys()] : [room.toLowerCase()];
  return { rooms, event: encodeEvent(notJoined(rooms[0] ?? "", ref)) };
}

/**
 * Returns true if a command may be begun before the connection's earlier ones are answered. A `send`
 * that answers a message may not: the message must be looked for first.
 */
export function isPipelined(command: Command | ErrorEvent): boolean {
  return command.type === "send" && command.reply === undefined;
}

function encodeRefusal({ metrics }: Context, error: ErrorEvent): string {
  metrics.errors[error.code]++;
  return encodeEvent(error);
}

/** The command in a frame, or the refusal of a bad one. */
export function readCommand(frame: string, session: Session | undefined): Command | ErrorEvent {
  const parsed = parseCommand(frame);
  const { type, ref } = parsed.ok ? parsed.command : parsed;
  if (session === undefined && type !== undefined && type !== "hello") {
    return refusal("not_welcome", 'The first command must be "hello"', ref);
  }
  if (!parsed.ok) return refusal("bad_request", parsed.message, ref);
  const { command } = parsed;
  if (session !== undefined && type === "hello") {
    return refusal("bad_request", '"hello" was said already', ref);
  }
  if ("name" in command && command.name.length > MAX_NAME_UNITS) {
    const name = checkName(command.name);
    if (!name.ok) return refusal("name_invalid", name.message, ref);
  }
  return command;
}

function carryOut(
  context: Context,
  client: Client,
  command: Command,
  now: number,
): Answer | Promise<Answer> {
  if (command.type === "hello") return hello(context, client, command, now);
  const { session } = client;
  if (session === undefined) throw new TypeError(`"${command.type}" came before "hello"`);
  switch (command.type) {
    case "ping":
      return encodeEvent({ type: "pong", ...refOf(command) });
    case "rename":
      return rename(context, client, session, command, now);
    case "send":
    case "edit":
    case "delete":
    case "react":
      return takeEffect(context, client, session, command, now);
    case "ban":
      return ban(context, client, session, command, now);
    case "bans":
      if (command.room === undefined) return listBans(context, client, session, command, now);
      return carryOutInRoom(context, client, session, command, command.room, now);
    case "rooms":
      return listRooms(context, client, command, now);
    case "search":
      if (context.broker.search === undefined) {
        return noSearch(command.ref);
      }
      return command.room === undefined
        ? search(context, client, session, command, now)
        : carryOutInRoom(context, client, session, command, command.room, now);
    default:
      return carryOutInRoom(context, client, session, command, command.room, now);
  }
}

async function takeEffect(
  context: Context,
  { address, cursors, isAdmin }: Client,
  { user }: Session,
  command: Of<"send"> | Change,
  now: number,
): Promise<Answer> {
  const author = { user, isAdmin, address, joined: cursors };
  const effective = command.type === "send"
    ? await postMessage(context, author, command, now)
    : await changeMessage(context, author, command, now);
  if ("code" in effective) return effective;
  if (effective.duplicate) context.metrics.duplicates++;
  return encodeEvent(ackOf(command.ref, effective));
}

/** The commands that name a room, and take effect more than once. */
type InRoom =
  | ("join" | "leave" | "typing" | "history" | "search")
  | ("configure" | "kick" | "mute" | "bans");

function carryOutInRoom(
  context: Context,
  client: Client,
  session: Session,
  command: Of<InRoom>,
  name: string,
  now: number,
): Answer | Promise<Answer> {
  const room = checkRoom(name);
  if (!room.ok) return refusal("room_invalid", room.message, command.ref);
  if (client.rooms?.has(room.value) === false) {
    return refusal("forbidden", `Your token is not for ${room.value}`, command.ref);
  }
  if (command.type === "join") {
    return join(context, client, session, { ...command, room: room.value }, now);
  }
  if (command.type === "configure") {
    return configure(context, client, session, { ...command, room: room.value }, now);
  }
  if (command.type === "kick" || command.type === "mute") {
    return moderate(context, client, session, { ...command, room: room.value }, now);
  }
  if (command.type === "bans") {
    return listBans(context, client, session, { ...command, room: room.value }, now);
  }
  const cursor = client.cursors.get(room.value);
  if (cursor === undefined) return notJoined(room.value, command.ref);
  switch (command.type) {
    case "leave":
      return leave(context, client, cursor, command);
    case "typing":
      tellTyping(context, client, session, cursor.room, now);
      return undefined;
    case "history":
      return history(context, client.address, { ...command, room: room.value }, now);
    case "search":
      return search(context, client, session, { ...command, room: room.value }, now);
  }
}

/** Tells all instances that a user is typing, unless that is too often: nobody needs to know then. */
function tellTyping(
  context: Context,
  client: Client,
  session: Session,
  room: Room,
  now: number,
): void {
  const { typing } = client.address.budgets;
  if (isMuted(context, client, session, room) || typing.wait(now) > 0) return;
  if (!room.presence.takeTyping(session.user.id, now)) return;
  typing.spend(1);
  const user = room.rules.userIn(session.user);
  context.broker.signal({ kind: "typing", room: room.name, user });
}

function isMuted(context: Context, client: Client, { user }: Session, room: Room): boolean {
  const { address, isAdmin } = client;
  const actor = { user, address, isAdmin };
  return refuseInRoom(context, "mute", room, actor, undefined) !== undefined;
}
