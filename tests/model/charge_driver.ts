/**
 * Pages on a server with roles, for tests of `reduce`.
 *
 * @module
 */

import type {
  Command,
  ErrorEvent,
  JoinedEvent,
  ServerEvent,
  Settings,
} from "../../chat/protocol/types.ts";
import { Page, YOU } from "./page_driver.ts";

export const SETTINGS: Settings = {
  topic: "",
  owner: YOU.id,
  moderators: [],
  locked: false,
  readOnly: false,
  slowMs: 0,
  listed: false,
};

/** A page that has joined the lobby, which the user owns. */
export function charged(joined: Partial<JoinedEvent> = {}): Page {
  const page = welcomes(new Page()).joined({ settings: SETTINGS, ...joined });
  page.effects = [];
  return page;
}

/** Connects a page to a server with roles. */
export function welcomes(page: Page): Page {
  page.opens();
  return page.hears({
    type: "welcome",
    ref: page.state.pending.find(({ type }) => type === "hello")?.ref ?? "",
    version: 1,
    you: YOU,
    heartbeatMs: 25_000,
    limits: { text: 4000, name: 32, frame: 16_384, history: 200 },
    title: "Parley",
    features: ["talk", "charge"],
  });
}

/** The commands of a type that were sent since this was last asked, without type and ref. */
export function asked(page: Page, type: Command["type"]): unknown[] {
  return page.sent(type).map((command) => {
    const { type: _type, ref: _ref, ...rest } = command as unknown as Record<string, unknown>;
    return rest;
  });
}

/** Answers the oldest command of a type that waits. */
export function answers(
  page: Page,
  type: Command["type"],
  event: Omit<ServerEvent & { ref?: string }, "ref"> & Record<string, unknown>,
): Page {
  const ref = page.state.pending.find((command) => command.type === type)?.ref;
  if (ref === undefined) throw new Error(`No ${type} waits`);
  return page.hears({ ...event, ref } as unknown as ServerEvent);
}

/** Refuses the oldest command of a type that waits. */
export function refuses(
  page: Page,
  type: Command["type"],
  code: ErrorEvent["code"],
  retryMs?: number,
): Page {
  const retry = retryMs === undefined ? {} : { retryMs };
  return answers(page, type, { type: "error", code, message: code, ...retry });
}
