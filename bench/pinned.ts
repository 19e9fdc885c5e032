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

/** A script that works on a server until it is disposed of. */
export interface Helper<Findings> extends Disposable {
  readonly findings: Promise<Findings>;
}

/**
 * Starts one of the scripts beside this one on a core of its own. It is given its job as JSON, and
 * prints its findings as one line of JSON.
 */
export function spawnHelper<Findings>(
  script: string,
  job: unknown,
  patienceMs: number,
): Helper<Findings> {
  const command = [Deno.execPath(), "run", "--no-lock", "--allow-all"];
  const child = spawn([...command, `${ROOT}/bench/${script}`, JSON.stringify(job)], 1, {
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  });
  let ended = false;
  child.status.then(() => ended = true);
  const kill = (): void => {
    if (!ended) child.kill("SIGKILL");
  };
  const patience = setTimeout(kill, patienceMs);
  return {
    findings: firstLine(child.stdout).then((line) => JSON.parse(line)),
    [Symbol.dispose](): void {
      clearTimeout(patience);
      kill();
    },
  };
}

async function firstLine(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.includes("\n")) return text.slice(0, text.indexOf("\n"));
  }
  throw new Error("The script ended without an answer");
}

async function hasTaskset(): Promise<boolean> {
  try {
    return (await new Deno.Command("taskset", { args: ["--version"], stdout: "null" }).output())
      .success;
  } catch {
    return false;
  }
}
