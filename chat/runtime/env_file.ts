/**
 * Reader of `.env` files, which have a variable in each line, as `NAME=value`.
 *
 * Deno's `--env-file` will not do: it skips a file that can't be read, takes a byte-order mark for
 * a part of the first name, and reads `a$b#c` as `a` (Deno 2.9) or `a#c` (Deno 2.5).
 *
 * @module
 */

/** The contents of a `.env` file. */
export interface EnvFile {
  /** The values by name. The last value of a name counts. */
  readonly variables: Readonly<Record<string, string>>;
  /** The numbers of the lines, from 1, that are neither blank nor a comment nor an assignment. */
  readonly ignoredLines: readonly number[];
  /** Whether the file begins with a byte-order mark, which other programs do not skip. */
  readonly hasByteOrderMark: boolean;
}

const BYTE_ORDER_MARK = "\uFEFF";

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

/**
 * Parses the text of a `.env` file. Values have neither escapes nor `$` substitution. Quotes around
 * a value are removed; a value without quotes ends before a `#` that follows white space.
 */
export function parseEnvFile(text: string): EnvFile {
  const hasByteOrderMark = text.startsWith(BYTE_ORDER_MARK);
  const lines = text.slice(hasByteOrderMark ? 1 : 0).split("\n");
  const variables = new Map<string, string>();
  const ignoredLines: number[] = [];
  for (const [index, line] of lines.entries()) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const assignment = parseAssignment(trimmed);
    if (assignment === undefined) ignoredLines.push(index + 1);
    else variables.set(...assignment);
  }
  return { variables: Object.fromEntries(variables), ignoredLines, hasByteOrderMark };
}

function parseAssignment(line: string): [name: string, value: string] | undefined {
  const equals = line.indexOf("=");
  if (equals === -1) return undefined;
  const name = line.slice(0, equals).replace(/^export\s/, "").trim();
  const value = parseValue(line.slice(equals + 1));
  return /^[A-Za-z_]\w*$/.test(name) && value !== undefined ? [name, value] : undefined;
}

function parseValue(text: string): string | undefined {
  const trimmed = text.trim();
  const quote = trimmed.charAt(0);
  if (quote !== '"' && quote !== "'") {
    const comment = text.search(/\s#/);
    return text.slice(0, comment === -1 ? undefined : comment).trim();
  }
  const end = trimmed.indexOf(quote, 1);
  const rest = trimmed.slice(end + 1).trim();
  const isWhole = end !== -1 && (rest === "" || rest.startsWith("#"));
  return isWhole ? trimmed.slice(1, end) : undefined;
}
