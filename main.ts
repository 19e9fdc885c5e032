/**
 * The server's entry point: environment, memory, signals.
 *
 * @module
 */

import { readSync } from "node:fs";
import process from "node:process";
import {
  type Config,
  createChat,
  createLog,
  delay,
  type EnvFile,
  eventLoop,
  frameBytesFor,
  garbageCollector,
  GarbageWatch,
  Lines,
  Listener,
  loadAssets,
  MemoryPressure,
  parseConfig,
  parseEnvFile,
  type Platform,
  type Relief,
  StopSignals,
  urlOf,
} from "./chat/mod.ts";

/** The values of environment variables by their names. */
type Variables = Readonly<Record<string, string>>;

/** Read in the folder in which the server is started. */
const ENV_FILE = ".env";

/** Ends the start with a line that says why. */
function refuseStart(message: string): never {
  console.error(message);
  Deno.exit(1);
}

/** Reads `.env`, if it is there and may be read: a start without that permission does without it. */
function readEnvFile(): EnvFile {
  if (!isGranted({ name: "read", path: ENV_FILE }) || !exists(ENV_FILE)) return parseEnvFile("");
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return parseEnvFile(decoder.decode(Deno.readFileSync(ENV_FILE)));
  } catch (error) {
    return refuseStart(`Cannot read ${ENV_FILE}: ${error}`);
  }
}

/** Whether there is a file, or a link to one that is missing. */
function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}

/** Whether something is permitted, without asking for it at the terminal. */
function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

function readPlatform(variables: Variables): Platform {
  const isDenoDeploy = variables["DENO_DEPLOYMENT_ID"] !== undefined;
  return { isDenoDeploy, cgroupBytes: cgroupBytes() };
}

/** The memory limit of the process' cgroup, in bytes; `Infinity` if there is none, or none is known. */
function cgroupBytes(): number {
  if (!isGranted({ name: "sys", kind: "systemMemoryInfo" })) return Infinity;
  // Deno 2.5 has no such function. It gives 0 where there is no limit.
  return process.constrainedMemory?.() || Infinity;
}

function readConfig(variables: Variables): Config {
  try {
    return parseConfig(variables, readPlatform(variables));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return refuseStart(error.message);
  }
}

/** Sets a variable of the runtime, unless a hosted one lets nobody do it: then it is not vital. */
function setVariable(name: string, value: string): void {
  try {
    Deno.env.set(name, value);
  } catch {
    // Frames are copied once more, as without it.
  }
}

/** How long the last lines of the log may take, in milliseconds. */
const LAST_LINES_MS = 500;

/** How long goodbyes may take before every connection is cut, in milliseconds. */
const GOODBYE_MS = 20;

/** How often memory is looked at, in milliseconds. A look takes 3 µs. */
const MEMORY_MS = 100;

const envFile = readEnvFile();
const variables = { ...envFile.variables, ...Deno.env.toObject() };
const config = readConfig(variables);
// The runtime, which reads this at the first connection, then writes frames without copying them.
setVariable("DENO_USE_WRITEV", variables["DENO_USE_WRITEV"] ?? "1");

// Not console.log: it waits while nobody reads, and throws when the disk is full.
const lines = new Lines(Deno.stdout);
const log = createLog({
  level: config.logLevel,
  json: !Deno.stdout.isTerminal(),
  now: Date.now,
  write: (line) => lines.write(line),
});
if (envFile.hasByteOrderMark) log("warn", "env_file_byte_order_mark", { file: ENV_FILE });
for (const line of envFile.ignoredLines) {
  // Not what it says: it may be a secret.
  log("warn", "env_file_line_ignored", { file: ENV_FILE, line, expected: "NAME=value" });
}
let relief: Relief = "none";
const { frameBytes, textLength } = config;
if (frameBytes < frameBytesFor(textLength)) {
  // Not refused: what people write rarely takes four bytes a character.
  log("warn", "frames_too_small_for_texts", {
    CHAT_FRAME_BYTES: frameBytes,
    CHAT_TEXT_LENGTH: textLength,
    needed: frameBytesFor(textLength),
  });
}
const chat = createChat({
  config,
  log,
  now: Date.now,
  // By absolute path, which also names the files inside a compiled binary.
  assets: loadAssets(`${import.meta.dirname}/static`),
  isShortOfMemory: () => relief === "refuse",
});

const listener = new Listener({ ...config, log, handle: chat.handle });

async function serve(): Promise<never> {
  const { hostname, port } = config;
  try {
    return await listener.serve(logStart);
  } catch (error) {
    log("error", "cannot_listen", { hostname, port, error: String(error) });
    return await exit(1);
  }
}

function logStart({ hostname, port }: Deno.NetAddr): void {
  const { maxMemoryBytes } = config;
  const maxMemoryMb = Number.isFinite(maxMemoryBytes) ? maxMemoryBytes / 2 ** 20 : 0;
  log("info", "listening", { hostname, port, url: urlOf({ hostname, port }), maxMemoryMb });
}

const memory = new MemoryPressure(config.maxMemoryBytes);
const garbage = new GarbageWatch(config.maxMemoryBytes);
const collectGarbage = garbageCollector();

/** The memory that the process takes, in bytes. Garbage is collected before it counts. */
function residentBytes(): number {
  const { rss } = Deno.memoryUsage();
  if (!garbage.judge(rss, eventLoop.now)) return rss;
  collectGarbage();
  garbage.collected(eventLoop.now);
  const residentMb = Math.round(rss / 2 ** 20);
  const left = Deno.memoryUsage().rss;
  log("debug", "garbage_collected", { residentMb, leftMb: Math.round(left / 2 ** 20) });
  return left;
}

function watchMemory(): void {
  const rss = residentBytes();
  const before = relief;
  relief = memory.judge(rss, eventLoop.now);
  if (relief === before && relief !== "cut") return;
  const residentMb = Math.round(rss / 2 ** 20);
  if (relief === "none") return log("info", "admitting_newcomers", { residentMb });
  if (relief === "refuse") return log("warn", "refusing_newcomers", { residentMb });
  log("error", "connections_cut", { residentMb });
  cutConnections();
}

const stopWatching = eventLoop.every(MEMORY_MS, watchMemory);

async function cutConnections(): Promise<void> {
  chat.sendAway();
  await delay(GOODBYE_MS);
  listener.cut();
}

/** Ends the process when the log is written, or can't be. */
async function exit(code: number): Promise<never> {
  await Promise.race([lines.written, delay(LAST_LINES_MS)]);
  Deno.exit(code);
}

async function stop(signal: Deno.Signal): Promise<never> {
  log("info", "stopping", { signal });
  stopWatching();
  await chat.drain();
  chat.stop();
  log("info", "stopped");
  // Not server.shutdown(): a client that never answers the close would keep it waiting.
  return await exit(0);
}

const stopSignals = new StopSignals();

function onStopSignal(signal: Deno.Signal): void {
  const asked = stopSignals.judge(eventLoop.now);
  if (asked === "exit") Deno.exit(1);
  if (asked === "drain") stop(signal);
}

/**
 * Whether `nohup` started the process, which is to outlive its terminal. That SIGHUP is ignored
 * can't be seen from here, and listening for it, or `deno task`, would end that; but GNU's `nohup`
 * also leaves a standard input that can't be read.
 */
function isUnderNohup(): boolean {
  try {
    // At a position, so that it fails at a terminal or a pipe instead of waiting.
    readSync(0, new Uint8Array(1), 0, 1, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EBADF";
  }
}

// What nobody has foreseen, in here or in the runtime, is not to end everyone's conversations.
function survive(event: Event, cause: unknown): void {
  event.preventDefault();
  const error = cause instanceof Error ? cause.stack ?? cause.message : String(cause);
  log("error", "uncaught", { error });
}

addEventListener("error", (event) => survive(event, event.error));
addEventListener("unhandledrejection", (event) => survive(event, event.reason));

function listenFor(signal: Deno.Signal, listener: () => void): void {
  try {
    Deno.addSignalListener(signal, listener);
  } catch {
    // Windows has no SIGTERM, and a hosted runtime may have no signals.
  }
}

listenFor("SIGINT", () => onStopSignal("SIGINT"));
// Under `deno run --watch` Deno.exit() leaves the watcher, which only SIGINT ends by itself.
if (variables["PARLEY_WATCH"] === undefined) {
  listenFor("SIGTERM", () => onStopSignal("SIGTERM"));
  listenFor("SIGHUP", isUnderNohup() ? () => {} : () => onStopSignal("SIGHUP"));
}
serve();
