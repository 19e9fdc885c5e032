/// <reference lib="dom" />

/**
 * WebSocket of a client: opens, sends, and reports events. Makes no decisions.
 *
 * @module
 */

/** @import { Command, ServerEvent } from "./protocol.d.ts" */

/**
 * @typedef {object} SocketListener
 * @property {() => void} opened
 * @property {(event: ServerEvent) => void} received
 * @property {(code: number) => void} closed
 */

/** The `readyState` of a WebSocket that can send. */
const OPEN = 1;

/**
 * At most one socket at a time: events of a closed or replaced one are ignored.
 *
 * @param {string} url
 * @param {SocketListener} listener
 * @param {typeof WebSocket} [Socket] another implementation
 */
export function createSocket(url, listener, Socket = WebSocket) {
  /** @type {WebSocket | null} */
  let current = null;

  function close() {
    const socket = current;
    current = null;
    socket?.close();
  }

  function open() {
    close();
    const socket = new Socket(url, "chat.v1");
    current = socket;
    socket.addEventListener("open", () => {
      if (socket === current) listener.opened();
    });
    socket.addEventListener("message", (/** @type {MessageEvent<string>} */ { data }) => {
      for (const event of JSON.parse(data)) if (socket === current) listener.received(event);
    });
    // `close` follows. Implementations for Node end the process over an error without a listener.
    socket.addEventListener("error", () => {});
    socket.addEventListener("close", (/** @type {CloseEvent} */ { code }) => {
      if (socket !== current) return;
      current = null;
      listener.closed(code);
    });
  }

  /** @param {Command} command */
  function send(command) {
    if (current?.readyState === OPEN) current.send(JSON.stringify(command));
  }

  return { open, close, send };
}
