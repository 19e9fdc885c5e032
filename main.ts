/**
 * The entry point of the server process.
 *
 * @module
 */

import { resolve } from "node:path";
import process from "node:process";
import { parseCommandLine } from "./chat/config/command_line.ts";
import { frameBytesFor, parseConfig } from "./chat/config/config.ts";
import { helpText } from "./chat/config/help.ts";
import { loadAssets } from "./chat/http/assets.ts";
import { createChat, DataFolderError, openBroker } from "./chat/mod.ts";
import { readEnvFile } from "./chat/runtime/env_file.ts";
import { describeListenError, Listener, urlOf } from "./chat/runtime/listener.ts";
import { createLogger, LineWriter, logUncaughtErrors } from "./chat/runtime/logger.ts";
import { MemoryWatch } from "./chat/runtime/memory_watch.ts";
import { onStopSignals } from "./chat/runtime/stop_signals.ts";
import { Takeover } from "./chat/runtime/takeover.ts";
import { delay, eventLoop } from "./chat/runtime/timers.ts";
import project from "./deno.json" with { type: "json" };

/** Read from the folder in which the server is started. */
const ENV_FILE = ".env";

/** Time for clients to receive their goodbye before every connection is cut, in milliseconds. */
const GOODBYE_MS = 20;

/**
 * Time for clients that were sent away to fall silent and to close, in milliseconds. After that the
 * port is given up, and only those are waited for who have not read everything.
 */
const CLOSING_MS = 700;

/** Time for the server before this one to stop, besides its CHAT_DRAIN_MS, in milliseconds. */
const TAKEOVER_MS = 10_000;

/** Time for the last lines of the log to be written, in milliseconds. */
const LAST_LINES_MS = 500;

const commandLine = orExit(() => parseCommandLine(Deno.args));
if (commandLine.action !== "serve") {
  const { action } = commandLine;
  const { version } = project;
  console.log(action === "help" ? helpText(version) : `parley ${version}`);
  Deno.exit(0);
}
const { flags, wait } = commandLine;
const envFile = orExit(() => readEnvFile(ENV_FILE));
const variables: Readonly<Record<string, string>> = {
  ...envFile.variables,
  ...Deno.env.toObject(),
};
const isDenoDeploy = variables["DENO_DEPLOYMENT_ID"] !== undefined;
const config = orExit(() =>
  parseConfig(variables, { isDenoDeploy, cgroupBytes: cgroupBytes() }, flags)
);
try {
  // Deno reads this at the first connection, and then writes frames without copying them.
  Deno.env.set("DENO_USE_WRITEV", variables["DENO_USE_WRITEV"] ?? "1");
} catch {
  // A hosted runtime may forbid it. Frames are copied once more.
}

// Not console.log: it waits while nobody reads, and throws when the disk is full.
const lines = new LineWriter(Deno.stdout);
const logger = createLogger({
  level: config.logLevel,
  json: !Deno.stdout.isTerminal(),
  now: Date.now,
  write: (line) => lines.write(line),
});
logWarnings();

const takeover = new Takeover({
  waitMs: wait ? config.drainMs + TAKEOVER_MS : 0,
  isInUse: (error) =>
    error instanceof Deno.errors.AddrInUse || (error instanceof DataFolderError && error.isInUse),
  logger,
  timers: eventLoop,
  delay,
});
const open = () => openBroker({ config, logger, now: Date.now });
const broker = await takeover.take("folder", open).catch(exitWith);
const chat = createChat({
  config,
  logger,
  now: Date.now,
  broker,
  // By absolute path, which also names the files inside a compiled binary.
  assets: loadAssets(`${import.meta.dirname}/static`),
  isShortOfMemory: () => memory.isShort,
});
const listener = new Listener({
  ...config,
  logger,
  handle: chat.handle,
  whenFree: (listen) => takeover.take("port", listen),
});
const memory = new MemoryWatch({
  maxBytes: config.maxMemoryBytes,
  logger,
  timers: eventLoop,
  cut: cutConnections,
});
logUncaughtErrors(logger);
// Under `deno run --watch` Deno.exit() leaves the watcher, which only SIGINT ends by itself.
const isWatched = variables["PARLEY_WATCH"] !== undefined;
onStopSignals(isWatched ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"], eventLoop, {
  drain: stop,
  exit: () => Deno.exit(1),
});
serve();

/**
 * Returns what a function reads or opens, or ends the process with a line that says why it can't.
 */
function orExit<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    return exitWith(error);
  }
}

/** Ends the process with a line that says what is wrong. */
function exitWith(error: unknown): never {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}

/** The memory limit of the cgroup, in bytes; `Infinity` if there is none or it is unknown. */
function cgroupBytes(): number {
  const permission = { name: "sys", kind: "systemMemoryInfo" } as const;
  if (Deno.permissions.querySync(permission).state !== "granted") return Infinity;
  // Deno 2.5 lacks this function. It returns 0 where there is no limit.
  return process.constrainedMemory?.() || Infinity;
}

/** Warns of settings that may not do what they are meant to do. */
function logWarnings(): void {
  if (envFile.hasByteOrderMark) logger("warn", "env_file_byte_order_mark", { file: ENV_FILE });
  for (const line of envFile.ignoredLines) {
    // Without the text of the line, which may be a secret.
    logger("warn", "env_file_line_ignored", { file: ENV_FILE, line, expected: "NAME=value" });
  }
  const { frameBytes, textLength } = config;
  const needed = frameBytesFor(textLength);
  if (frameBytes >= needed) return;
  // A warning only: few texts have four bytes in each character.
  logger("warn", "frames_too_small_for_texts", {
    CHAT_FRAME_BYTES: frameBytes,
    CHAT_TEXT_LENGTH: textLength,
    needed,
  });
}

async function serve(): Promise<never> {
  const { hostname, port } = config;
  try {
    return await listener.serve(logStart);
  } catch (error) {
    logger("error", "cannot_listen", { hostname, port, error: describeListenError(error) });
    return await exit(1);
  }
}

function logStart({ hostname, port }: Deno.NetAddr): void {
  const { maxMemoryBytes, dataFolder, redisUrl } = config;
  const maxMemoryMb = Number.isFinite(maxMemoryBytes) ? maxMemoryBytes / 2 ** 20 : 0;
  logger("info", "listening", {
    hostname,
    port,
    url: urlOf({ hostname, port }) + config.basePath.slice(1),
    ...redisUrl === undefined
      // With its whole path: "data" is another folder for each folder that a server is started in.
      ? { folder: dataFolder === undefined ? "none" : resolve(dataFolder) }
      // Without the user and the password.
      : { redis: redisUrl.toString() },
    maxMemoryMb,
  });
}

async function cutConnections(): Promise<void> {
  chat.sendAway();
  await delay(GOODBYE_MS);
  listener.cut();
}

async function stop(signal: Deno.Signal): Promise<never> {
  logger("info", "stopping", { signal });
  memory.stop();
  const over = delay(config.drainMs);
  const drained = chat.drain();
  await chat.settled();
  await chat.stop();
  // The next server opens the folder while clients close their connections, and then listens.
  await Promise.race([drained, delay(CLOSING_MS)]);
  const { hasUnread } = chat;
  const answered = listener.stop();
  // The runtime goes on writing to clients that read slowly, and does not say when it is done.
  await (hasUnread ? over : Promise.race([over, answered]));
  logger("info", "stopped");
  // Not server.shutdown(): a client that never answers the close would keep it waiting.
  return await exit(0);
}

/** Ends the process when the log is written, or can't be. */
async function exit(code: number): Promise<never> {
  await Promise.race([lines.written, delay(LAST_LINES_MS)]);
  Deno.exit(code);
}
