/**
 * Nodes in processes of their own over one Redis, with a network between all of them that can be
 * harmed.
 *
 * @module
 */

import { Client } from "../support/clients.ts";

import type { RedisServer } from "../support/redis_server.ts";
import { HOST } from "../support/tcp_connection.ts";
import { ServerProcess, UNLIMITED } from "../support/server_process.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { ROOM, stateOf } from "./memory.ts";
import type { NodeView, State } from "./record.ts";

/** The name of the user who looks at each node. */
export const OBSERVER = "Observer";

/** Short memories and pauses, so that the faults of a minute meet what otherwise takes an hour. */
const SETTINGS = {
  ...UNLIMITED,
  HOST,
  CHAT_HEARTBEAT_MS: "1000",
  CHAT_LEAVE_GRACE_MS: "1000",
  CHAT_HISTORY_SIZE: "300",
  CHAT_JOIN_HISTORY: "50",
};

/** Arguments of Redis with which nothing that was acknowledged is lost when it is killed. */
export const DURABLE = ["--appendfsync", "always"];

/** The most attempts to start a node, for a Redis that is not there. */
const STARTS = 10;

/** A page of `history`. */
const PAGE = 200;

/** A node, in one process after another. */
export class Node implements AsyncDisposable {
  readonly index: number;
  /** Between the clients and the node. */
  readonly front: TcpProxy;
  /** Between the node and Redis. */
  readonly back: TcpProxy | undefined;
  readonly #environment: Readonly<Record<string, string>>;
  #process: ServerProcess;

  private constructor(
    index: number,
    proxies: { readonly front: TcpProxy; readonly back: TcpProxy | undefined },
    environment: Readonly<Record<string, string>>,
    process: ServerProcess,
  ) {
    this.index = index;
    this.front = proxies.front;
    this.back = proxies.back;
    this.#environment = environment;
    this.#process = process;
  }

  /** Starts a node that keeps messages in a Redis, or in a folder. */
  static async start(index: number, store: RedisServer | string): Promise<Node> {
    const back = typeof store === "string" ? undefined : await TcpProxy.listen(store.port);
    const kept: Record<string, string> = back === undefined
      ? { CHAT_DATA: `${store}` }
      : { CHAT_REDIS: `redis://${HOST}:${back.port}` };
    const process = await ServerProcess.start({ environment: { ...SETTINGS, ...kept, PORT: "0" } });
    const port = await process.port();
    const front = await TcpProxy.listen(port);
    return new Node(index, { front, back }, { ...SETTINGS, ...kept, PORT: `${port}` }, process);
  }

  /** Ends the process, by SIGKILL as a crash or by SIGTERM as an upgrade does. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    this.#process.kill(signal);
    await this.#process.exit();
  }

  /** Starts the node again, at the same port; once more if it ends, as systemd does. */
  async restart(): Promise<void> {
    for (let attempt = 1;; attempt++) {
      this.#process = await ServerProcess.start({ environment: this.#environment });
      try {
        await this.#process.port();
        return;
      } catch (error) {
        if (attempt === STARTS) throw error;
        await this.#process[Symbol.asyncDispose]();
      }
    }
  }

  /** Sends a signal to the process, which must be there. */
  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Looks at the room as a newcomer does. */
  async view(): Promise<NodeView> {
    await using client = await Client.open(this.front.port);
    await client.hello(OBSERVER, `the secret key of ${OBSERVER}`);
    const { members, count } = await client.join(ROOM);
    const log: State[] = [];
    for (let moreAfter = true; moreAfter;) {
      const since = log.at(-1)?.position ?? "0".repeat(26);
      const command = { type: "history", room: ROOM, since, limit: PAGE } as const;
      const page = await client.ask("history", command);
      log.push(...page.messages.map(stateOf));
      ({ moreAfter } = page);
    }
    return { node: this.index, log, members: members.map(({ name }) => name), count };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A process that is stopped ends by SIGKILL alone.
    await this.#process[Symbol.asyncDispose]();
    await this.front[Symbol.asyncDispose]();
    await this.back?.[Symbol.asyncDispose]();
  }
}

/** The nodes, and the Redis that they share. */
export class Cluster implements AsyncDisposable {
  readonly nodes: readonly Node[];
  readonly redis: RedisServer | undefined;

  private constructor(nodes: readonly Node[], redis: RedisServer | undefined) {
    this.nodes = nodes;
    this.redis = redis;
  }

  /** Starts some nodes over a Redis, or one over a folder. */
  static async start(count: number, store: RedisServer | string): Promise<Cluster> {
    const nodes = await Promise.all(
      Array.from({ length: count }, (_, index) => Node.start(index + 1, store)),
    );
    return new Cluster(nodes, typeof store === "string" ? undefined : store);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node[Symbol.asyncDispose]()));
  }
}
