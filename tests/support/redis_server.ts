/**
 * A real Redis or Valkey server in a process of its own, which a test stops, kills and restarts.
 *
 * @module
 */

import { Connection } from "../../chat/broker/redis/connection.ts";
import {
  encodeCommand,
  type Reply,
  ReplyError,
  ReplyParser,
} from "../../chat/broker/redis/resp.ts";
import { RedisUrl } from "../../chat/config/redis_url.ts";
import { within } from "./deadline.ts";
import { HOST } from "./tcp_connection.ts";

/** Options of {@linkcode RedisServer.start}. */
export interface RedisServerOptions {
  /** The password of the default user. */
  readonly password?: string;
  /** Has a TLS port too. */
  readonly isTls?: boolean;
  /** Further arguments, such as `["--maxmemory", "2mb"]`. */
  readonly args?: readonly string[];
  /** A server on this machine to copy from, or what stands in front of it. */
  readonly primary?: { readonly port: number };
}

const PROGRAMS = ["redis-server", "valkey-server"];

/** Below the ports that systems give to clients, so that one is still free after a restart. */
const FIRST_PORT = 20_000;
const PORTS = 10_000;

/** The missing program for a test with a server, and a way to get it; none: nothing is missing. */
export function findRedisNeed(): string | undefined {
  if (findProgram(PROGRAMS) !== undefined) return undefined;
  return "Redis: apt install redis-server, or set REDIS_SERVER to its path";
}

/** The missing program for a test with a certificate, and a way to get it. */
export function findOpensslNeed(): string | undefined {
  return findProgram(["openssl"]) === undefined ? "OpenSSL: apt install openssl" : undefined;
}

/** Defines a test that is ignored, and says why, where something is missing. */
export function testRedis(
  name: string,
  run: () => Promise<void>,
  need: string | undefined = findRedisNeed(),
): void {
  const suffix = need === undefined ? "" : ` (needs ${need})`;
  Deno.test({ name: `${name}${suffix}`, ignore: need !== undefined, fn: run });
}

function findProgram(names: readonly string[]): string | undefined {
  const given = Deno.env.get("REDIS_SERVER");
  if (given !== undefined && names === PROGRAMS) return given;
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return names.flatMap((name) => folders.map((folder) => `${folder}/${name}`)).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/** A server on a port of its own, with a folder of its own. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly tlsPort: number;
  readonly folder: string;
  readonly password: string | undefined;
  /** The certificate in PEM to trust. */
  readonly caCert: string;
  readonly #args: readonly string[];
  #child: Deno.ChildProcess | undefined;
  #output: Promise<void> = Promise.resolve();

  private constructor(
    port: number,
    folder: string,
    caCert: string,
    { password, isTls = false, args = [], primary }: RedisServerOptions,
  ) {
    this.port = port;
    this.tlsPort = port + PORTS;
    this.folder = folder;
    this.caCert = caCert;
    this.password = password;
    const tls = ["--tls-port", `${this.tlsPort}`, "--tls-auth-clients", "no"];
    for (const [option, file] of Object.entries(TLS_FILES)) tls.push(option, `${folder}/${file}`);
    // Written before each reply, as it is not with "everysec" while the disk is busy; nothing is lost with
    // the process, and no test ends the machine.
    const appended = ["--appendonly", "yes", "--appendfsync", "no"];
    this.#args = [
      ...["--port", `${port}`, "--bind", HOST, "-::1", "--dir", folder, "--save", ""],
      ...[...appended, "--repl-diskless-sync-delay", "0"],
      ...password === undefined ? [] : ["--requirepass", password],
      ...primary === undefined ? [] : ["--replicaof", `${HOST} ${primary.port}`],
      ...isTls ? tls : [],
      ...args,
    ];
  }

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const folder = await Deno.makeTempDir({ prefix: "redis" });
    const caCert = options.isTls ? await makeCertificate(folder) : "";
    for (let attempt = 0;; attempt++) {
      const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
      const server = new RedisServer(port, folder, caCert, options);
      try {
        await server.restart();
        return server;
      } catch (error) {
        if (attempt < 5 && `${error}`.includes("in use")) continue;
        await server[Symbol.asyncDispose]();
        throw error;
      }
    }
  }

  get pid(): number {
    if (this.#child === undefined) throw new Error("Redis does not run");
    return this.#child.pid;
  }

  /** Its URL, by the plain port unless another is given. */
  url(port = this.port): RedisUrl {
    const login = this.password === undefined ? "" : `:${encodeURIComponent(this.password)}@`;
    const url = RedisUrl.parse(`redis://${login}${HOST}:${port}`);
    if (url === undefined) throw new Error("The password is not encoded");
    return url;
  }

  /** Runs a command on a connection of its own, as the default user. */
  command(...args: readonly (string | number)[]): Promise<Reply> {
    return this.commandAs({ password: this.password }, ...args);
  }

  /** Runs a command with another password. */
  async commandAs(
    { password }: { readonly password: string | undefined },
    ...args: readonly (string | number)[]
  ): Promise<Reply> {
    const signal = AbortSignal.timeout(15_000);
    const connection = await Connection.open({ url: this.url(), signal });
    try {
      const replies = new ReplyParser(1e9);
      const login = password === undefined ? [] : [["AUTH", password]];
      let reply: Reply = null;
      for (const each of [...login, args]) {
        await connection.write(new TextEncoder().encode(encodeCommand(each)));
        reply = await within(readOne(connection, replies), `a reply to ${each[0]}`);
        if (reply instanceof ReplyError) throw reply;
      }
      return reply;
    } finally {
      connection.close();
    }
  }

  /** Stops the process with `SIGSTOP`: connections stay, and nothing answers. */
  pause(): void {
    Deno.kill(this.pid, "SIGSTOP");
  }

  resume(): void {
    Deno.kill(this.pid, "SIGCONT");
  }

  /** Ends the process, by `SIGTERM` after everything is written. */
  async end(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    child.kill(signal);
    // A stopped process takes no other signal.
    if (signal !== "SIGKILL") child.kill("SIGCONT");
    await within(child.status, "Redis to end");
    await this.#output;
  }

  /** Starts the process, again after its end, with what it has written. */
  async restart(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      // Redis has cut off the end of a file then, and starts the next time.
      if (!`${error}`.includes("truncated file is not the last")) throw error;
      await this.#start();
    }
  }

  async #start(): Promise<void> {
    const path = findProgram(PROGRAMS);
    if (path === undefined) throw new Error(findRedisNeed());
    const command = new Deno.Command(path, {
      args: [...this.#args],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    });
    const child = command.spawn();
    this.#child = child;
    const ready = Promise.withResolvers<void>();
    this.#output = watch(child.stdout, ready);
    try {
      await within(ready.promise, "Redis to be ready");
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  /** Cuts off the end of what it has written last, from a text on, while it does not run. */
  async cutOff(text: string): Promise<void> {
    const folder = `${this.folder}/appendonlydir`;
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    const path = `${folder}/${names.filter((name) => name.endsWith(".incr.aof")).sort().at(-1)}`;
    const bytes = await Deno.readFile(path);
    const end = new TextDecoder("latin1").decode(bytes).lastIndexOf(text);
    if (end === -1) throw new Error(`${path} has no ${text}`);
    await Deno.truncate(path, end);
  }

  /** Removes what it has written, while it does not run. */
  async empty(): Promise<void> {
    await removeAppended(this.folder);
  }

  /** Copies what it has written so far. Returns a function that puts it back, while Redis does not run. */
  async snapshot(): Promise<() => Promise<void>> {
    const copies = new Map<string, Uint8Array>();
    const folder = `${this.folder}/appendonlydir`;
    for await (const { name } of Deno.readDir(folder)) {
      copies.set(name, await Deno.readFile(`${folder}/${name}`));
    }
    return async () => {
      await removeAppended(this.folder);
      await Deno.mkdir(folder);
      for (const [name, bytes] of copies) await Deno.writeFile(`${folder}/${name}`, bytes);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function removeAppended(folder: string): Promise<void> {
  await Deno.remove(`${folder}/appendonlydir`, { recursive: true });
}

async function readOne(connection: Connection, replies: ReplyParser): Promise<Reply> {
  for (;;) {
    const bytes = await connection.read();
    if (bytes === undefined) throw new Error("Redis has closed the connection");
    const [reply] = replies.push(bytes);
    if (reply !== undefined) return reply;
  }
}

/** Reads the log, so that the process never waits for a reader. */
async function watch(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  ready: PromiseWithResolvers<void>,
): Promise<void> {
  let text = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    text = (text + piece).slice(-10_000);
    if (text.includes("Ready to accept connections")) ready.resolve();
  }
  ready.reject(new Error(`Redis ended: ${text}`));
}

/** The options of Redis for files that {@linkcode makeCertificate} makes. */
const TLS_FILES = {
  "--tls-cert-file": "server.pem",
  "--tls-key-file": "server.key",
  "--tls-ca-cert-file": "ca.pem",
};

/** Makes a certificate of this machine, and returns that of its authority. */
async function makeCertificate(folder: string): Promise<string> {
  const script = `
    new="req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    openssl $new -x509 -days 2 -subj /CN=authority -keyout ca.key -out ca.pem
    openssl $new -subj /CN=localhost -keyout server.key -out request.pem
    printf 'subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost' >names
    openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem`;
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-ec", script],
    cwd: folder,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`No certificate: ${new TextDecoder().decode(stderr)}`);
  return await Deno.readTextFile(`${folder}/ca.pem`);
}
