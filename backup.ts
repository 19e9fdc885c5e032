/**
 * The task "backup": copies the messages of the data folder to a file, while a server may be using it.
 *
 * @module
 */

import { backUp } from "./chat/broker/sqlite/backup.ts";
import { readArguments } from "./chat/config/flags.ts";
import { readEnvFile } from "./chat/runtime/env_file.ts";

const USAGE = "Usage: deno task backup FILE [FOLDER]";

try {
  const { flags, words } = readArguments(Deno.args, { help: false });
  const [file, folder = dataFolder()] = words;
  if (flags.has("help")) console.log(USAGE);
  else if (file === undefined || words.length > 2) throw new TypeError(USAGE);
  else await backUp(folder, file);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}

/**
 * The folder that a server uses which is started here.
 *
 * @throws {TypeError} if it uses none: a folder that was left behind would be taken for the messages
 */
function dataFolder(): string {
  const { variables } = readEnvFile(".env");
  const read = (variable: string) => Deno.env.get(variable) ?? variables[variable];
  if (read("CHAT_REDIS")) {
    throw new TypeError("Cannot back up what CHAT_REDIS keeps: copy the files of Redis");
  }
  if ((read("CHAT_KV") || "none") !== "none") {
    throw new TypeError("Cannot back up what CHAT_KV keeps: copy the KV");
  }
  return read("CHAT_DATA") || "data";
}
