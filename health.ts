/**
 * The health check of a container: ends with 0 if the server of the same settings is well.
 *
 * @module
 */

// Not by fetch(), which would ask a proxy of the environment (HTTP_PROXY).
import { get } from "node:http";
import { parseConfig } from "./chat/config/config.ts";
import { readEnvFile } from "./chat/runtime/env_file.ts";
import { urlOf } from "./chat/runtime/listener.ts";

/** Not by the name "localhost", which may stand for an address of the other family first. */
const LOOPBACK: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** Less than Docker waits for a health check. */
const TIMEOUT_MS = 4000;

try {
  const { variables } = readEnvFile(".env");
  const environment = { ...variables, ...Deno.env.toObject() };
  const config = parseConfig(environment);
  const hostname = LOOPBACK[config.hostname] ?? config.hostname;
  const url = new URL(`${config.basePath}healthz`, urlOf({ ...config, hostname })).href;
  get(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
    end(response.statusCode === 200 ? 0 : 1, `${url} answers ${response.statusCode}`);
  }).on("error", (error) => end(1, `${url} does not answer (${error.message})`));
} catch (error) {
  end(1, error instanceof Error ? error.message : String(error));
}

/** Ends the process. Docker keeps what it says (`docker inspect`). */
function end(code: number, text: string): never {
  console.log(text);
  Deno.exit(code);
}
