/**
 * The task "compile": makes one binary with the page inside, for this platform or another one.
 *
 * @module
 */

import { parseArgs } from "node:util";

/** The platforms for which Deno has a base binary. */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
] as const;

/** A platform. */
export type Target = typeof TARGETS[number];

const ROOT = `${import.meta.dirname}/..`;

/** The flags of the task "start", which the binary keeps. */
export const FLAGS: readonly string[] = [
  "--v8-flags=--max-semi-space-size=8",
  "--allow-net",
  "--allow-env",
  "--allow-sys=systemMemoryInfo,uid",
  "--allow-read",
  "--allow-write",
];

/** The name of the binary. */
export function binaryName(target: Target): string {
  return target.includes("windows") ? "parley.exe" : "parley";
}

/** Makes a binary. */
export async function compile(target: Target, output: string): Promise<void> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "std"],
    cwd: ROOT,
  }).output();
  const std = new TextDecoder().decode(stdout).split(/\s+/).filter((flag) => flag !== "");
  const where = [`--target=${target}`, `--output=${output}`];
  const args = ["compile", ...std, ...where, ...FLAGS, "--include=static", "main.ts"];
  const { success } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).spawn().status;
  if (!success) throw new Error(`Cannot compile for ${target}`);
}

/** Reads `--target=` of a command line: a list of platforms, none if it is not there. */
export function parseTargets(args: readonly string[]): Target[] {
  const options = { target: { type: "string", multiple: true } } as const;
  const { target = [] } = parseArgs({ args: [...args], options }).values;
  return target.map((text) => {
    const found = TARGETS.find((each) => each === text);
    if (found !== undefined) return found;
    throw new RangeError(`Cannot compile for "${text}": the platforms are ${TARGETS.join(", ")}`);
  });
}

/** Runs a task, and ends the process with one line if it can't be done. */
export async function runTask(task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}

if (import.meta.main) {
  await runTask(async () => {
    const here = TARGETS.find((target) => target === Deno.build.target);
    const [target = here, ...others] = parseTargets(Deno.args);
    if (others.length > 0) throw new RangeError("Cannot compile for several platforms at once");
    if (target === undefined) throw new RangeError("Cannot compile here without a --target");
    await compile(target, `${ROOT}/${binaryName(target)}`);
  });
}
