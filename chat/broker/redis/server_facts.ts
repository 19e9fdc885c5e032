/**
 * Version, run id and eviction policy of a server, as INFO tells them.
 *
 * @module
 */

import type { Call } from "./client.ts";
import { textIn } from "./replies.ts";
import { ReplyError } from "./resp.ts";

/** Facts about a server. */
export interface ServerFacts {
  /** Another one after each start; empty: unknown. */
  readonly runId: string;
  readonly policy: string | undefined;
  /** The reason for which it can't be used. */
  readonly problem: string | undefined;
}

/** The oldest version with all commands that are used: XTRIM MINID. */
const MIN_VERSION = [6, 2] as const;

/** Reads what a server tells of itself. Some offerings forbid it. */
export async function readServer(call: Call): Promise<ServerFacts> {
  try {
    return factsIn(textIn(await call(["INFO", "server"])), textIn(await call(["INFO", "memory"])));
  } catch (error) {
    if (!(error instanceof ReplyError) || !/^(?:NOPERM|ERR)\b/.test(error.message)) throw error;
    return { runId: "", policy: undefined, problem: undefined };
  }
}

/** The facts in two sections of INFO. */
export function factsIn(server: string, memory: string): ServerFacts {
  const version = fieldOf(server, "redis_version");
  const [major = 0, minor = 0] = version?.split(".").map(Number) ?? [];
  const isOld = version !== undefined &&
    (major < MIN_VERSION[0] || (major === MIN_VERSION[0] && minor < MIN_VERSION[1]));
  return {
    runId: fieldOf(server, "run_id") ?? "",
    policy: fieldOf(memory, "maxmemory_policy"),
    problem: isOld
      ? `it is Redis ${version}, and ${MIN_VERSION.join(".")} or newer is needed, or Valkey`
      : undefined,
  };
}

/** A warning of a policy by which Redis forgets messages when it is full. */
export function policyWarning({ policy }: ServerFacts): string | undefined {
  return policy === undefined || policy === "noeviction" ? undefined : policy;
}

function fieldOf(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1];
}
