/**
 * The proxies of `docs/deployment/`, each run with its snippet.
 *
 * @module
 */

import { within } from "../support/deadline.ts";

/** A proxy, and what its snippet needs around it to run as a program of a test. */
export interface Proxy {
  /** The name of its program, and of its Debian package. */
  readonly name: string;
  readonly snippet: string;
  /** The snippet for two nodes. */
  readonly nodesSnippet?: string;
  /** Replacements in the snippets, for a proxy at a port of this machine. */
  replace(port: number): readonly (readonly [from: string | RegExp, to: string])[];
  /** The whole configuration. */
  config(snippet: string, folder: string, port: number): string;
  args(file: string, folder: string): string[];
}

/** The addresses of servers in the snippets for one server, and for two nodes. */
const ADDRESSES = ["127.0.0.1:8000"];
const NODE_ADDRESSES = ["10.0.0.11:8000", "10.0.0.12:8000"];

/** The folder of Apache's modules on Debian. */
const APACHE_MODULES = "/usr/lib/apache2/modules";

/** The proxies of which there is a snippet. */
export const PROXIES: readonly Proxy[] = [
  {
    name: "nginx",
    snippet: "nginx.conf",
    nodesSnippet: "two_nodes.nginx.conf",
    replace: (port) => [
      ["listen 80;", `listen 127.0.0.1:${port};`],
      ["listen [::]:80;", `listen [::1]:${port};`],
    ],
    config: (snippet) => `daemon off; pid nginx.pid; events {} http { access_log off; ${snippet} }`,
    args: (file, folder) => ["-e", "stderr", "-p", folder, "-c", file],
  },
  {
    name: "caddy",
    snippet: "Caddyfile",
    nodesSnippet: "two_nodes.Caddyfile",
    replace: (port) => [[
      /^(?:chat\.example|\{\$DOMAIN:chat\.example\}) \{/m,
      `http://:${port} {\n\tbind 127.0.0.1 ::1`,
    ]],
    config: (snippet) => `{\n\tadmin off\n}\n${snippet}`,
    args: (file) => ["run", "--adapter", "caddyfile", "--config", file],
  },
  {
    name: "haproxy",
    snippet: "haproxy.cfg",
    nodesSnippet: "two_nodes.haproxy.cfg",
    replace: (port) => [
      ["bind :80", `bind 127.0.0.1:${port},[::1]:${port}`],
      ["bind :443 ssl crt /etc/haproxy/chat.pem alpn h2,http/1.1", ""],
      ["http-request redirect scheme https unless { ssl_fc }", ""],
    ],
    config: (snippet) => `global\n  maxconn 1000\n${snippet}`,
    args: (file) => ["-db", "-f", file],
  },
  {
    name: "apache2",
    snippet: "apache.conf",
    replace: (port) => [["<VirtualHost *:80>", `<VirtualHost *:${port}>`]],
    config: (snippet, folder, port) =>
      [
        ...["mpm_event", "authz_core", "proxy", "proxy_http"].map((name) =>
          `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so`
        ),
        `DefaultRuntimeDir ${folder}`,
        `PidFile ${folder}/apache2.pid`,
        "ErrorLog /dev/stderr",
        "ServerName localhost",
        `Listen 127.0.0.1:${port}`,
        `Listen [::1]:${port}`,
        snippet,
      ].join("\n"),
    args: (file) => ["-DFOREGROUND", "-f", file],
  },
];

/** Returns true if the program of a proxy is installed. */
export function isInstalled({ name }: Proxy): boolean {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return ["/usr/sbin", ...folders].some((folder) => {
    try {
      return Deno.statSync(`${folder}/${name}`).isFile;
    } catch {
      return false;
    }
  });
}

/** A running proxy in front of a server at a port of this machine. */
export class ProxyProcess implements AsyncDisposable {
  /** The port of the proxy, on 127.0.0.1 and ::1. */
  readonly port: number;
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  readonly #log: Promise<string>;
  #ended = false;

  private constructor(child: Deno.ChildProcess, port: number, folder: string) {
    this.#child = child;
    this.port = port;
    this.#folder = folder;
    child.status.then(() => this.#ended = true);
    this.#log = new Response(child.stderr).text();
  }

  /** Starts a proxy in front of one server, or with its other snippet in front of two nodes. */
  static async start(proxy: Proxy, ...serverPorts: readonly number[]): Promise<ProxyProcess> {
    const folder = await Deno.makeTempDir();
    const port = freePort();
    const addresses = serverPorts.length === 1 ? ADDRESSES : NODE_ADDRESSES;
    const file = serverPorts.length === 1 ? proxy.snippet : proxy.nodesSnippet;
    const url = new URL(`../../docs/deployment/${file}`, import.meta.url);
    let snippet = await Deno.readTextFile(url);
    const servers = serverPorts.map((port, i) =>
      [addresses[i] ?? "", `127.0.0.1:${port}`] as const
    );
    for (const [from, to] of [...servers, ...proxy.replace(port)]) {
      const replaced = typeof from === "string"
        ? snippet.replaceAll(from, () => to)
        : snippet.replace(from, () => to);
      if (replaced === snippet) throw new Error(`${file} has no "${from}"`);
      snippet = replaced;
    }
    const path = `${folder}/config`;
    await Deno.writeTextFile(path, proxy.config(snippet, folder, port));
    const child = new Deno.Command(proxy.name, {
      args: proxy.args(path, folder),
      env: { HOME: folder, PATH: `/usr/sbin:${Deno.env.get("PATH")}` },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const running = new ProxyProcess(child, port, folder);
    try {
      await within(running.#listening(), `${proxy.name} to listen`);
      return running;
    } catch (error) {
      await running[Symbol.asyncDispose]();
      throw new Error(`${proxy.name} did not start: ${await running.#log}`, { cause: error });
    }
  }

  async #listening(): Promise<void> {
    while (!this.#ended) {
      try {
        for (const hostname of ["127.0.0.1", "::1"]) {
          (await Deno.connect({ hostname, port: this.port })).close();
        }
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    throw new Error("The process has ended");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#child.kill("SIGTERM");
    await within(this.#child.status, "the proxy to end");
    await this.#log;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** A port that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
