/**
 * The time that the costliest requests of the HTTP API take on a server with full rooms: a part of
 * `deno task bench:micro`.
 *
 * @module
 */

import { Api } from "../../chat/http/api/api.ts";
import { RESOURCES } from "../../chat/http/api/resources.ts";
import { FakeHub, UNLIMITED } from "../../tests/support/fake_hub.ts";
import { table } from "../support/table.ts";
import { Stopwatch } from "../support/stopwatch.ts";

const TIMES = 20;

const LARGEST_TEXT = "\u4e00".repeat(4000);

/** A body as large as it may be. */
const MAX_BODY = 65_536;

const fake = new FakeHub({
  messageRate: UNLIMITED,
  connectionsPerAddress: Infinity,
  historyBytes: Infinity,
});
const api = new Api(RESOURCES, { ...fake.config, ...fake, bodyMs: 10_000 });

/** Rooms of 200 members, with 1,000 messages of 8 kB in the first. */
for (let i = 0; i < 200; i++) await fake.member(`member ${i}`, i % 2 === 0 ? "full" : "busy");
for (let i = 0; i < 200; i++) await fake.member(`another ${i}`, i % 2 === 0 ? "full" : "busy");

async function call(method: string, path: string, body?: string, type = "text/plain") {
  const [pathname = ""] = path.split("?");
  const request = new Request(`http://localhost${path}`, {
    method,
    headers: { authorization: "Bearer the key of a cron job", "content-type": type },
    ...body !== undefined && { body },
  });
  const responding = api.respond(request, pathname, "192.0.2.9", Promise.resolve());
  await fake.turn();
  const response = await responding;
  await response.bytes();
  return response;
}

for (let i = 0; i < 1000; i++) await call("POST", "/api/rooms/full/messages", LARGEST_TEXT);

const JSON_TYPE = "application/json";

/** The requests, by name. */
const REQUESTS: Readonly<Record<string, (i: number) => Parameters<typeof call>>> = {
  "GET rooms": () => ["GET", "/api/rooms"],
  "GET messages of a room that nobody has made": (i) => ["GET", `/api/rooms/x${i}/messages`],
  "GET messages, the newest (256 KiB)": () => ["GET", "/api/rooms/full/messages?limit=200"],
  "GET export, 24 MB": () => ["GET", "/api/rooms/full/export"],
  "POST 4,000 characters to 200": () => ["POST", "/api/rooms/busy/messages", LARGEST_TEXT],
  "POST to a room that is made": (i) => ["POST", `/api/rooms/y${i}/messages`, "a"],
  "POST with the costliest name": () => [
    "POST",
    `/api/rooms/busy/messages?name=${encodeURIComponent("\uFDFA".repeat(256))}`,
    "a",
  ],
  "POST 64 KiB of text": () => ["POST", "/api/rooms/busy/messages", "x".repeat(MAX_BODY)],
  "POST 64 KiB of brackets": () => {
    const half = MAX_BODY / 2;
    return ["POST", "/api/rooms/busy/messages", "[".repeat(half) + "]".repeat(half), JSON_TYPE];
  },
  "POST 6,000 unknown fields": () => {
    const fields = Array.from({ length: 6000 }, (_, i) => `"a${i}":1`).join(",");
    return ["POST", "/api/rooms/busy/messages", `{${fields}}`, JSON_TYPE];
  },
  "a query of 8,000 characters": () => [
    "GET",
    `/api/rooms/busy/messages?${"a=%41&".repeat(1330)}`,
  ],
};

const lines = await Array.fromAsync(Object.entries(REQUESTS), async ([name, requestOf]) => {
  const times: number[] = [];
  let status = 0;
  // The first half compiles.
  for (let i = 0; i < 2 * TIMES; i++) {
    const request = requestOf(i);
    const stopwatch = new Stopwatch();
    ({ status } = await call(...request));
    times.push(stopwatch.seconds * 1000);
  }
  const median = times.slice(TIMES).sort((a, b) => a - b)[TIMES / 2] ?? 0;
  return [name, `${status}`, median.toFixed(3)] as const;
});
console.log(table(["Request", "Status", "Answered, ms"], lines));
Deno.exit(0);
