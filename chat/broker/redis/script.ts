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
}

/**
 * Runs the command of a script on the keys below a prefix: by its digest, or, where Redis has none of it,
 * by its source, which Redis has from then on.
 */
export async function runLoaded<Result>(
  { source, digest }: Script,
  prefix: string,
  args: readonly Argument[],
  run: (command: readonly Argument[]) => Promise<Result>,
): Promise<Result> {
  try {
    return await run(["EVALSHA", digest, 1, prefix, ...args]);
  } catch (error) {
    if (!(error instanceof ReplyError) || error.code !== "NOSCRIPT") throw error;
    return await run(["EVAL", source, 1, prefix, ...args]);
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
  return runLoaded(script, prefix, args, (command) => call(command, deadlineMs));
}
