/**
 * The servers that are compared, and how each of them is started.
 *
 * @module
 */

import { DENO_SERVER, parley, type ServerCommand } from "../support/parley.ts";
import { output } from "../support/processes.ts";
import type { ProtocolName } from "./protocols.ts";

/** A server that is compared with the others. */
export interface Contender extends ServerCommand {
  readonly protocol: ProtocolName;
  /** Whether trials that would take it minutes leave it out. */
  readonly slow: boolean;
  /** `CHAT_SYNC` of a server that keeps messages in a file. */
  readonly sync?: "full" | "normal";
}

/** The npm packages of the peers, in the versions that are compared. */
const PACKAGES = ["bun@1.4.5", "socket.io@4.8.4", "ws@8.23.0"];

/** The names of this project's server where it keeps messages, by `CHAT_SYNC`. */
export const KEPT = { full: "kept, full", normal: "kept, normal" } as const;

const HERE = import.meta.dirname ?? "";
const PEERS = `${HERE}/peers`;

const chat = { protocol: "chat.v1", slow: false } as const;

/** This project's server, with messages in memory and kept in a file. */
export async function ownContenders(): Promise<readonly Contender[]> {
  const inMemory = { ...chat, ...await parley() };
  return [
    inMemory,
    { ...inMemory, name: KEPT.full, sync: "full" },
    { ...inMemory, name: KEPT.normal, sync: "normal" },
  ];
}

/** All contenders. The first is the one that the others are compared with. */
export async function contenders(): Promise<readonly Contender[]> {
  await installPackages();
  return [
    ...await ownContenders(),
    { ...chat, name: "bare prototype", command: [...DENO_SERVER, `${PEERS}/prototype.ts`] },
    {
      ...chat,
      name: "Bun publish",
      command: [`${HERE}/node_modules/.bin/bun`, `${PEERS}/bun.mjs`],
    },
    { ...chat, name: "Node ws", slow: true, command: ["node", `${PEERS}/ws.mjs`] },
    {
      name: "Socket.IO",
      protocol: "socket.io",
      slow: true,
      command: ["node", `${PEERS}/socketio.mjs`],
    },
  ];
}

/** The versions of the contenders' runtimes and packages. */
export async function versions(): Promise<Readonly<Record<string, string>>> {
  return {
    deno: Deno.version.deno,
    node: (await output("node", "--version")).trim(),
    ...Object.fromEntries(PACKAGES.map((each) => each.split("@"))),
  };
}

async function installPackages(): Promise<void> {
  try {
    await Deno.stat(`${HERE}/node_modules/.bin/bun`);
  } catch {
    console.error(`Installing ${PACKAGES.join(", ")}`);
    const options = ["--prefix", HERE, "--no-save", "--no-package-lock", "--silent"];
    await output("npm", "install", ...options, ...PACKAGES);
  }
}
