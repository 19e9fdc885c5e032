/**
 * The first commands on a connection: AUTH and SELECT.
 *
 * @module
 */

import type { RedisUrl } from "../../config/redis_url.ts";
import { type Argument, type Reply, ReplyError } from "./resp.ts";

/** Logs in, and selects the database. */
export async function login(
  { user, password, database }: RedisUrl,
  call: (args: readonly Argument[]) => Promise<Reply>,
): Promise<void> {
  if (password !== undefined) {
    try {
      await call(user === undefined ? ["AUTH", password] : ["AUTH", user, password]);
    } catch (error) {
      throw error instanceof ReplyError ? withoutArguments(error, password) : error;
    }
  }
  if (database !== 0) await call(["SELECT", database]);
  // Without a password where one is needed, this is what Redis refuses.
  await call(["PING"]);
}

/** Some servers repeat what they refuse: "unknown command 'AUTH', with args beginning with: …". */
function withoutArguments(error: ReplyError, password: string): ReplyError {
  const end = error.message.search(/,? with args\b/);
  const message = end < 0 ? error.message : error.message.slice(0, end);
  return new ReplyError(message.includes(password) ? `${error.code} to AUTH` : message);
}
