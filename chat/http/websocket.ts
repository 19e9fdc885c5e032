/**
 * From a request to a connection: who may upgrade, and the events of the socket.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Address } from "../limits/addresses.ts";
import type { Transport } from "../connection.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { isPeerGone, watchOpening } from "./handshake.ts";
import type { Hub } from "../hub.ts";
import type { Logger } from "../runtime/logger.ts";
import { CloseCode, SUBPROTOCOL } from "../protocol/types.ts";
import { hasBody, headerList } from "./request_head.ts";
import { clientAddress, isOriginAllowed, type TrustOptions } from "./client_address.ts";

/** What upgrades need. */
export interface SocketsOptions extends TrustOptions {
  readonly hub: Hub;
  readonly logger: Logger;
  /** Within which a socket must open, in milliseconds, and as long again until `hello`. */
  readonly helloMs: number;
}

/** Seconds without a sign of life before the runtime closes a socket; it pings after half of it. */
const IDLE_TIMEOUT_SECONDS = 30;

/**
 * A client that goes on sending is read until it pauses, or for so long, before it is closed. When
 * a frame comes after the close, the runtime resets the connection, and the client loses what it
 * has not read yet: what was said last, and why it must go.
 */
const PAUSE_MS = 100;
const MAX_PAUSES = 5;

/** RFC 6455, 4.1: sixteen bytes in base64. The runtime would take anything. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

type Answer = readonly [status: number, text: string, headers?: HeadersInit];

const ANSWERS = {
  not_websocket: [426, "A WebSocket (version 13) is expected here", {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
  }],
  bad_request: [400, "Sec-WebSocket-Key must be 16 bytes in base64"],
  origin: [403, "Pages of this origin may not connect"],
  gone: [400, "The connection ended before its upgrade"],
  draining: [503, "The server is going away"],
  memory: [503, "The server is short of memory"],
  full: [503, "The server is full"],
  too_many_from_address: [429, "Too many connections from this address"],
  too_fast_from_address: [429, "Too many new connections from this address"],
  kept_out: [429, "This address has flooded or sent nonsense too often"],
} as const satisfies Partial<Record<keyof Metrics["refusals"], Answer>>;

/** Why a request is not upgraded. */
type Reason = keyof typeof ANSWERS;

/** The WebSockets of a server. */
export class Sockets {
  readonly #options: SocketsOptions;
  /** Those that are not closed, and those that are to open. */
  readonly #sockets = new Set<WebSocket>();
  readonly #traffic: Traffic;
  #onEmpty: (() => void) | undefined;

  constructor(options: SocketsOptions) {
    this.#options = options;
    this.#traffic = new Traffic(options.hub.metrics);
  }

  /** Resolves when the last socket is closed. */
  async closed(): Promise<void> {
    if (this.#sockets.size === 0) return;
    await new Promise<void>((resolve) => this.#onEmpty = resolve);
  }

  /**
   * Answers a request for `/ws`: upgrades it, or says why not. Browsers tell no page how an upgrade
   * was answered, so a page asks with `X-Probe: <its origin>`, and without an upgrade.
   *
   * @param peer the address at the other end of the TCP connection, or "" if there is none any more
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
    if (refusal !== undefined) {
      const retryAfter = String(Math.ceil(refusal.retryMs / 1000));
      return this.#refuse(refusal.reason, address, { "retry-after": retryAfter });
    }
    if (isProbe) return this.#refuse("not_websocket", address);
    if (!KEY.test(headers.get("sec-websocket-key") ?? "")) {
      return this.#refuse("bad_request", address);
    }
    return this.#upgrade(request, hub.reserve(address));
  }

  /** Upgrades a request for which a place was taken, unless its peer has gone. */
  async #upgrade(request: Request, place: Address): Promise<Response> {
    const { hub } = this.#options;
    // After the upgrade the request can't be read any more.
    const { headers, signal } = request;
    if (await isPeerGone(signal)) {
      hub.release(place);
      return this.#refuse("gone", place.name);
    }
    const offer = headers.get("sec-websocket-protocol");
    const isOffered = headerList(offer).includes(SUBPROTOCOL);
    // The runtime finds it where a space follows each comma, and throws otherwise.
    const isFound = isOffered && offer?.split(", ").includes(SUBPROTOCOL);
    try {
      const { socket, response } = Deno.upgradeWebSocket(request, {
        idleTimeout: IDLE_TIMEOUT_SECONDS,
        ...(isFound && { protocol: SUBPROTOCOL }),
      });
      if (isOffered && !isFound) answerSubprotocol(response);
      this.#expect(socket, signal, place);
      return response;
    } catch (error) {
      hub.release(place);
      throw error;
    }
  }

  #refuse(reason: Reason, address: string, later: HeadersInit = {}): Response {
    const { hub, logger } = this.#options;
    const [status, text, headers = later]: Answer = ANSWERS[reason];
    hub.metrics.refusals[reason]++;
    logger("warn", "upgrade_refused", { status, reason: text, address });
    return new Response(`${text}\n`, { status, headers });
  }

  /** Waits for a socket to open, which makes it a connection. */
  #expect(socket: WebSocket, signal: AbortSignal, place: Address): void {
    const { hub, helloMs } = this.#options;
    this.#sockets.add(socket);
    watchOpening(socket, signal, helloMs, {
      opened: () => this.#attach(socket, place),
      failed: () => {
        hub.release(place);
        this.#forget(socket);
      },
      abandoned: () => {
        hub.abandon(place);
        this.#forget(socket);
      },
      recovered: () => {
        hub.recover();
        socket.close(CloseCode.HELLO_TIMEOUT, "Did not open in time");
      },
    });
  }

  #attach(socket: WebSocket, place: Address): void {
    const { hub } = this.#options;
    const connection = hub.connect(new SocketTransport(socket, this.#traffic), place);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => hub.receive(connection, data);
    // May never come: the hub has forgotten the connection already when it closed it.
    socket.onclose = () => {
      // The runtime's idle timer holds a socket that was cut off for 15 s more: let it hold no more
      // than that.
      socket.onmessage = socket.onclose = null;
      hub.disconnect(connection);
      this.#forget(socket);
    };
  }

  #forget(socket: WebSocket): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size === 0) this.#onEmpty?.();
  }
}

/** Counts what is sent. */
class Traffic {
  readonly #metrics: Metrics;
  /** The frame that was sent last, and its bytes as UTF-8. */
  #lastFrame = "";
  #lastBytes = 0;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  sent(frame: string): void {
    // What many get, they get one after the other: it is measured once.
    if (frame !== this.#lastFrame) {
      this.#lastFrame = frame;
      this.#lastBytes = Buffer.byteLength(frame);
    }
    this.#metrics.framesSent++;
    this.#metrics.sentBytes += this.#lastBytes;
  }
}

/** A socket as its connection sees it. */
class SocketTransport implements Transport {
  readonly #socket: WebSocket;
  readonly #traffic: Traffic;

  constructor(socket: WebSocket, traffic: Traffic) {
    this.#socket = socket;
    this.#traffic = traffic;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: string): void {
    this.#socket.send(frame);
    this.#traffic.sent(frame);
  }

  close(code: number, reason: string): void {
    closeWhenQuiet(this.#socket, code, reason, MAX_PAUSES);
  }
}

function answerSubprotocol({ headers }: Response): void {
  try {
    headers.set("sec-websocket-protocol", SUBPROTOCOL);
  } catch {
    // Deno 2.5 lets nobody change the answer: such a client is told of no subprotocol.
  }
}

/** Whether a request asks for a WebSocket of the version that we speak. */
export function isUpgrade({ method, headers }: Request): boolean {
  const connection = headerList(headers.get("connection"));
  return method === "GET" && !hasBody(headers) &&
    connection.some((each) => each.toLowerCase() === "upgrade") &&
    // And for nothing else: after a line of "h2c", Deno 2.9 would end the process at the upgrade.
    headers.get("upgrade")?.toLowerCase() === "websocket" &&
    headers.get("sec-websocket-version") === "13";
}

function closeWhenQuiet(socket: WebSocket, code: number, reason: string, pauses: number): void {
  let isQuiet = true;
  socket.onmessage = () => isQuiet = false;
  setTimeout(() => {
    if (isQuiet || pauses === 0) socket.close(code, reason);
    else closeWhenQuiet(socket, code, reason, pauses - 1);
  }, PAUSE_MS);
}
