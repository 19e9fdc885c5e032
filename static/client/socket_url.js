/**
 * The URL of the WebSocket of a server.
 *
 * @module
 */

/**
 * The URL of the WebSocket of a server, which may be below a path.
 *
 * @param {string | URL} url
 * @returns {string}
 */
export function socketUrl(url) {
  const base = new URL(url);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  const socket = new URL("ws", base);
  socket.protocol = base.protocol.replace(/^http/, "ws");
  return socket.href;
}
