/**
 * Calls of the HTTP API: a request together with its caller.
 *
 * @module
 */

import type { Caller } from "../../commands/caller.ts";
import type { Context } from "../../commands/context.ts";
import type { Hub } from "../../hub.ts";
import type { Place } from "../../requests.ts";
import type { ErrorEvent } from "../../protocol/types.ts";
import type { Timers } from "../../runtime/timers.ts";
import { sizedResponse } from "../sized_response.ts";
import type { PathParameters } from "./paths.ts";

/** A request of the HTTP API. */
export interface Call {
  readonly hub: Hub;
  readonly context: Context;
  readonly request: Request;
  /** Settles when the response was sent, or can't be. */
  readonly sent: Promise<void>;
  /** The parameters of the path. */
  readonly path: PathParameters;
  readonly query: URLSearchParams;
  /** May be banned from the server, or not allowed in the room of the path. */
  readonly caller: Caller;
  readonly timers: Pick<Timers, "now">;
  /** The milliseconds that a body may take. */
  readonly bodyMs: number;
  /** Held until the response begins. A stream must hold it, too. */
  readonly place: Place;
}

/** Responds to a call, or says why it is refused. What it throws is logged. */
export type Act = (call: Call) => Promise<Response | ErrorEvent>;

/** The resources of the HTTP API: a pattern of paths, and the act of each method. */
export interface Resource {
  readonly path: string;
  readonly acts: Readonly<Partial<Record<"GET" | "POST" | "PATCH" | "DELETE", Act>>>;
}

/**
 * The body of a response to HEAD where GET does not tell the length either. Without a body, the runtime
 * would say that there are no bytes.
 */
export function bodyOfHead(): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({ start: (controller) => controller.close() });
}

/** A response with a JSON text. */
export function jsonResponse(json: string, status = 200): Response {
  return sizedResponse(json, "application/json", { status });
}
