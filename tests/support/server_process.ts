/**
 * A server in a process of its own.
 *
 * @module
 */

import type { Environment } from "../../chat/mod.ts";
import { within } from "./deadline.ts";
import { HOST } from "./tcp_connection.ts";

/** The exit of a process, and its output. */
export interface Exit {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Settings for a free port that only this machine can reach. */
export const ANY_PORT = { PORT: "0", HOST } as const satisfies Environment;

/** Settings without limits on rates, and on connections of an address. */
export const UNLIMITED = {
  CHAT_MESSAGE_BURST: "0",
  CHAT_COMMANDS_PER_SECOND: "0",
  CHAT_CONNECTIONS_PER_ADDRESS: "0",
} as const satisfies Environment;

/** Options of the process. */
export interface ProcessOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** The path of another Deno than the one that runs the tests. */
  readonly deno?: string;
  /** The arguments of `deno`. By default, those that start the server without its task. */
  readonly args?: readonly string[];
  /** The working directory. By default, the project's folder. */
  readonly cwd?: string;
  /** The script that a shell runs, with the server's command as `"$@"`. */
  readonly script?: string;
  /** How the log is read: to its end, until the port is known, or not at all. */
  readonly reader?: "reads" | "closes" | "stalls";
}

const PROJECT = `${import.meta.dirname}/../..`;

/** A data folder that does not exist yet, in a folder that is removed at the end. */
export async function dataFolder(): Promise<AsyncDisposable & { readonly CHAT_DATA: string }> {
  const folder = await Deno.makeTempDir();
  return {
    CHAT_DATA: `${folder}/data`,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** A running server. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdout: Promise<string>;
  readonly #stderr: Promise<string>;
  /** The signal that ends the process and its children. */
  readonly #end: Deno.Signal;
  readonly #listening = Promise.withResolvers<number>();
  #text = "";
  /** Called each time that there is more text. */
  readonly #watchers = new Set<() => void>();
  #ended = false;

  private constructor(
    child: Deno.ChildProcess,
    reader: ProcessOptions["reader"],
    end: Deno.Signal,
  ) {
    this.#child = child;
    this.#end = end;
    child.status.then(() => this.#ended = true);
    // port() reports the rejection. A test that does not call it must not fail.
    this.#listening.promise.catch(() => {});
    this.#stdout = this.#watch(child.stdout, reader);
    this.#stderr = new Response(child.stderr).text();
  }

  static async start(options: ProcessOptions = {}): Promise<ServerProcess> {
    const { environment, cwd = PROJECT } = options;
    const args = options.args ?? await serverArgs(environment?.["CHAT_DATA"] !== undefined);
    const { script = 'exec "$@"', reader = "reads", deno = Deno.execPath() } = options;
    const inherited = Object.entries(Deno.env.toObject()).filter(([name]) =>
      !/^(PORT|HOST|CHAT_.*|DENO_USE_WRITEV)$/.test(name)
    );
    // Tests that keep messages name a folder of their own.
    const env = { ...Object.fromEntries(inherited), CHAT_DATA: "none", ...environment };
    const streams = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
    const command = new Deno.Command("sh", {
      args: ["-c", script, "sh", deno, ...args],
      cwd,
      env,
      clearEnv: true,
      ...streams,
    });
    // A task forwards SIGTERM to the server. SIGKILL would leave the server running.
    return new ServerProcess(command.spawn(), reader, args[0] === "task" ? "SIGTERM" : "SIGKILL");
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Waits for the port that the server logs. */
  port(): Promise<number> {
    return within(this.#listening.promise, "the server to listen");
  }

  /** Waits until an event is in the log. */
  async logged(event: string): Promise<void> {
    const isThere = () => this.#text.includes(`"event":"${event}"`);
    await within(
      new Promise<void>((resolve) => {
        const watcher = () => {
          if (isThere()) resolve();
        };
        this.#watchers.add(watcher);
        watcher();
      }),
      `the event "${event}"`,
    );
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for the end of the process. */
  async exit(): Promise<Exit> {
    const { code } = await within(this.#child.status, "the process to end");
    return { code, stdout: await this.#stdout, stderr: await this.#stderr };
  }

  async #watch(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    reader: ProcessOptions["reader"],
  ): Promise<string> {
    if (reader === "stalls") await this.#child.status;
    let text = "";
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      text += piece;
      this.#text = text;
      for (const watcher of this.#watchers) watcher();
      // In JSON, or in the format for terminals.
      const port = /\blistening\b.*?\bport"?[:=](\d+).*\r?\n/.exec(text)?.[1];
      if (port === undefined) continue;
      this.#listening.resolve(Number(port));
      if (reader === "closes") return text;
    }
    this.#listening.reject(new Error(`The server ended without listening: ${text}`));
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.kill(this.#end);
    await this.exit();
  }
}

/** The arguments of the task "start", to run without the task: its exit code is the server's. */
export async function serverArgs(hasFolder = false): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "std"],
    cwd: PROJECT,
  }).output();
  const std = new TextDecoder().decode(stdout).split(/\s+/).filter((flag) => flag !== "");
  // Without permission to read `.env`, which has the developer's settings.
  const files = hasFolder ? ["--allow-read", "--allow-write"] : ["--allow-read=static"];
  const permissions = ["--allow-net", "--allow-env", ...files];
  return ["run", ...std, ...permissions, "main.ts"];
}

/** Copies the server's files into a temporary folder. */
export async function copyOfProject(): Promise<AsyncDisposable & { readonly cwd: string }> {
  const cwd = await Deno.makeTempDir();
  for (const file of ["deno.json", "main.ts"]) {
    await Deno.copyFile(`${PROJECT}/${file}`, `${cwd}/${file}`);
  }
  for (const folder of ["chat", "static"]) {
    await copyFolder(`${PROJECT}/${folder}`, `${cwd}/${folder}`);
  }
  return {
    cwd,
    async [Symbol.asyncDispose]() {
      await Deno.remove(cwd, { recursive: true });
    },
  };
}

/** Copies a folder with its files and folders. */
async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const copy = isDirectory ? copyFolder : Deno.copyFile;
    await copy(`${from}/${name}`, `${to}/${name}`);
  }
}
