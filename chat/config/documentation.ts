/**
 * The table of settings as Markdown.
 *
 * @module
 */

import { type Setting, SETTINGS } from "./settings.ts";

/** A row for each variable, in the form that `deno fmt` gives to tables. */
export function configurationTable(): string {
  const settings = Object.values<Setting>(SETTINGS);
  const rows = settings.map(({ variable, fallback, shownDefault, parser, meaning }) => [
    `\`${variable}\``,
    shownDefault ?? fallback,
    parser.range ?? "",
    meaning,
  ]);
  const table = [["variable", "default", "range", "meaning"], ...rows];
  const widths = table.reduce<number[]>(
    (widths, row) => row.map((cell, column) => Math.max(widths[column] ?? 0, cell.length)),
    [],
  );
  const [head = "", ...body] = table.map((row) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [head, rule, ...body].join("\n");
}
