/**
 * A whole server in a Worker, whose broker is in another isolate, and which does nothing else for a
 * while when it is told to.
 *
 * @module
 */

import { createChat, loadAssets, parseConfig, RemoteBroker } from "../../chat/mod.ts";
import { HOST } from "../support/tcp_connection.ts";

/** What the Worker is told: the name of its channel at first, then for how long it is to be busy. */
export type Order =
  | { readonly channel: string; readonly environment: Readonly<Record<string, string>> }
  | { readonly busyMs: number };

const scope = self as unknown as Worker;

scope.onmessage = async ({ data }: MessageEvent<Order>) => {
  if ("busyMs" in data) {
    for (const end = performance.now() + data.busyMs; performance.now() < end;);
    return;
  }
  const chat = createChat({
    config: parseConfig(data.environment),
    logger: () => {},
    now: Date.now,
    assets: loadAssets(`${import.meta.dirname}/../../static`),
    broker: await RemoteBroker.connect(new BroadcastChannel(data.channel)),
  });
  const onListen = ({ port }: Deno.NetAddr) => scope.postMessage(port);
  Deno.serve({ hostname: HOST, port: 0, onListen }, chat.handle);
};
