import { assertEquals } from "@std/assert";
import { type Setting, SETTINGS } from "../../chat/config/settings.ts";

const DOCUMENT = new URL("../../docs/configuration.md", import.meta.url);

/** The table in the document, between its markers. */
const TABLE = /(?<=<!-- table -->\n\n)[^]*?(?=\n\n<!-- \/table -->)/;

Deno.test("SETTINGS are the table in docs/configuration.md (`-- --update` writes it)", async () => {
  const document = await Deno.readTextFile(DOCUMENT);
  if (Deno.args.includes("--update")) {
    return await Deno.writeTextFile(DOCUMENT, document.replace(TABLE, configurationTable));
  }
  assertEquals(TABLE.exec(document)?.[0], configurationTable());
});

/** The table of settings as Markdown, in the form that `deno fmt` gives to tables. */
function configurationTable(): string {
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
