import { assertEquals } from "@std/assert";
import { configurationTable } from "../../chat/config/documentation.ts";

const DOCUMENT = new URL("../../docs/configuration.md", import.meta.url);

/** The table in the document, between its markers. */
const TABLE = /(?<=<!-- table -->\n\n)[^]*?(?=\n\n<!-- \/table -->)/;

Deno.test("configurationTable() is the table in docs/configuration.md (`-- --update` writes it)", async () => {
  const document = await Deno.readTextFile(DOCUMENT);
  if (Deno.args.includes("--update")) {
    return await Deno.writeTextFile(DOCUMENT, document.replace(TABLE, configurationTable));
  }
  assertEquals(TABLE.exec(document)?.[0], configurationTable());
});
