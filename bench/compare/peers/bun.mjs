/**
 * A peer: a chat room on Bun's built-in publish and subscribe.
 *
 * @module
 */

import { makeMessage, makeUser } from "./message.mjs";

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.env.PORT),
  fetch(request, server) {
    if (server.upgrade(request, { data: {} })) return;
    return new Response("A WebSocket is expected here", { status: 426 });
  },
  websocket: {
    message(socket, data) {
      const command = JSON.parse(data);
      switch (command.type) {
        case "hello":
          socket.data.user = makeUser(command.name);
          socket.send(JSON.stringify({ type: "welcome", user: socket.data.user }));
          break;
        case "join":
          socket.subscribe(command.room);
          socket.send(JSON.stringify({ type: "joined", room: command.room }));
          break;
        case "ping":
          socket.send(JSON.stringify({ type: "pong" }));
          break;
        case "send": {
          const message = makeMessage(socket.data.user, command.room, command.text);
          server.publish(command.room, JSON.stringify(message));
        }
      }
    },
  },
});
