/**
 * A Redis in a process of its own, which can be killed and started again.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { within } from "./deadline.ts";
import { HOST } from "./tcp_connection.ts";

/** Flags that keep each write on the disk before it is answered. */
const FLAGS = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];

/** A running Redis. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  #child: Deno.ChildProcess;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
    this.#child = this.#spawn();
  }

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(freePort(), await Deno.makeTempDir());
    await server.#ready();
    return server;
  }

  static isInstalled(): boolean {
    try {
      return new Deno.Command("redis-server", { args: ["--version"] }).outputSync().success;
    } catch {
      return false;
    }
  }

  #spawn(): Deno.ChildProcess {
    const where = ["--port", `${this.port}`, "--bind", HOST, "--dir", this.#folder];
    return new Deno.Command("redis-server", {
      args: [...where, ...FLAGS],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  async #ready(): Promise<void> {
    const wait = async () => {
      while (await this.call("PING").catch(() => "") !== "PONG") await delay(20);
    };
    await within(wait(), "Redis to answer");
  }

  /** Calls a command by redis-cli. Returns what it prints. */
  async call(...args: readonly string[]): Promise<string> {
    const { stdout } = await new Deno.Command("redis-cli", {
      args: ["-h", HOST, "-p", `${this.port}`, ...args],
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout).trim();
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }

  async restart(): Promise<void> {
    this.#child = this.#spawn();
    await this.#ready();
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: HOST, port: 0 });
  return listener.addr.port;
}
