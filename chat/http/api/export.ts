/**
 * Everything that is kept of a room: `GET /api/rooms/{room}/export`.
 *
 * @module
 */

import type { Message } from "../../broker/broker.ts";
import { exportRoom } from "../../broker/export.ts";
import { openRoom, refuseStay } from "../../commands/caller.ts";
import { messageBytes, tooMuchHistory } from "../../commands/context.ts";
import { encodeMessage } from "../../protocol/encode.ts";
import type { ErrorEvent } from "../../protocol/types.ts";
import { delay } from "../../runtime/timers.ts";
import { bodyOfHead, type Call } from "./call.ts";

/**
 * Messages that are read at a time. A client that reads slowly holds them: up to 0.7 MB, if all are as
 * large as messages can be.
 */
const PAGE_SIZE = 20;

/** Bytes that are written at a time, for a client that must take them within the time of a stuck one. */
const CHUNK_BYTES = 16_384;

/** Gives all messages that are kept of a room, the oldest first, one a line. */
export async function exportMessages(call: Call): Promise<Response | ErrorEvent> {
  const { context, caller, path, request, timers } = call;
  const room = await openRoom(context, caller, path["room"] ?? "", timers.now);
  if ("code" in room) return room;
  const retryMs = caller.address.budgets.answers.wait(timers.now);
  if (retryMs > 0) return tooMuchHistory(retryMs, undefined);
  context.metrics.commands.history++;
  const body = request.method === "HEAD"
    ? bodyOfHead()
    : pulled(call, chunks(call, room.name, room.rules.settings.password?.hash));
  return new Response(body, { headers: { "content-type": "application/x-ndjson" } });
}

/** The lines of an export. It waits while the address was given too much. */
async function* chunks(
  { context, caller, timers }: Call,
  name: string,
  passwordHash: string | undefined,
): AsyncGenerator<string, void> {
  const { address } = caller;
  for await (const messages of exportRoom(context.broker, name, PAGE_SIZE)) {
    const refused = await refuseStay(context, caller, name, passwordHash);
    if (refused !== undefined) throw endOf(refused.message);
    for (;;) {
      const waitMs = address.budgets.answers.wait(timers.now);
      if (waitMs === 0) break;
      await delay(waitMs);
    }
    address.spendAnswer(messages.reduce((sum, each) => sum + messageBytes(each), 0), timers.now);
    yield* linesOf(messages);
  }
}

/** Messages as lines, some together. */
function* linesOf(messages: readonly Message[]): Generator<string, void> {
  let chunk = "";
  for (const message of messages) {
    chunk += `${encodeMessage(message)}\n`;
    if (chunk.length < CHUNK_BYTES) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}

/** An error that ends a stream. Deno prints it: without its stack it is one line. */
function endOf(reason: string): Error {
  const error = new Error(`An export has ended early: ${reason}`);
  delete error.stack;
  return error;
}

/**
 * A stream that reads texts as fast as its client takes them. It fails where they do, when the client
 * has taken none for a while, and when the server is going away: its connection is then cut, so that
 * nobody takes a part for the whole.
 */
function pulled(
  { context: { config }, place }: Call,
  texts: AsyncGenerator<string, void>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let fail = (_reason: string): void => {};
  const release = place.hold(() => fail("The server is going away"));
  const end = (): void => {
    clearTimeout(timer);
    release();
  };
  return new ReadableStream({
    start(controller) {
      fail = (reason) => {
        end();
        controller.error(endOf(reason));
      };
      timer = setTimeout(() => fail("Nobody reads"), config.stuckMs);
    },
    async pull(controller) {
      clearTimeout(timer);
      try {
        const { done, value } = await texts.next();
        if (done) {
          end();
          return controller.close();
        }
        controller.enqueue(encoder.encode(value));
        timer = setTimeout(() => fail("The client reads too slowly"), config.stuckMs);
      } catch (cause) {
        end();
        throw cause;
      }
    },
    async cancel() {
      end();
      await texts.return();
    },
  }, { highWaterMark: 0 });
}
