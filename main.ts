/**
 * The server's entry point: environment, `Deno.serve`, signals.
 *
 * @module
 */

import {
  type Chat,
  type Config,
  createChat,
  createLog,
  type Environment,
  frameBytesFor,
  Lines,
  loadAssets,
  parseConfig,
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

/** How long to wait before listening again, in milliseconds. */
const LISTEN_AGAIN_MS = 1000;

const config = readConfig();
// Not console.log: it waits while nobody reads, and throws when the disk is full.
const lines = new Lines(Deno.stdout);
const log = createLog({
  level: config.logLevel,
  json: !Deno.stdout.isTerminal(),
  now: Date.now,
  write: (line) => lines.write(line),
});
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
});

function listen(port: number, handle: Chat["handle"]): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port, hostname: config.hostname, onListen() {} }, handle);
}

/** Serves until the process ends. */
async function serve(): Promise<never> {
  let server = await start();
  const { port } = server.addr;
  let failing = false;
  while (true) {
    try {
      await server.finished;
    } catch (error) {
      // The runtime stops listening when it can't accept a connection, as when there are no file
      // descriptors left. The connections that there are go on.
      if (!failing) log("error", "cannot_accept", { error: String(error) });
      failing = true;
    }
    server = await listenAgain(port, () => {
      failing = false;
      log("info", "accepting_again", { port });
    });
  }
}

async function start(): Promise<Deno.HttpServer<Deno.NetAddr>> {
  const { port, hostname } = config;
  try {
    const server = listen(port, chat.handle);
    logStart(server.addr);
    return server;
  } catch (error) {
    log("error", "cannot_listen", { hostname, port, error: String(error) });
    return await exit(1);
  }
}

/** Listens as soon as that can be done. Only a request shows that connections are accepted. */
async function listenAgain(
  port: number,
  onFirstRequest: () => void,
): Promise<Deno.HttpServer<Deno.NetAddr>> {
  let isFirst = true;
  const handle: Chat["handle"] = (request, info) => {
    if (isFirst) onFirstRequest();
    isFirst = false;
    return chat.handle(request, info);
  };
  while (true) {
    await delay(LISTEN_AGAIN_MS);
    try {
      return listen(port, handle);
    } catch {
      // It was said already, and is tried again.
    }
  }
}

function logStart({ hostname, port }: Deno.NetAddr): void {
  // The wildcard address is where to listen, not where to go.
  const host = hostname === "0.0.0.0" || hostname === "::" ? "localhost" : hostname;
  log("info", "listening", { hostname, port, url: `http://${host}:${port}/` });
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
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
