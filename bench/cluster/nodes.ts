/**
 * The servers to measure: one with a file, or some over one Redis.
 *
 * @module
 */

import { RedisServer } from "../../tests/support/redis_server.ts";
import { DataFolder } from "../support/data_folder.ts";
import { parley, UNLIMITED } from "../support/parley.ts";
import { isPinning } from "../support/processes.ts";
import { Server } from "../support/server.ts";

/** The keeper of messages: a file with `CHAT_SYNC=full`, or a Redis with an `appendfsync`. */
export type Store = "file" | "always" | "everysec";

/** A way to run the chat. */
export interface Setup {
  readonly name: string;
  readonly store: Store;
  readonly nodes: number;
}

/** All setups that are compared, the one without Redis first. */
export const SETUPS: readonly Setup[] = [
  { name: "a file", store: "file", nodes: 1 },
  { name: "Redis, everysec", store: "everysec", nodes: 1 },
  { name: "Redis", store: "always", nodes: 1 },
  { name: "2 nodes", store: "always", nodes: 2 },
  { name: "3 nodes", store: "always", nodes: 3 },
];

/** Running servers. All nodes share one core, and Redis has the other with the load generator. */
export class Nodes implements AsyncDisposable {
  readonly servers: readonly Server[];
  readonly redis: RedisServer | undefined;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    servers: readonly Server[],
    redis: RedisServer | undefined,
    stack: AsyncDisposableStack,
  ) {
    this.servers = servers;
    this.redis = redis;
    this.#stack = stack;
  }

  static async start(
    { name, store, nodes }: Setup,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Nodes> {
    await using stack = new AsyncDisposableStack();
    const redis = store === "file" ? undefined : stack.use(
      await RedisServer.start({ args: ["--appendfsync", store] }),
    );
    if (redis !== undefined) await pin(redis.pid);
    const { command } = await parley();
    const kept: Record<string, string> = redis === undefined
      ? { CHAT_DATA: stack.use(await DataFolder.make()).path, CHAT_SYNC: "full" }
      : { CHAT_REDIS: `redis://127.0.0.1:${redis.port}` };
    const servers: Server[] = [];
    for (let i = 0; i < nodes; i++) {
      const server = await Server.start({ name, command }, { ...UNLIMITED, ...kept, ...settings });
      stack.defer(() => server.stop());
      servers.push(server);
    }
    return new Nodes(servers, redis, stack.move());
  }

  get ports(): readonly number[] {
    return this.servers.map(({ port }) => port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Moves a process to the core beside that of the servers. */
export async function pin(pid: number): Promise<void> {
  if (!isPinning()) return;
  await new Deno.Command("taskset", { args: ["-acp", "1", `${pid}`], stdout: "null" }).output();
}
