/**
 * Dispatch of commands: from a frame to the function of its command, and to its answer.
 *
 * @module
 */

import { encodeEvent } from "../protocol/encode.ts";
import { parseCommand } from "../protocol/parse.ts";
import { type Command, type ErrorEvent, refusal } from "../protocol/types.ts";
import type { Client, Session } from "../room/memberships.ts";
import { checkName, checkRoom, MAX_NAME_UNITS } from "../text/names.ts";
import { type Answer, type Context, notJoined, type Of, refOf } from "./context.ts";
import { hello, rename } from "./hello.ts";
import { join, leave } from "./join.ts";
import { history, postMessage } from "./message.ts";

/**
 * Carries out the command in a client's frame. Returns the encoded answer, if there is one, and
 * whether no client that keeps to the protocol would send the frame.
 */
export function answer(
  context: Context,
  client: Client,
  frame: string,
  now: number,
): { readonly event: string | undefined; readonly isBad: boolean } {
  const command = readCommand(frame, client.session);
  if (command.type === "error") return { event: encodeRefusal(context, command), isBad: true };
  const result = carryOut(context, client, command, now);
  if (typeof result === "object") return { event: encodeRefusal(context, result), isBad: false };
  context.metrics.commands[command.type]++;
  return { event: result, isBad: false };
}

function encodeRefusal({ metrics }: Context, error: ErrorEvent): string {
  metrics.errors[error.code]++;
  return encodeEvent(error);
}

/** The command in a frame, or the refusal of a bad one. */
function readCommand(frame: string, session: Session | undefined): Command | ErrorEvent {
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

/** Carries out a command. What fails in it is logged and answered with `internal`. */
function carryOut(context: Context, client: Client, command: Command, now: number): Answer {
  try {
    if (command.type === "hello") return hello(context, client, command);
    const { session } = client;
    if (session === undefined) throw new TypeError(`"${command.type}" came before "hello"`);
    switch (command.type) {
      case "ping":
        return encodeEvent({ type: "pong", ...refOf(command) });
      case "rename":
        return rename(context, client, session, command, now);
      case "send":
        return send(context, client, session, command, now);
      default:
        return carryOutInRoom(context, client, session, command, now);
    }
  } catch (cause) {
    context.logger("error", "command_failed", { type: command.type, error: String(cause) });
    return refusal("internal", "The server failed; try again", command.ref);
  }
}

function send(
  context: Context,
  { address, cursors }: Client,
  { user }: Session,
  command: Of<"send">,
  now: number,
): Answer {
  const posted = postMessage(context, { user, address, joined: cursors }, command, now);
  if ("code" in posted) return posted;
  const { receipt: { room, id, time }, duplicate } = posted;
  if (duplicate) context.metrics.duplicates++;
  return encodeEvent({ type: "ack", ref: command.ref, room, id, time, duplicate });
}

function carryOutInRoom(
  context: Context,
  client: Client,
  session: Session,
  command: Of<"join" | "leave" | "typing" | "history">,
  now: number,
): Answer {
  const room = checkRoom(command.room);
  if (!room.ok) return refusal("room_invalid", room.message, command.ref);
  if (command.type === "join") {
    return join(context, client, session, { ...command, room: room.value }, now);
  }
  const cursor = client.cursors.get(room.value);
  if (cursor === undefined) return notJoined(room.value, command.ref);
  switch (command.type) {
    case "leave":
      return leave(context, client, cursor, command);
    case "typing":
      if (cursor.room.presence.takeTyping(session.user.id, now)) {
        context.bus.publish({ kind: "typing", room: room.value, user: session.user });
      }
      return undefined;
    case "history":
      return history(client.address, cursor.room, command, now);
  }
}
