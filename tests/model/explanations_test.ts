import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ErrorCode } from "../../chat/protocol/types.ts";
import { IDLE } from "../../static/client/connection.js";
import {
  explainClosure,
  explainJoin,
  explainMessage,
  explainName,
  explainPass,
  explainStop,
} from "../../static/model/explanations.js";
import { explainOutage, type Outage } from "../../static/model/outage.js";
import { online, Page } from "./page_driver.ts";

const KNOWN: Record<ErrorCode, true> = {
  bad_request: true,
  not_welcome: true,
  forbidden: true,
  not_found: true,
  emoji_invalid: true,
  too_many_reactions: true,
  not_joined: true,
  name_invalid: true,
  name_taken: true,
  room_invalid: true,
  text_invalid: true,
  rate_limited: true,
  too_many_rooms: true,
  room_full: true,
  unavailable: true,
  internal: true,
  unauthorized: true,
  kicked: true,
  muted: true,
  banned: true,
  read_only: true,
};
/** With one of a later server. */
const CODES = [...Object.keys(KNOWN), "another"];
const OUTAGES: Outage[] = [
  "sent_away",
  "busy",
  "guessed",
  "stopping",
  "full",
  "crowded",
  "forbidden",
  "blocked",
  "unreachable",
];

/** Words that only programmers know. */
const JARGON = /server|websocket|proxy|socket|http|address|request|upgrade|json|utf|_|"|\bcode\b/i;

Deno.test("explanations have no words of programmers", () => {
  const connection = { ...IDLE, attempt: 9 };
  const texts = [
    ...CODES.flatMap((code) => [
      ...[true, false].map((hasPassword) =>
        explainJoin(code, { room: "lobby", name: "Ada", joinedCount: 20, hasPassword })
      ),
      explainName({ code, retryMs: 90_000 }, 32),
      explainMessage({ code, retryMs: 90_000 }),
    ]),
    ...(["password", "token"] as const).flatMap((needs) => [
      explainStop(needs),
      ...(["wrong", "expired", "guessed"] as const).map((reason) => explainPass(needs, reason)),
    ]),
    explainStop("proxy"),
    ...OUTAGES.map((outage) => explainOutage({ connection, hasNetwork: true, outage })),
    ...[1003, 1009, 4500, 4501, 4502, 4503, 4777].map(explainClosure),
  ];
  for (const text of texts) {
    assertMatch(text, /^[“#\p{L}].*[.…]$/u);
    assertEquals(JARGON.exec(text)?.[0], undefined, text);
  }
});

Deno.test("explainMessage() says when to try again", () => {
  const waits = [1, 60_000, 61_000, 5 * 3_600_000, 30 * 86_400_000].map((retryMs) =>
    explainMessage({ code: "kicked", retryMs }).replace(/^.*Come back in /, "")
  );
  assertEquals(waits, ["1 minute.", "1 minute.", "2 minutes.", "5 hours.", "30 days."]);
  assert(!explainMessage({ code: "muted" }).includes("Come back"));
});

Deno.test("reduce() does not show the server's own texts", () => {
  const error = { type: "error", message: "A connection may join at most 20 rooms" } as const;
  for (const code of Object.keys(KNOWN) as ErrorCode[]) {
    const page = new Page().welcomed();
    for (const { ref = "" } of page.state.pending) page.hears({ ...error, ref, code });
    const named = online().does({ type: "name_chosen", name: "Ada L" });
    for (const { ref = "" } of named.state.pending) named.hears({ ...error, ref, code });
    const sent = online().submits("a").hears({ ...error, ref: "a", code });
    const state = JSON.stringify([page.state, named.state, sent.state]);
    assertEquals(state.includes("A connection"), false, code);
  }
});
