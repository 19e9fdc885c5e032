/**
 * A room as an event stream: `GET /api/rooms/{room}/events`.
 *
 * @module
 */

import { unavailable } from "../../commands/context.ts";
import { follow } from "../../commands/follow.ts";
import { isPosition } from "../../protocol/parse.ts";
import { type ErrorEvent, refusal } from "../../protocol/types.ts";
import { EventStreamBody } from "../event_stream_body.ts";
import { bodyOfHead, type Call } from "./call.ts";
import { refusedCall } from "./errors.ts";

const HEADERS = {
  "content-type": "text/event-stream",
  // Or nginx would keep events until it has 4 KiB of them.
  "x-accel-buffering": "no",
};

/** Streams the events of a room. The stream takes a place of a connection until its response is over. */
export async function streamEvents(call: Call): Promise<Response | ErrorEvent> {
  const { context, hub, request: { headers, method }, path, caller, timers, sent } = call;
  const since = headers.get("last-event-id") ?? undefined;
  if (since !== undefined && !isPosition(since)) {
    return refusal("bad_request", '"Last-Event-ID" must be a ULID');
  }
  const { name } = caller.address;
  const refused = hub.refuse(name);
  if (refused !== undefined) return refusedCall(refused.reason, hub.metrics, refused.retryMs);
  const address = hub.reserve(name);
  let isStreaming = false;
  const followed = { room: path["room"] ?? "", since: since?.toUpperCase() };
  try {
    return await follow(context, caller, followed, timers.now, (room, start) => {
      if (hub.draining) return unavailable("The server is going away", undefined);
      if (method === "HEAD") return new Response(bodyOfHead(), { headers: HEADERS });
      const body = new EventStreamBody();
      const stream = hub.streams.open(body, caller, room, start);
      isStreaming = true;
      const end = () => {
        hub.streams.end(stream);
        hub.release(address);
      };
      sent.then(end, end);
      return new Response(body.stream, { headers: HEADERS });
    });
  } finally {
    if (!isStreaming) hub.release(address);
  }
}
