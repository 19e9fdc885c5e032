/**
 * A peer: a chat room on Node's `ws`, with a loop over the clients as in its documentation.
 *
 * @module
 */

import { WebSocket, WebSocketServer } from "ws";
import { makeMessage, makeUser } from "./message.mjs";

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.env.PORT) });

server.on("connection", (socket) => {
  let user;
  socket.on("message", (data) => {
    const command = JSON.parse(data.toString());
    switch (command.type) {
      case "hello":
        user = makeUser(command.name);
        socket.send(JSON.stringify({ type: "welcome", user }));
        break;
      case "join":
        socket.joined = true;
        socket.send(JSON.stringify({ type: "joined", room: command.room }));
        break;
      case "ping":
        socket.send(JSON.stringify({ type: "pong" }));
        break;
      case "send": {
        const message = JSON.stringify(makeMessage(user, command.room, command.text));
        for (const client of server.clients) {
          if (client.joined && client.readyState === WebSocket.OPEN) client.send(message);
        }
      }
    }
  });
});
