/**
 * Child processes on cores of their own: the server on one, the load generator on another.
 *
 * @module
 */

/** The project's folder. */
export const ROOT = `${import.meta.dirname}/../..`;

/** The file descriptors of a process: more than any load has connections. */
const OPEN_FILES = 16_384;

let pinning: boolean | undefined;

/** Whether processes are pinned to cores on this machine. */
export function isPinning(): boolean {
  return pinning ??= navigator.hardwareConcurrency > 1 && hasTaskset();
}

/** Starts a process on a core. */
export function spawn(
  command: readonly string[],
  core: 0 | 1,
  options: Omit<Deno.CommandOptions, "args" | "cwd">,
): Deno.ChildProcess {
  const pin = isPinning() ? ["taskset", "-c", String(core)] : [];
  // `exec` gives the process the shell's id.
  const script = `ulimit -n ${OPEN_FILES} 2>/dev/null || ulimit -n $(ulimit -Hn); exec "$@"`;
  const args = ["-c", script, "sh", ...pin, ...command];
  return new Deno.Command("sh", { ...options, args, cwd: ROOT }).spawn();
}

/** A script that works in a process of its own until it is disposed of. */
export interface Worker<Result> extends Disposable {
  readonly result: Promise<Result>;
}

/**
 * Starts a script of bench/ on the core beside the server's. The script gets its job as JSON in its
 * first argument, prints its result as one line of JSON, and is killed after `timeoutMs`.
 */
export function spawnWorker<Result>(
  script: string,
  job: unknown,
  timeoutMs: number,
): Worker<Result> {
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
  const timeout = setTimeout(kill, timeoutMs);
  return {
    result: firstLine(child.stdout).then((line) => JSON.parse(line)),
    [Symbol.dispose](): void {
      clearTimeout(timeout);
      kill();
    },
  };
}

/**
 * The other side of {@linkcode spawnWorker}: runs this script's job and prints the result. The
 * process, and its connections, stay until its input ends.
 */
export async function work<Job>(run: (job: Job) => Promise<unknown>): Promise<void> {
  console.log(JSON.stringify(await run(JSON.parse(Deno.args[0] ?? ""))));
  await Deno.stdin.read(new Uint8Array(1));
  Deno.exit(0);
}

async function firstLine(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.includes("\n")) return text.slice(0, text.indexOf("\n"));
  }
  throw new Error("The script ended without printing a result");
}

function hasTaskset(): boolean {
  try {
    return new Deno.Command("taskset", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}

/** Runs a command in the project's folder. Returns what it printed. */
export async function output(command: string, ...args: string[]): Promise<string> {
  const options = { args, cwd: ROOT, stderr: "inherit" } as const;
  const { success, stdout } = await new Deno.Command(command, options).output();
  if (!success) throw new Error(`Cannot run ${command} ${args.join(" ")}`);
  return new TextDecoder().decode(stdout);
}
