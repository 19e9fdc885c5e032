/**
 * Requests of the HTTP API, on `fetch`.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { HOST, type TcpConnection } from "./tcp_connection.ts";

/** Parts of a request besides its path. */
export interface ApiRequest {
  readonly method?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a text as `curl -d` sends it. */
  readonly body?: string | Readonly<Record<string, unknown>>;
}

/** The answer to a request. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Of a text that is JSON. */
  // deno-lint-ignore no-explicit-any
  readonly json: any;
  /** Of a refusal. */
  readonly code: string | undefined;
}

/** Sends a request to a path below `/api/rooms`. With a body it is a `POST`, if nothing else is said. */
export async function api(
  port: number,
  path: string,
  { key, headers = {}, body, method = body === undefined ? "GET" : "POST" }: ApiRequest = {},
): Promise<ApiAnswer> {
  const type = typeof body === "string" ? "x-www-form-urlencoded" : "json";
  const response = await fetch(`http://${HOST}:${port}/api/rooms${path}`, {
    method,
    headers: {
      ...body !== undefined && { "content-type": `application/${type}` },
      ...key !== undefined && { "authorization": `Bearer ${key}` },
      ...headers,
    },
    ...body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) },
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type") === "application/json";
  const json = isJson && text !== "" ? JSON.parse(text) : undefined;
  return {
    ...{ status: response.status, headers: response.headers, text, json },
    code: json?.error?.code,
  };
}

/** The status of an answer, and its code if it is a refusal. */
export function outcomeOf({ status, code }: ApiAnswer): string {
  return code === undefined ? `${status}` : `${status} ${code}`;
}

/**
 * Begins to post a message of one character to the room "ops". Resolves when the server waits for its
 * body, which is still to be written.
 */
export async function beginPost(wire: TcpConnection): Promise<void> {
  const { status } = await wire.ask(
    "POST /api/rooms/ops/messages HTTP/1.1",
    `Host: ${HOST}`,
    "Content-Length: 1",
    "Expect: 100-continue",
  );
  assertEquals(status, 100);
}
