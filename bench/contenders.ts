/**
 * The servers that are compared, and how each is started.
 *
 * @module
 */

import project from "../deno.json" with { type: "json" };
import type { DialectName } from "./dialects.ts";

/** A server that can be started. It listens at `PORT` of 127.0.0.1. */
export interface Contender {
  readonly name: string;
  readonly dialect: DialectName;
  readonly command: readonly string[];
  /** Whether it is left out of what takes slow servers minutes. */
  readonly slow: boolean;
}

/** Where the project is. */
export const ROOT = `${import.meta.dirname}/..`;

/** The packages of the peers, in the versions that are compared. */
const PACKAGES = ["bun@1.4.5", "socket.io@4.8.4", "ws@8.23.0"];

const here = import.meta.dirname ?? "";

const START = project.tasks.start.command;

/** The environment that `deno task start` and `main.ts` set. Every contender has it. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(START.matchAll(/\b([A-Z_]+)=(\S+)/g).map(([, ...setting]) => setting)),
  DENO_USE_WRITEV: "1",
};

/** Parley's limits on rates and connections, lifted; all else is as it is by default. */
export const UNLIMITED = {
  CHAT_COMMANDS_PER_SECOND: "0",
  CHAT_CONNECTIONS_PER_ADDRESS: "0",
  CHAT_MAX_CONNECTIONS: "0",
  CHAT_MESSAGE_BURST: "0",
};

const DENO_RUN = [Deno.execPath(), "run"];
/** Without the right to read `.env`: no setting but the ones in here is compared. */
const PERMISSIONS = ["--allow-net", "--allow-env", "--allow-read=static"];

/** This project's server, with the engine's flags of `deno task start`. */
export async function parley(): Promise<Contender> {
  const std = (await output(Deno.execPath(), "task", "-q", "std")).split(/\s+/).filter((flag) =>
    flag !== ""
  );
  const engine = START.match(/--v8-flags=\S+/) ?? [];
  const flags = [...engine, ...std, ...PERMISSIONS];
  return {
    name: "Parley",
    dialect: "chat.v1",
    slow: false,
    command: [...DENO_RUN, ...flags, `${ROOT}/main.ts`],
  };
}

/** All contenders, the one that the others are compared with first. */
export async function contenders(): Promise<readonly Contender[]> {
  await installPackages();
  const chat = { dialect: "chat.v1", slow: false } as const;
  return [
    await parley(),
    {
      ...chat,
      name: "bare prototype",
      command: [...DENO_RUN, ...PERMISSIONS, `${here}/peer_prototype.ts`],
    },
    {
      ...chat,
      name: "Bun publish",
      command: [`${here}/node_modules/.bin/bun`, `${here}/peer_bun.mjs`],
    },
    { ...chat, name: "Node ws", slow: true, command: ["node", `${here}/peer_ws.mjs`] },
    {
      name: "Socket.IO",
      dialect: "socket.io",
      slow: true,
      command: ["node", `${here}/peer_socketio.mjs`],
    },
  ];
}

/** The versions of what the contenders run on. */
export async function versions(): Promise<Readonly<Record<string, string>>> {
  return {
    deno: Deno.version.deno,
    node: (await output("node", "--version")).trim(),
    ...Object.fromEntries(PACKAGES.map((each) => each.split("@"))),
  };
}

async function installPackages(): Promise<void> {
  try {
    await Deno.stat(`${here}/node_modules/.bin/bun`);
  } catch {
    console.error(`Installing ${PACKAGES.join(", ")}`);
    const options = ["--prefix", here, "--no-save", "--no-package-lock", "--silent"];
    await output("npm", "install", ...options, ...PACKAGES);
  }
}

async function output(command: string, ...args: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(command, {
    args,
    cwd: ROOT,
    stderr: "inherit",
  })
    .output();
  if (!success) throw new Error(`Cannot run ${command} ${args.join(" ")}`);
  return new TextDecoder().decode(stdout);
}
