/**
 * WebSocket clients by others against a server: each says hello, joins, sends, and must get its ack
 * and its message.
 *
 *     deno run $(deno task -q std) --allow-all tests/server/foreign_clients.ts
 *
 * Installs them into a temporary folder, by npm and pip. The exit code is 1 if any failed.
 *
 * @module
 */

import { HOST } from "../support/tcp_connection.ts";
import { RealServer } from "../support/real_server.ts";

const NPM = ["node@22", "ws", "faye-websocket"];
const PIP = ["websockets", "websocket-client", "aiohttp"];
const DEADLINE_MS = 300_000;

const JAVASCRIPT = `
const [url, commands] = process.argv.slice(2);
const awaited = new Set(["welcome", "joined", "ack", "message"]);
const socket = new Socket(url, ["chat.v1"]);
socket.onopen = () => { for (const command of JSON.parse(commands)) socket.send(JSON.stringify(command)); };
socket.onmessage = ({ data }) => {
  for (const { type } of JSON.parse(data)) awaited.delete(type);
  if (awaited.size === 0) socket.close(1000);
};
socket.onclose = ({ code }) => {
  console.log(socket.protocol, code);
  process.exit(awaited.size);
};
`;

const PYTHON = `
import asyncio, json, sys
url, commands = sys.argv[1], [json.dumps(each) for each in json.loads(sys.argv[2])]
awaited = {"welcome", "joined", "ack", "message"}
def read(frame):
    awaited.difference_update(event["type"] for event in json.loads(frame))
`;

/** The programs by client: the interpreter and the source. */
const CLIENTS: Readonly<Record<string, readonly [command: string, source: string]>> = {
  "Node's WebSocket": ["node", `const Socket = WebSocket;${JAVASCRIPT}`],
  "ws": ["node", `import { WebSocket as Socket } from "ws";${JAVASCRIPT}`],
  "faye-websocket": [
    "node",
    `import faye from "faye-websocket"; const Socket = faye.Client;${JAVASCRIPT}`,
  ],
  "websockets": [
    "python",
    `${PYTHON}
import websockets
async def main():
    async with websockets.connect(url, subprotocols=["chat.v1"]) as socket:
        for command in commands: await socket.send(command)
        while awaited: read(await socket.recv())
        print(socket.subprotocol)
asyncio.run(main())`,
  ],
  "websocket-client": [
    "python",
    `${PYTHON}
import websocket
socket = websocket.create_connection(url, subprotocols=["chat.v1"])
for command in commands: socket.send(command)
while awaited: read(socket.recv())
print(socket.subprotocol)
socket.close()`,
  ],
  "aiohttp": [
    "python",
    `${PYTHON}
import aiohttp
async def main():
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url, protocols=["chat.v1"]) as socket:
            for command in commands: await socket.send_str(command)
            while awaited: read(await socket.receive_str())
            print(socket.protocol)
asyncio.run(main())`,
  ],
};

/** Runs a command in a folder, and returns whether it succeeded and its output. */
async function run(
  folder: string,
  command: string,
  args: readonly string[],
): Promise<{ readonly isOk: boolean; readonly text: string }> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd: folder,
    signal,
  }).output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("").trim();
  return { isOk: success, text };
}

/** Installs the clients, and returns the paths of the interpreters. */
async function install(folder: string): Promise<Readonly<Record<string, string>>> {
  const steps: [string, string[]][] = [
    ["npm", ["install", "--silent", "--prefix", folder, ...NPM]],
    ["python3", ["-m", "venv", "python"]],
    [`${folder}/python/bin/pip`, ["install", "--quiet", ...PIP]],
  ];
  for (const [command, args] of steps) {
    const { isOk, text } = await run(folder, command, args);
    if (!isOk) console.error(`${command} failed: ${text}`);
  }
  return {
    node: `${folder}/node_modules/.bin/node`,
    python: `${folder}/python/bin/python`,
  };
}

const folder = await Deno.makeTempDir();
let failed = 0;
try {
  const paths = await install(folder);
  await using server = RealServer.start();
  for (const [name, [command, source]] of Object.entries(CLIENTS)) {
    const script = `${folder}/client.${command === "node" ? "mjs" : "py"}`;
    await Deno.writeTextFile(script, source);
    const commands = [
      { type: "hello", ref: "1", name },
      { type: "join", ref: "2", room: "clients" },
      { type: "send", ref: "3", room: "clients", text: "hi ☃ 👍🏽" },
    ];
    const args = [script, `ws://${HOST}:${server.port}/ws`, JSON.stringify(commands)];
    const { isOk, text } = await run(folder, paths[command] ?? command, args);
    if (!isOk) failed++;
    console.log(`${isOk ? "ok    " : "failed"} ${name}: ${text}`);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exitCode = failed === 0 ? 0 : 1;
