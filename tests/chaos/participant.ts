/**
 * A client that talks at any node, and goes to another one when its connection is lost or silent.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { readFrame } from "../fuzz/oracle_events.ts";
import type { WireCommand } from "../support/clients.ts";
import { HOST } from "../support/tcp_connection.ts";
import type { SeededRandom } from "../support/seeded_random.ts";
import { Memory } from "./memory.ts";

/** The backoff between attempts to connect: shorter than the protocol's, to meet more faults. */
const BACKOFF_MS = { first: 20, most: 500 };

/** A client that stays away for longer, at times. */
const ABSENCE = { chance: 0.1, mostMs: 4000 };

/** The time for a connection to open, and to be answered. */
const CONNECT_MS = 1500;

const CHECK_MS = 100;

/** The close codes after which a client stops, as the protocol says. */
const isFinal = (code: number): boolean => code === 1003 || code === 1009 || code >= 4500;

/** A user who stays in the room, at whatever node. */
export class Participant {
  readonly memory: Memory;
  /** The number of connections so far that had joined. */
  connections = 0;
  readonly #ports: readonly number[];
  readonly #random: SeededRandom;
  readonly #running: Promise<void>;
  readonly #timer: ReturnType<typeof setInterval>;
  /** Resolve when the sockets are closed. */
  readonly #closes: Promise<void>[] = [];
  #socket: WebSocket | undefined;
  /** Ends the wait for the end of the connection, or of a pause. */
  #leave: (() => void) | undefined;
  #openedAt = 0;
  #receivedAt = 0;
  #heartbeatMs = Infinity;
  #pinged = false;
  #failures = 0;
  #stopped = false;

  constructor(name: string, ports: readonly number[], random: SeededRandom) {
    this.memory = new Memory(name);
    this.#ports = ports;
    this.#random = random;
    this.#timer = setInterval(() => this.#check(), CHECK_MS);
    this.#running = this.#run();
  }

  /** Says something, or edits something: now, or when it has joined. */
  speak(): void {
    this.#tell(this.memory.speak(this.#random));
  }

  /** Leaves without a word. Later events are ignored. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#leave?.();
    await this.#running;
  }

  /** Resolves when all sockets are closed, at last when all servers have ended. */
  async closed(): Promise<void> {
    await Promise.all(this.#closes);
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#runConnection(this.#random.below(this.#ports.length));
      if (this.#stopped) return;
      const most = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** this.#failures++);
      const isAway = this.#random.chance(ABSENCE.chance);
      const pauseMs = this.#random.next() * (isAway ? ABSENCE.mostMs : most);
      const pause = new AbortController();
      this.#leave = () => pause.abort();
      await delay(pauseMs, undefined, { signal: pause.signal }).catch(() => {});
    }
  }

  /** Resolves when the connection is lost, or given up. */
  #runConnection(node: number): Promise<void> {
    const socket = new WebSocket(`ws://${HOST}:${this.#ports[node]}/ws`);
    this.#socket = socket;
    this.#openedAt = performance.now();
    this.#heartbeatMs = Infinity;
    this.#recordReceived();
    const isCurrent = () => this.#socket === socket;
    return new Promise((resolve) => {
      this.#leave = () => {
        this.#socket = undefined;
        socket.close();
        resolve();
      };
      socket.onopen = () => {
        if (isCurrent()) this.#tell(this.memory.connected(node + 1));
        else socket.close();
      };
      socket.onmessage = ({ data }) => {
        if (isCurrent()) this.#take(data);
      };
      // A refused connection is closed, too.
      socket.onerror = () => {};
      this.#closes.push(
        new Promise((closed) => {
          socket.onclose = ({ code, reason }) => {
            if (isCurrent() && isFinal(code)) this.memory.refuse(`close ${code}`, reason);
            if (isCurrent()) this.#leave?.();
            closed();
          };
        }),
      );
    });
  }

  #take(data: string): void {
    this.#recordReceived();
    const now = performance.now();
    for (const event of readFrame(data)) {
      if (event.type === "welcome") this.#heartbeatMs = event.heartbeatMs;
      if (event.type === "joined") {
        this.#failures = 0;
        this.connections++;
      }
      this.#tell(this.memory.take(event, now));
    }
  }

  #tell(commands: readonly WireCommand[]): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    for (const command of commands) this.#socket.send(JSON.stringify(command));
  }

  #recordReceived(): void {
    this.#receivedAt = performance.now();
    this.#pinged = false;
  }

  /** Sends refused commands again, pings a silent node, and gives it up. */
  #check(): void {
    const now = performance.now();
    if (this.#socket === undefined) return;
    const isLate = this.#heartbeatMs === Infinity && now - this.#openedAt > CONNECT_MS;
    const silentMs = now - this.#receivedAt;
    if (isLate || silentMs > 2 * this.#heartbeatMs) return this.#leave?.();
    this.#tell(this.memory.retries(now));
    if (silentMs <= this.#heartbeatMs || this.#pinged) return;
    this.#pinged = true;
    this.#tell([{ type: "ping" }]);
  }
}
