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

/** The folder that a server uses which is started here. */
function dataFolder(): string {
  const { variables } = readEnvFile(".env");
  return (Deno.env.get("CHAT_DATA") ?? variables["CHAT_DATA"]) || "data";
}
