/**
 * Makes `chat/confusables.ts` of Unicode's `confusables.txt`.
 *
 *     deno task confusables PATH_OF_confusables.txt
 *
 * The file is at https://www.unicode.org/Public/security/latest/confusables.txt, and in the sources
 * of ICU (`source/data/unidata/`), as Debian's source package `icu` has them.
 *
 * @module
 */

/** A character, and the text that it can be taken for. */
type Confusable = readonly [source: string, target: string];

/**
 * Characters whose row is left out: the likeness of I, l, 1 and |, of 0 and O, and of m and rn
 * depends on how a name is written, so `chat/skeletons.ts` has it.
 */
const ASCII_LETTERS = /^[0-9A-Za-z|]$/;

/** A text in ASCII, for a template literal. */
const escape = (text: string): string =>
  text.replace(/[`\\$]/g, "\\$&").replace(/[^ -~]/gu, (each) => {
    const code = each.codePointAt(0)?.toString(16) ?? "";
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
  });

/** The text of code points in hexadecimal, as `confusables.txt` writes it. */
const decode = (codes: string): string =>
  String.fromCodePoint(...codes.trim().split(/\s+/).map((code) => parseInt(code, 16)));

/**
 * Reads the rows of `confusables.txt`.
 *
 * @throws {SyntaxError} if the text is of another form
 */
export function readConfusables(text: string): { version: string; rows: Confusable[] } {
  const version = /^# Version: (\d+\.\d+\.\d+)$/m.exec(text)?.[1];
  if (version === undefined) {
    throw new SyntaxError("Cannot read confusables.txt: it has no version");
  }
  const rows: Confusable[] = [];
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const data = line.split("#", 1)[0]?.trim() ?? "";
    if (data === "") continue;
    const [source = "", target = "", kind] = data.split(";");
    if (kind?.trim() !== "MA") throw new SyntaxError(`Cannot read confusables.txt: "${line}"`);
    rows.push([decode(source), decode(target)]);
  }
  return { version, rows };
}

/** Whether a skeleton can meet a character: NFKC, then NFD, leave it as it is. */
export function isMet(character: string): boolean {
  return character.normalize("NFKC").normalize("NFD") === character &&
    !/^[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]$/u.test(character);
}

/**
 * The character that replaces `l` in a target: `I` if a capital, or a letter without case, looks like I and l.
 * So a reader of the table can still give the letter its small form.
 */
function splitBar(source: string, target: string): string {
  return /^[\p{Lu}\p{Lo}]$/u.test(source) ? target.replaceAll("l", "I") : target;
}

/** The table: a line for each target, with the target, a space, and its sources. */
export function packConfusables(rows: readonly Confusable[]): string {
  const sources = new Map<string, string[]>();
  for (const [source, target] of rows) {
    if (!isMet(source) || ASCII_LETTERS.test(source)) continue;
    const key = splitBar(source, target).normalize("NFD");
    if (key.includes(" ")) throw new RangeError(`Cannot pack "${key}" as it has a space`);
    sources.set(key, [...sources.get(key) ?? [], source]);
  }
  return Array.from(sources, ([target, all]) => `${target} ${all.sort().join("")}`).sort()
    .join("\n");
}

/** The module that holds the table. */
function moduleOf(version: string, table: string): string {
  return `/**
 * Characters that look alike, after Unicode ${version}. Made by \`tests/text/make_confusables.ts\` of
 * https://www.unicode.org/Public/security/latest/confusables.txt, and not to be edited.
 *
 * Copyright © 2025 Unicode, Inc.; its license is in \`docs/unicode_license.txt\`.
 *
 * @module
 */

/** The version of Unicode whose \`confusables.txt\` this is. */
export const UNICODE_VERSION = "${version}";

/**
 * A line for each text that characters can be taken for: the text, a space, and those characters.
 * Only what is left of a name after NFKC and NFD is in here.
 */
export const CONFUSABLES = \`
${table.split("\n").map(escape).join("\n")}
\`.trim();
`;
}

if (import.meta.main) {
  const [path] = Deno.args;
  if (path === undefined) {
    console.error("Usage: deno task confusables PATH_OF_confusables.txt");
    Deno.exit(2);
  }
  const { version, rows } = readConfusables(Deno.readTextFileSync(path));
  const output = new URL("../../chat/text/confusables.ts", import.meta.url);
  Deno.writeTextFileSync(output, moduleOf(version, packConfusables(rows)));
}
