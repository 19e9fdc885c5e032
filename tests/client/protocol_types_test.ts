import { assertEquals } from "@std/assert";
import { ROLES } from "../../chat/protocol/permissions.ts";
import { ERROR_CODES } from "../../chat/protocol/types.ts";

const ROOT = new URL("../../", import.meta.url);
const COPY = new URL("static/client/protocol.d.ts", ROOT);

const SOURCES = ["chat/protocol/types.ts", "chat/protocol/settings.ts"];

/** Types that are made of lists, which a declaration can't import. */
const LISTS = { Role: ROLES, ErrorCode: ERROR_CODES };

const HEAD = `/**
 * Types of the wire protocol, for programs that import the client: a copy of those of the server.
 * \`deno test tests/client/protocol_types_test.ts -- --update\` writes it.
 *
 * @module
 */`;

/** The declarations of the interfaces and types in a source, each with its comment. */
function declarationsOf(path: string): string[] {
  // Without blank lines in them, as the formatter and the style have it.
  return Deno.readTextFileSync(new URL(path, ROOT)).trimEnd().split(/\n{2,}/)
    .filter((each) => /^export (?:interface|type) \w/m.test(each))
    .filter((each) => !/= typeof \w+\[/.test(each));
}

function copyOfTypes(): string {
  const lists = Object.entries(LISTS).map(([name, list]) =>
    `export type ${name} =\n${list.map((each) => `  | "${each}"`).join("\n")};`
  );
  return [HEAD, ...lists, ...SOURCES.flatMap(declarationsOf)].join("\n\n") + "\n";
}

Deno.test("protocol.d.ts of the client has the types of the server (`-- --update` writes it)", () => {
  if (Deno.args.includes("--update")) return Deno.writeTextFileSync(COPY, copyOfTypes());
  assertEquals(Deno.readTextFileSync(COPY), copyOfTypes());
});
