/**
 * How this project's server is started for a measurement.
 *
 * @module
 */

import project from "../../deno.json" with { type: "json" };
import { output, ROOT } from "./processes.ts";

/** A server to measure. It listens on `PORT` of 127.0.0.1. */
export interface ServerCommand {
  readonly name: string;
  readonly command: readonly string[];
}

/** The folder in which measured servers may keep messages. */
export const DATA = "bench/data";

const START = project.tasks.start.command;

/** The environment that `deno task start` and `main.ts` set, for every measured server. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(START.matchAll(/\b([A-Z_]+)=(\S+)/g).map(([, ...setting]) => setting)),
  DENO_USE_WRITEV: "1",
  // Unless it is said otherwise, measured servers keep messages in memory, as others do.
  CHAT_DATA: "none",
};

/** Settings that lift Parley's limits on rates and connections. All others keep their defaults. */
export const UNLIMITED = {
  CHAT_COMMANDS_PER_SECOND: "0",
  CHAT_CONNECTIONS_PER_ADDRESS: "0",
  CHAT_MAX_CONNECTIONS: "0",
  CHAT_MESSAGE_BURST: "0",
};

/** `deno run`, with the permissions of a server. It cannot read `.env`, which would add settings. */
export const DENO_SERVER: readonly string[] = [
  ...[Deno.execPath(), "run"],
  ...["--allow-net", "--allow-env", `--allow-read=static,${DATA}`, `--allow-write=${DATA}`],
];

/** This project's server, with the V8 flags of `deno task start`. */
export async function parley(): Promise<ServerCommand> {
  return { name: "Parley", command: await parleyCommand("main.ts") };
}

/** The command for a script that runs this project's server, with its permissions or others. */
export async function parleyCommand(script: string, deno = DENO_SERVER): Promise<string[]> {
  const std = (await output(Deno.execPath(), "task", "-q", "std")).split(/\s+/).filter((flag) =>
    flag !== ""
  );
  const v8Flags = START.match(/--v8-flags=\S+/) ?? [];
  return [...deno, ...v8Flags, ...std, `${ROOT}/${script}`];
}
