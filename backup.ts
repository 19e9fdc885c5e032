/**
 * The task "backup": copies the messages of the data folder to a file, while a server may be using it.
 *
 * @module
 */

import { backUp } from "./chat/broker/sqlite/backup.ts";

const [file, folder = Deno.env.get("CHAT_DATA") || "data"] = Deno.args;
try {
  if (file === undefined) throw new TypeError("Usage: deno task backup FILE [FOLDER]");
  await backUp(folder, file);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
