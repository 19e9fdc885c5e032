/**
 * The text of `--help`, from the table of settings.
 *
 * @module
 */

import { OTHER_FLAGS, SETTINGS_WITH_FLAGS } from "./command_line.ts";
import { type Setting, SETTINGS } from "./settings.ts";

/** The columns of a terminal. */
const COLUMNS = 80;

/** The text of `--help`. */
export function helpText(version: string): string {
  const flags: (readonly [flag: string, meaning: string])[] = [
    ...SETTINGS_WITH_FLAGS.map(({ flag, variable }) =>
      [`${flag} ${flag?.toUpperCase()}`, `goes before ${variable}`] as const
    ),
    ...Object.entries(OTHER_FLAGS),
  ];
  const width = Math.max(...flags.map(([flag]) => flag.length));
  return [
    `Parley ${version}, a chat server`,
    "",
    "deno task start [FLAGS]",
    "parley [FLAGS]",
    "",
    "Flags:",
    ...flags.map(([flag, meaning]) => `  --${flag.padEnd(width)}  ${meaning}`),
    "",
    ...wrap(
      "Settings are environment variables, also in a file .env in the folder in which the server " +
        "is started. An empty variable has its default.",
      "",
    ),
    "",
    ...Object.values<Setting>(SETTINGS).flatMap(describe),
  ].join("\n");
}

function describe({ variable, fallback, shownDefault, parser, meaning }: Setting): string[] {
  const range = parser.range === undefined ? "" : `, from ${parser.range}`;
  return [
    `  ${variable} (default: ${shownDefault ?? fallback}${range})`,
    ...wrap(meaning.replaceAll("`", ""), "      "),
  ];
}

/** The lines of a text, each with an indent. */
function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent.length + line.length + 1 + word.length > COLUMNS) {
      lines.push(indent + line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, indent + line];
}
