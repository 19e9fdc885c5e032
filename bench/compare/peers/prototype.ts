/**
 * A peer: the smallest batching chat room on `Deno.upgradeWebSocket`. It sends the messages of one
 * turn of the event loop to all clients as one array, without acks, limits, history or care for
 * slow clients.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { makeMessage, makeUser } from "./message.mjs";

const joined = new Set<WebSocket>();
let batch: string[] = [];

function flush(): void {
  const frame = `[${batch.join(",")}]`;
  batch = [];
  for (const socket of joined) socket.send(frame);
}

function handle(request: Request): Response {
  if (request.headers.get("upgrade") !== "websocket") return new Response(null, { status: 426 });
  const { socket, response } = Deno.upgradeWebSocket(request);
  let user = makeUser("");
  socket.onmessage = ({ data }) => {
    const command = JSON.parse(data);
    switch (command.type) {
      case "hello":
        user = makeUser(command.name);
        return socket.send(JSON.stringify([{ type: "welcome", user }]));
      case "join":
        joined.add(socket);
        return socket.send(JSON.stringify([{ type: "joined", room: command.room }]));
      case "ping":
        return socket.send(JSON.stringify([{ type: "pong" }]));
      case "send":
        if (batch.length === 0) setImmediate(flush);
        batch.push(JSON.stringify(makeMessage(user, command.room, command.text)));
    }
  };
  socket.onclose = () => joined.delete(socket);
  return response;
}

Deno.serve({ hostname: "127.0.0.1", port: Number(Deno.env.get("PORT")), onListen() {} }, handle);
