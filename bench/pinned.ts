/**
 * Processes that don't disturb each other: the server has one core, the load generator another.
 *
 * @module
 */

import { ROOT } from "./contenders.ts";

/** File descriptors of a process: more than there are connections, if the system lets us. */
const OPEN_FILES = 16_384;

/** Whether processes are pinned to cores here. */
export const pinning = navigator.hardwareConcurrency > 1 && await hasTaskset();

/** Starts a process on a core. */
export function spawn(
  command: readonly string[],
  core: 0 | 1,
  options: Omit<Deno.CommandOptions, "args" | "cwd">,
): Deno.ChildProcess {
  const pin = pinning ? ["taskset", "-c", String(core)] : [];
  // `exec`, so that the process has the shell's id.
  const script = `ulimit -n ${OPEN_FILES} 2>/dev/null || ulimit -n $(ulimit -Hn); exec "$@"`;
  const args = ["-c", script, "sh", ...pin, ...command];
  return new Deno.Command("sh", { ...options, args, cwd: ROOT }).spawn();
}

async function hasTaskset(): Promise<boolean> {
  try {
    return (await new Deno.Command("taskset", { args: ["--version"], stdout: "null" }).output())
      .success;
  } catch {
    return false;
  }
}
