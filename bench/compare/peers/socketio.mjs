/**
 * A peer: a chat room on Socket.IO, with `join` and `to(room).emit`.
 *
 * @module
 */

import { createServer } from "node:http";
import { Server } from "socket.io";
import { makeMessage, makeUser } from "./message.mjs";

const http = createServer((_request, response) => response.writeHead(426).end());
// The load generator does not answer Engine.IO's own pings, so the interval exceeds a trial.
const server = new Server(http, { pingInterval: 600_000 });

server.on("connection", (socket) => {
  let user;
  socket.on("join", (room, name) => {
    user = makeUser(name);
    socket.join(room);
    socket.emit("joined", room);
  });
  socket.on("send", ({ room, text }) => {
    server.to(room).emit("message", makeMessage(user, room, text));
  });
  socket.on("ping", () => socket.emit("pong"));
});

http.listen(Number(process.env.PORT), "127.0.0.1");
