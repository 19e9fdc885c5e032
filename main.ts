/**
 * The server's entry point: environment, `Deno.serve`, signals.
 *
 * @module
 */

import {
  type Config,
  createChat,
  createLog,
  type Environment,
  frameBytesFor,
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

const config = readConfig();
const log = createLog({
  level: config.logLevel,
  json: !Deno.stdout.isTerminal(),
  now: Date.now,
  write: (line) => console.log(line),
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

function serve(): Deno.HttpServer<Deno.NetAddr> {
  const { port, hostname } = config;
  try {
    return Deno.serve({ port, hostname, onListen: logStart }, chat.handle);
  } catch (error) {
    log("error", "cannot_listen", { hostname, port, error: String(error) });
    Deno.exit(1);
  }
}

function logStart({ hostname, port }: Deno.NetAddr): void {
  // The wildcard address is where to listen, not where to go.
  const host = hostname === "0.0.0.0" || hostname === "::" ? "localhost" : hostname;
  log("info", "listening", { hostname, port, url: `http://${host}:${port}/` });
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
  Deno.exit(0);
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
