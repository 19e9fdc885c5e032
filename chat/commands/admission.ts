/**
 * Admission to rooms: passwords, and who makes a room.
 *
 * @module
 */

import { documentKey } from "../broker/broker.ts";
import type { Address } from "../limits/addresses.ts";
import { refuseAct } from "../protocol/permissions.ts";
import { type ErrorEvent, refusal, unauthorized } from "../protocol/types.ts";
import type { Room } from "../room/room.ts";
import { SETTINGS } from "../room/rules.ts";
import { encodeSettings, isPlain, type RoomSettings } from "../room/settings.ts";
import { addressDigest } from "./address_digest.ts";
import type { Context } from "./context.ts";
import { changeDocument } from "./document_changes.ts";
import { type Actor, roleIn, type RuledRoom } from "./roles.ts";

/** Somebody at the door of a room. */
export interface Visitor extends Actor {
  readonly address: Address;
  /** The password that was given. */
  readonly password?: string | undefined;
  readonly ref?: string | undefined;
}

/**
 * Refuses somebody who may not enter a room. Makes the room if nobody has before; then the visitor
 * owns it. At once where nothing is to be computed or kept.
 */
export function admit(
  context: Context,
  room: Room,
  visitor: Visitor,
  now: number,
): ErrorEvent | undefined | Promise<ErrorEvent | undefined> {
  const next = (refused: ErrorEvent | undefined) =>
    refused ?? (room.isNew ? make(context, room, visitor, now) : undefined);
  const refused = refuseEntry(context, room, visitor, now);
  return refused instanceof Promise ? refused.then(next) : next(refused);
}

/**
 * Refuses somebody who does not know the password of a room and needs it. At once where nothing is to
 * be computed.
 */
export function refuseEntry(
  context: Context,
  room: RuledRoom,
  visitor: Visitor,
  now: number,
): ErrorEvent | undefined | Promise<ErrorEvent | undefined> {
  const { password: hash } = room.rules.settings;
  const mustShow = hash !== undefined &&
    refuseAct(roleIn(room, visitor), "enter without the password") !== undefined;
  if (!mustShow) return undefined;
  const checked = checkPassword(context, room, visitor, now);
  if (!(checked instanceof Promise)) return checked;
  return checked.then((refused) => {
    // Another one may be needed by now.
    const isSame = room.rules.settings.password === hash;
    return refused ?? (isSame ? undefined : refuseEntry(context, room, visitor, now));
  });
}

function checkPassword(
  context: Context,
  room: RuledRoom,
  { address, password = "", ref }: Visitor,
  now: number,
): ErrorEvent | undefined | Promise<ErrorEvent | undefined> {
  const { passwords, guesses } = context;
  const hash = room.rules.settings.password;
  if (hash === undefined) return undefined;
  if (password === "") return unauthorized("password", `${room.name} has a password`, ref);
  const wait = () => guesses.wait(address.name, now);
  if (wait() > 0) return tooManyGuesses(wait(), ref);
  let isWrong = false;
  const judge = (isRight: boolean): ErrorEvent | undefined => {
    if (isRight) return undefined;
    if (!isWrong) return tooManyGuesses(wait(), ref);
    return unauthorized("password", `This is not the password of ${room.name}`, ref);
  };
  const isRight = passwords.isRight(hash, password, {
    mayLook: () => wait() === 0,
    wrong() {
      isWrong = true;
      noteGuess(context, address, "room", now);
    },
  }, address.name);
  return isRight instanceof Promise ? isRight.then(judge) : judge(isRight);
}

/** Takes note of a wrong password or token. The last one that an address may give is logged. */
export function noteGuess(
  { guesses, metrics, logger }: Context,
  { name }: Address,
  of: keyof Context["metrics"]["wrong"],
  now: number,
): void {
  metrics.wrong[of]++;
  guesses.note(name, now);
  const waitMs = guesses.wait(name, now);
  if (waitMs > 0) logger("warn", "too_many_guesses", { address: name, of, waitMs });
}

/** The refusal of a password or token that is not looked at, since too many were wrong. */
export function tooManyGuesses(retryMs: number, ref: string | undefined): ErrorEvent {
  const message = "Too many wrong passwords or tokens from this address";
  return refusal("rate_limited", message, ref, retryMs);
}

/** Makes a room: the visitor owns it, unless somebody else was faster. */
async function make(
  context: Context,
  room: Room,
  visitor: Visitor,
  now: number,
): Promise<ErrorEvent | undefined> {
  const { user, address } = visitor;
  await changeSettings(context, room, { user, address }, (settings, isKept) => (
    isKept ? undefined : { ...settings, owner: user.id }
  ));
  // It may have a password already.
  return room.isNew ? undefined : admit(context, room, visitor, now);
}

/**
 * Changes the settings of a room. Resolves when they are kept, with the refusal if there is one.
 *
 * @param revise returns `undefined` where nothing changes
 * @throws {Unavailable} as {@linkcode changeDocument} does
 */
export async function changeSettings(
  { broker, feed }: Context,
  room: Room,
  { user, address }: Actor & { readonly address: Address },
  revise: (settings: RoomSettings, isKept: boolean) => RoomSettings | ErrorEvent | undefined,
): Promise<ErrorEvent | undefined> {
  const result = await changeDocument(broker, {
    room: room.name,
    key: documentKey(room.name, SETTINGS),
    user: user.id,
    isNew: room.isNew,
    revise(body) {
      const revised = revise(room.rules.read(body), body !== undefined);
      if (revised === undefined || "code" in revised) return revised;
      return {
        body: encodeSettings(revised),
        maker: addressDigest(address),
        isIdle: isPlain(revised),
      };
    },
  });
  if (result === undefined) return undefined;
  if ("code" in result) return result;
  // Where another one was faster, it may not have been told yet.
  feed.apply(room, [{ name: SETTINGS, ...result }]);
  return undefined;
}

/** Keeps the name of a moderator whose id alone was known. */
export function rememberName(
  context: Context,
  room: Room,
  actor: Actor & { readonly address: Address },
): void {
  const { id, name } = actor.user;
  const isNameless = ({ moderators }: RoomSettings) => moderators.get(id) === "";
  if (!isNameless(room.rules.settings)) return;
  changeSettings(context, room, actor, (settings) => (
    isNameless(settings)
      ? { ...settings, moderators: new Map([...settings.moderators, [id, name]]) }
      : undefined
    // The next time, then.
  )).catch(() => {});
}
