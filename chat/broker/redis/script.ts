/**
 * Scripts by their digests, which Redis keeps.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Call } from "./client.ts";
import { type Argument, type Reply, ReplyError } from "./resp.ts";

/** A script, and the digest by which it is called. */
export class Script {
  readonly source: string;
  readonly digest: string;

  constructor(source: string) {
    this.source = source;
    this.digest = createHash("sha1").update(source).digest("hex");
  }

  /** The command that runs it on the keys below a prefix. */
  command(prefix: string, args: readonly Argument[]): readonly Argument[] {
    return ["EVALSHA", this.digest, 1, prefix, ...args];
  }
}

/** Runs a command of a script. Loads the script where Redis has none of its digest. */
export async function runLoaded<Result>(
  call: Call,
  { source }: Script,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ReplyError) || error.code !== "NOSCRIPT") throw error;
    await call(["SCRIPT", "LOAD", source]);
    return await run();
  }
}

/** Runs a script. */
export function runScript(
  call: Call,
  script: Script,
  prefix: string,
  args: readonly Argument[],
  deadlineMs?: number,
): Promise<Reply> {
  return runLoaded(call, script, () => call(script.command(prefix, args), deadlineMs));
}
