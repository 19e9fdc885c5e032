/**
 * The server's entry point: environment, memory, signals.
 *
 * @module
 */

import {
  type Config,
  createChat,
  createLog,
  delay,
  type Environment,
  eventLoop,
  frameBytesFor,
  garbageCollector,
  GarbageWatch,
  Lines,
  Listener,
  loadAssets,
  MemoryPressure,
  parseConfig,
  type Relief,
  VARIABLES,
} from "./chat/mod.ts";

function readConfig(): Config {
  const environment: Environment = Object.fromEntries(
    VARIABLES.map((name) => [name, Deno.env.get(name) ?? ""]),
  );
  try {
    return parseConfig(environment);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}

/** How long the last lines of the log may take, in milliseconds. */
const LAST_LINES_MS = 500;

/** How long goodbyes may take before every connection is cut, in milliseconds. */
const GOODBYE_MS = 20;

/** How often memory is looked at, in milliseconds. A look takes 3 µs. */
const MEMORY_MS = 100;

const config = readConfig();
// Not console.log: it waits while nobody reads, and throws when the disk is full.
const lines = new Lines(Deno.stdout);
const log = createLog({
  level: config.logLevel,
  json: !Deno.stdout.isTerminal(),
  now: Date.now,
  write: (line) => lines.write(line),
});
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
  assets: await loadAssets(`${import.meta.dirname}/static`),
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
  // The wildcard address is where to listen, not where to go.
  const host = hostname === "0.0.0.0" || hostname === "::" ? "localhost" : hostname;
  log("info", "listening", { hostname, port, url: `http://${host}:${port}/` });
}

const memory = new MemoryPressure(config.maxMemoryBytes);
const garbage = new GarbageWatch(config.maxMemoryBytes);
const collectGarbage = garbageCollector();

/** The memory that the process takes, in bytes. What is only garbage is collected before it counts. */
function residentBytes(): number {
  const { rss } = Deno.memoryUsage();
  if (!garbage.judge(rss, eventLoop.now)) return rss;
  collectGarbage();
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

let stopping = false;

async function stop(signal: Deno.Signal): Promise<never> {
  // Who asks twice does not want to wait.
  if (stopping) Deno.exit(1);
  stopping = true;
  log("info", "stopping", { signal });
  stopWatching();
  await chat.drain();
  chat.stop();
  log("info", "stopped");
  // Not server.shutdown(): a client that never answers the close would keep it waiting.
  return await exit(0);
}

// What nobody has foreseen, in here or in the runtime, is not to end everyone's conversations.
function survive(event: Event, cause: unknown): void {
  event.preventDefault();
  const error = cause instanceof Error ? cause.stack ?? cause.message : String(cause);
  log("error", "uncaught", { error });
}

addEventListener("error", (event) => survive(event, event.error));
addEventListener("unhandledrejection", (event) => survive(event, event.reason));

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  try {
    Deno.addSignalListener(signal, () => stop(signal));
  } catch {
    // Windows has no SIGTERM, and a hosted runtime may have no signals.
  }
}
serve();
