/**
 * Reader of a `.env` file.
 *
 * @module
 */

import { type EnvFile, parseEnvFile } from "../config/env_file.ts";

/**
 * Reads and parses a `.env` file. A file that does not exist, or that the process has no permission
 * to read, has no variables.
 *
 * @throws {Error} if there is a file that can't be read or is not UTF-8
 */
export function readEnvFile(path: string): EnvFile {
  // Queried, since a read without the permission prompts at the terminal.
  const { state } = Deno.permissions.querySync({ name: "read", path });
  if (state !== "granted") return parseEnvFile("");
  try {
    // Not statSync, which does not find a link to a missing file.
    Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return parseEnvFile("");
  }
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return parseEnvFile(decoder.decode(Deno.readFileSync(path)));
  } catch (cause) {
    throw new Error(`Cannot read ${path}: ${cause}`, { cause });
  }
}
