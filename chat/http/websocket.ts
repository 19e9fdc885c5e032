/**
 * Upgrades of requests to WebSocket connections.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import type { AnswerLate, Transport } from "../connection.ts";
import type { Hub } from "../hub.ts";
import type { Address } from "../limits/addresses.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { CloseCode, SUBPROTOCOL } from "../protocol/types.ts";
import type { Logger } from "../runtime/logger.ts";
import { clientAddress, isOriginAllowed, isProxied, proxyUser } from "./access.ts";
import { isPeerGone, watchHandshake } from "./handshake.ts";
import { type RefusalReason, REFUSALS, refuse } from "./refusals.ts";
import { hasBody, headerList } from "./request.ts";

/** What an {@linkcode Upgrader} is made of. A socket must open within `helloMs`. */
export interface UpgraderOptions
  extends Pick<Config, "trustProxy" | "allowedOrigins" | "helloMs" | "userHeader"> {
  readonly hub: Hub;
  readonly logger: Logger;
}

/** Seconds without a sign of life before the runtime closes a socket; it pings after half of it. */
const IDLE_TIMEOUT_SECONDS = 30;

/** RFC 6455, 4.1: sixteen bytes in base64. The runtime would accept any key. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/** Upgrades requests and connects their sockets to the hub. */
export class Upgrader {
  readonly #options: UpgraderOptions;
  /** Sockets that are not closed, also those that are not open yet. */
  readonly #sockets = new Set<WebSocket>();
  /** Those that we have closed while something was still to be written to them. */
  readonly #unread = new Set<WebSocket>();
  #onEmpty: (() => void) | undefined;

  constructor(options: UpgraderOptions) {
    this.#options = options;
  }

  /** True if clients have yet to read what they were sent before their sockets were closed. */
  get hasUnread(): boolean {
    return this.#unread.size > 0;
  }

  /** Resolves when all sockets are closed. */
  async closed(): Promise<void> {
    if (this.#sockets.size === 0) return;
    await new Promise<void>((resolve) => this.#onEmpty = resolve);
  }

  /**
   * Upgrades a request or refuses it. A browser does not tell a page why an upgrade was refused, so
   * the page asks with a plain request that has its origin in `X-Probe`.
   */
  upgrade(request: Request, peer: string): Response | Promise<Response> {
    const { hub } = this.#options;
    const { headers } = request;
    const address = clientAddress(headers, peer, this.#options);
    const isProbe = !isUpgrade(request) && headers.has("x-probe");
    if (!isProbe && !isUpgrade(request)) return this.#refuse("not_websocket", address);
    const origin = headers.get(isProbe ? "x-probe" : "origin");
    if (!isOriginAllowed(headers, this.#options, origin)) return this.#refuse("origin", address);
    if (peer === "") return this.#refuse("gone", address);
    const refusal = hub.refuse(address);
    if (refusal !== undefined) return this.#refuse(refusal.reason, address, refusal.retryMs);
    if (isProbe) return this.#refuse("not_websocket", address);
    if (!KEY.test(headers.get("sec-websocket-key") ?? "")) {
      return this.#refuse("bad_request", address);
    }
    return this.#upgrade(request, hub.reserve(address, isProxied(headers, this.#options)));
  }

  /** Upgrades a request whose address has a connection reserved, unless the peer has gone. */
  async #upgrade(request: Request, address: Address): Promise<Response> {
    const { hub } = this.#options;
    // After the upgrade the request can't be read any more.
    const { headers, signal } = request;
    const user = proxyUser(headers, this.#options);
    if (await isPeerGone(signal)) {
      hub.release(address);
      return this.#refuse("gone", address.name);
    }
    const offer = headers.get("sec-websocket-protocol");
    const isOffered = headerList(offer).includes(SUBPROTOCOL);
    // The runtime finds it only where a space follows each comma, and throws otherwise.
    const isFound = isOffered && offer?.split(", ").includes(SUBPROTOCOL);
    try {
      const { socket, response } = Deno.upgradeWebSocket(request, {
        idleTimeout: IDLE_TIMEOUT_SECONDS,
        ...(isFound && { protocol: SUBPROTOCOL }),
      });
      if (isOffered && !isFound) setSubprotocol(response);
      this.#expectOpen(socket, signal, address, user);
      return response;
    } catch (error) {
      hub.release(address);
      throw error;
    }
  }

  #refuse(reason: RefusalReason, address: string, retryMs?: number): Response {
    const { hub, logger } = this.#options;
    const [status, message] = REFUSALS[reason];
    logger("warn", "upgrade_refused", { status, reason: message, address });
    return refuse(reason, hub.metrics, retryMs);
  }

  /** Waits for a socket to open, which makes it a connection. */
  #expectOpen(
    socket: WebSocket,
    signal: AbortSignal,
    address: Address,
    user: string | undefined,
  ): void {
    const { hub, helloMs } = this.#options;
    this.#sockets.add(socket);
    watchHandshake(socket, signal, helloMs, {
      opened: () => this.#connect(socket, address, user),
      failed: () => {
        hub.release(address);
        this.#forget(socket);
      },
      abandoned: () => {
        hub.abandon(address);
        this.#forget(socket);
      },
      recovered: () => {
        hub.recover();
        socket.close(CloseCode.HELLO_TIMEOUT, "Did not open in time");
      },
    });
  }

  #connect(socket: WebSocket, address: Address, user: string | undefined): void {
    const { hub } = this.#options;
    const transport = new WebSocketTransport(socket, hub.metrics, this.#unread);
    const connection = hub.connect(transport, address, user);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => hub.receive(connection, data);
    // May never come: the hub has forgotten the connection already when it closed it.
    socket.onclose = () => {
      // The runtime's idle timer holds a socket that was cut for 15 s more, and with it its
      // handlers.
      socket.onmessage = socket.onclose = null;
      hub.disconnect(connection);
      this.#forget(socket);
    };
  }

  #forget(socket: WebSocket): void {
    this.#unread.delete(socket);
    this.#sockets.delete(socket);
    if (this.#sockets.size === 0) this.#onEmpty?.();
  }
}

/** Whether a request asks for a WebSocket of version 13. */
export function isUpgrade({ method, headers }: Request): boolean {
  const connection = headerList(headers.get("connection"));
  return method === "GET" && !hasBody(headers) &&
    connection.some((each) => each.toLowerCase() === "upgrade") &&
    // And for nothing else: after a line of "h2c", Deno 2.9 would end the process at the upgrade.
    headers.get("upgrade")?.toLowerCase() === "websocket" &&
    headers.get("sec-websocket-version") === "13";
}

function setSubprotocol({ headers }: Response): void {
  try {
    headers.set("sec-websocket-protocol", SUBPROTOCOL);
  } catch {
    // In Deno 2.5 the response can't be changed: such a client is told of no subprotocol.
  }
}

/**
 * Before a close, the frames of a client are read until it pauses for so long, or for so many
 * pauses. If a frame comes after the close, the runtime resets the connection, and the client loses
 * what it has not read yet: the last events, and why it was closed.
 */
const PAUSE_MS = 100;
const MAX_PAUSES = 5;

class WebSocketTransport implements Transport {
  readonly #socket: WebSocket;
  readonly #metrics: Metrics;
  readonly #unread: Set<WebSocket>;

  /** @param unread gets the socket if it is closed with something still to be written to it */
  constructor(socket: WebSocket, metrics: Metrics, unread: Set<WebSocket>) {
    this.#socket = socket;
    this.#metrics = metrics;
    this.#unread = unread;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: string): void {
    this.#socket.send(frame);
    this.#metrics.addSent(frame);
  }

  close(code: number, reason: string, answer?: AnswerLate): void {
    this.#closeAfterPause(code, reason, answer, MAX_PAUSES);
  }

  #closeAfterPause(
    code: number,
    reason: string,
    answer: AnswerLate | undefined,
    pauses: number,
  ): void {
    const socket = this.#socket;
    let isQuiet = true;
    socket.onmessage = ({ data }) => {
      isQuiet = false;
      const frame = answer?.(data);
      if (frame !== undefined) this.send(frame);
    };
    setTimeout(() => {
      if (!isQuiet && pauses > 0) return this.#closeAfterPause(code, reason, answer, pauses - 1);
      // Reads 0 after the close.
      if (socket.bufferedAmount > 0) this.#unread.add(socket);
      socket.close(code, reason);
    }, PAUSE_MS);
  }
}
