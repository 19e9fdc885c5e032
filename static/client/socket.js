/// <reference lib="dom" />

/**
 * WebSocket of the page: opens, sends, and reports events. Makes no decisions.
 *
 * @module
 */

/** @import { Command, ServerEvent } from "../../chat/protocol/types.ts" */

/**
 * @typedef {object} SocketListener
 * @property {() => void} opened
 * @property {(event: ServerEvent) => void} received
 * @property {(code: number) => void} closed
 */

/**
 * At most one socket at a time: events of a closed or replaced one are ignored.
 *
 * @param {string} url
 * @param {SocketListener} listener
 */
export function createSocket(url, listener) {
  /** @type {WebSocket | null} */
  let current = null;

  function close() {
    const socket = current;
    current = null;
    socket?.close();
  }

  function open() {
    close();
    const socket = new WebSocket(url, "chat.v1");
    current = socket;
    socket.addEventListener("open", () => {
      if (socket === current) listener.opened();
    });
    socket.addEventListener("message", (/** @type {MessageEvent<string>} */ { data }) => {
      for (const event of JSON.parse(data)) if (socket === current) listener.received(event);
    });
    socket.addEventListener("close", (/** @type {CloseEvent} */ { code }) => {
      if (socket !== current) return;
      current = null;
      listener.closed(code);
    });
  }

  /** @param {Command} command */
  function send(command) {
    if (current?.readyState === WebSocket.OPEN) current.send(JSON.stringify(command));
  }

  return { open, close, send };
}
