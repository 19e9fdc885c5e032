/**
 * Attacks by HTTP requests: costly headers, large bodies, high rates.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { Stopwatch } from "../support/stopwatch.ts";
import { type Attack, type AttackTarget, ONE_ADDRESS } from "./attack.ts";
import { AttackClient } from "./attack_client.ts";
import { LANES, repeat } from "./attack_steps.ts";

/** A header list with 60,000 spaces. */
const SPACES = `x${" ".repeat(60_000)}x`;

/** The same, shortened to the 8 kB that proxies let through. */
const SHORT_SPACES = `${SPACES.slice(0, 8000)}x`;

/** The requests that read a list from a header. */
const listRequests = (list: string): string[] => [
  `GET /ws HTTP/1.1\r\nConnection: ${list}`,
  `GET / HTTP/1.1\r\nIf-None-Match: ${list}`,
  `GET / HTTP/1.1\r\nAccept-Encoding: ${list}`,
];

/** Sends requests one after the other on each lane. Returns the number of answers by status. */
async function requestInLoop(
  target: AttackTarget,
  lanes: number,
  heads: readonly string[],
  from?: string,
): Promise<string> {
  const requests = heads.map((head) => Buffer.from(`${head}\r\nHost: 127.0.0.1\r\n\r\n`));
  const clients: AttackClient[] = [];
  const answers: Record<string, number> = {};
  await repeat(target, lanes, async (i, lane) => {
    let client = clients[lane];
    if (client === undefined || client.ended) {
      client = clients[lane] = await AttackClient.connect(target.port, from);
    }
    const answer = client.receive("\r\n\r\n");
    await client.send(requests[i % requests.length] ?? Buffer.alloc(0));
    const [, status = "none"] = /HTTP\/1\.1 (\d+)/.exec(await answer) ?? [];
    answers[status] = (answers[status] ?? 0) + 1;
  });
  return Object.entries(answers).map(([status, times]) => `${times} × ${status}`).join(", ");
}

/** Sends requests with bodies of 100 MB, for as long as the server takes them. */
async function uploadInLoop(
  target: AttackTarget,
  lanes: number,
  requestLine: string,
): Promise<string> {
  const head = Buffer.from(
    `${requestLine}\r\nHost: 127.0.0.1\r\nContent-Length: 100000000\r\n\r\n`,
  );
  const piece = new Uint8Array(100_000);
  let pieces = 0;
  const stopwatch = new Stopwatch();
  const requests = await repeat(target, lanes, async () => {
    const client = await AttackClient.connect(target.port);
    await client.send(head);
    for (let i = 0; i < 1000 && !client.ended; i++, pieces++) {
      if (stopwatch.seconds >= target.seconds) break;
      await client.send(piece);
    }
    client.destroy();
  });
  return `${Math.round(pieces / 10)} MB of ${requests} bodies taken`;
}

export const REQUEST_ATTACKS: readonly Attack[] = [
  {
    name: "header lists with 60,000 spaces",
    run: (target) => requestInLoop(target, 8, listRequests(SPACES)),
  },
  {
    name: "header lists with the 8 kB of spaces that proxies let through",
    run: (target) => requestInLoop(target, 8, listRequests(SHORT_SPACES)),
  },
  {
    name: "/metrics and /healthz as fast as possible from one address",
    run: (target) =>
      requestInLoop(
        target,
        LANES,
        ["GET /metrics HTTP/1.1", "GET /healthz HTTP/1.1"],
        ONE_ADDRESS,
      ),
  },
  {
    name: "the page as fast as possible from one address",
    run: (target) =>
      requestInLoop(target, LANES, ["GET / HTTP/1.1\r\nAccept-Encoding: br"], ONE_ADDRESS),
  },
  {
    name: "POST bodies of 100 MB",
    run: (target) => uploadInLoop(target, 8, "POST / HTTP/1.1"),
  },
  {
    name: "GET bodies of 100 MB, which the runtime hides from the server",
    run: (target) => uploadInLoop(target, 8, "GET / HTTP/1.1"),
  },
];
