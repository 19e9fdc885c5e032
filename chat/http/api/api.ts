/**
 * The HTTP API: finds the resource of a request and its caller, and completes the response.
 *
 * @module
 */

import { type Caller, identifyCaller } from "../../commands/caller.ts";
import { failure } from "../../commands/context.ts";
import type { Config } from "../../config/config.ts";
import type { Hub } from "../../hub.ts";
import type { Address } from "../../limits/addresses.ts";
import { type ErrorEvent, refusal } from "../../protocol/types.ts";
import type { Timers } from "../../runtime/timers.ts";
import { clientAddress, isOriginAllowed, isProxied, proxyUser } from "../access.ts";
import { queryOf } from "../request.ts";
import type { Act, Call, Resource } from "./call.ts";
import { preflightResponse, shareResponse } from "./cors.ts";
import { readCredentials } from "./credentials.ts";
import { errorResponse, refuseCall } from "./errors.ts";
import { matchPath, type PathParameters } from "./paths.ts";

/** Parts of an {@linkcode Api}. */
export interface ApiOptions extends Pick<Config, "trustProxy" | "allowedOrigins" | "userHeader"> {
  readonly hub: Hub;
  readonly timers: Pick<Timers, "now">;
  /** The milliseconds that a body may take. */
  readonly bodyMs: number;
}

/** The start of the paths of the API. */
export const API_PREFIX = "/api/";

interface Found {
  readonly path: PathParameters;
  readonly acts: ReadonlyMap<string, Act>;
  /** The methods, for `Allow`. */
  readonly methods: readonly string[];
}

/** Responds to the requests of the HTTP API. */
export class Api {
  readonly #options: ApiOptions;
  readonly #resources: readonly Resource[];

  constructor(resources: readonly Resource[], options: ApiOptions) {
    this.#resources = resources;
    this.#options = options;
  }

  /**
   * Responds to a request.
   *
   * @param path of the request, as the client wrote it
   * @param peer the address at the other end of the TCP connection, "" if the peer has gone
   * @param sent settles when the response was sent, or can't be
   */
  async respond(
    request: Request,
    path: string,
    peer: string,
    sent: Promise<void>,
  ): Promise<Response> {
    const { headers } = request;
    const { hub: { metrics } } = this.#options;
    if (!isOriginAllowed(headers, this.#options)) return refuseCall("origin", metrics);
    const response = await this.#respond(request, this.#find(path), peer, sent);
    shareResponse(response, headers, this.#options).headers.set("cache-control", "no-store");
    return response;
  }

  #find(path: string): Found | undefined {
    for (const resource of this.#resources) {
      const parameters = matchPath(resource.path, path);
      if (parameters === undefined) continue;
      const acts = new Map(Object.entries(resource.acts));
      const get = acts.get("GET");
      if (get !== undefined) acts.set("HEAD", get);
      return { path: parameters, acts, methods: [...acts.keys(), "OPTIONS"] };
    }
    return undefined;
  }

  async #respond(
    request: Request,
    found: Found | undefined,
    peer: string,
    sent: Promise<void>,
  ): Promise<Response> {
    const { hub } = this.#options;
    const { headers, method } = request;
    if (found === undefined) return this.#refuse(refusal("not_found", "There is no such resource"));
    const { path, acts, methods } = found;
    if (method === "OPTIONS") return preflightResponse(methods);
    const act = acts.get(method);
    if (act === undefined) {
      const message = `This resource has ${methods.join(", ")}`;
      return errorResponse(refusal("bad_request", message), 405, { "allow": methods.join(", ") });
    }
    if (peer === "") return refuseCall("gone", hub.metrics);
    const name = clientAddress(headers, peer, this.#options);
    const place = hub.requests.begin(name, isProxied(headers, this.#options));
    if ("reason" in place) return refuseCall(place.reason, hub.metrics, place.retryMs);
    const release = place.hold();
    try {
      return await this.#call(act, { request, path, place, sent });
    } catch (cause) {
      return this.#refuse(failure(hub.context, { type: `${method} of the API` }, cause));
    } finally {
      release();
    }
  }

  async #call(
    act: Act,
    given: Pick<Call, "request" | "path" | "place" | "sent">,
  ): Promise<Response> {
    const { hub, timers, bodyMs } = this.#options;
    const { request: { headers, url }, place: { address } } = given;
    const query = new URLSearchParams(queryOf(url));
    const caller = await this.#identify(headers, query, address);
    if ("code" in caller) return this.#refuse(caller);
    const { context } = hub;
    const answer = await act({ ...given, hub, context, query, caller, timers, bodyMs });
    if (!(answer instanceof Response)) return this.#refuse(answer);
    // Those of bodies, which have a status of their own.
    if (answer.status >= 400) {
      context.metrics.errors[answer.status === 429 ? "rate_limited" : "bad_request"]++;
    }
    return answer;
  }

  /** The caller of a request, or the refusal. */
  #identify(
    headers: Headers,
    query: URLSearchParams,
    address: Address,
  ): Promise<Caller | ErrorEvent> | ErrorEvent {
    const { hub: { context }, timers, userHeader } = this.#options;
    const credentials = readCredentials(headers, query, {
      needsToken: context.tokens !== undefined,
      isNamedByProxy: userHeader !== "",
    });
    if (typeof credentials === "string") return refusal("bad_request", credentials);
    const origin = { address, proxyUser: proxyUser(headers, this.#options) };
    return identifyCaller(context, origin, credentials, timers.now);
  }

  #refuse(error: ErrorEvent): Response {
    this.#options.hub.metrics.errors[error.code]++;
    return errorResponse(error);
  }
}
