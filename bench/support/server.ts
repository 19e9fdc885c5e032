/**
 * A server in a process of its own, to be measured.
 *
 * @module
 */

import { ENVIRONMENT, type ServerCommand, UNLIMITED } from "./parley.ts";
import { spawn } from "./processes.ts";
import { sleep } from "./stopwatch.ts";

const START_TIMEOUT_MS = 10_000;
const POLL_MS = 2;

/** A running server that answers requests. */
export class Server {
  readonly port: number;
  /** The time from its start to its first answer, in milliseconds. */
  readonly startMs: number;
  readonly #process: Deno.ChildProcess;
  #isStopped = false;

  private constructor(process: Deno.ChildProcess, port: number, startMs: number) {
    this.#process = process;
    this.port = port;
    this.startMs = startMs;
  }

  /** Starts a server and waits until it answers. */
  static async start(
    { command, name }: ServerCommand,
    settings: Readonly<Record<string, string>> = UNLIMITED,
  ): Promise<Server> {
    const port = freePort();
    const start = performance.now();
    const env = { ...ENVIRONMENT, ...settings, HOST: "127.0.0.1", PORT: String(port) };
    const process = spawn(command, 0, { env, stdin: "null", stdout: "null", stderr: "inherit" });
    while (!await answers(port)) {
      if (performance.now() - start > START_TIMEOUT_MS) {
        process.kill("SIGKILL");
        throw new Error(`${name} does not answer: ${command.join(" ")}`);
      }
      await sleep(POLL_MS);
    }
    return new Server(process, port, performance.now() - start);
  }

  get pid(): number {
    return this.#process.pid;
  }

  async stop(): Promise<void> {
    if (!this.#isStopped) this.#process.kill("SIGKILL");
    this.#isStopped = true;
    await this.#process.status;
  }
}

/** Whether the port answers HTTP, with any status. */
async function answers(port: number): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(START_TIMEOUT_MS);
    await fetch(`http://127.0.0.1:${port}/`, { method: "HEAD", signal });
    return true;
  } catch {
    return false;
  }
}

/** A port that nothing listens on now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
