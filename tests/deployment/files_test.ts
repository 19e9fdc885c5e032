import { assertEquals } from "@std/assert";
import { VARIABLES } from "../../chat/config/settings.ts";
import project from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);

const read = (path: string): string => Deno.readTextFileSync(new URL(path, ROOT));

Deno.test("files of deployments name only variables that exist", () => {
  const files = [...Deno.readDirSync(new URL("docs/deployment/", ROOT))];
  const paths = files.map(({ name }) => `docs/deployment/${name}`);
  const known: readonly string[] = VARIABLES;
  for (const path of ["Dockerfile", "compose.yaml", ...paths]) {
    const named = read(path).match(/\bCHAT_[A-Z_]+/g) ?? [];
    assertEquals(named.filter((each) => !known.includes(each)), [], path);
  }
});

Deno.test("HAProxy passes on the events of a stream at once", () => {
  for (const path of ["haproxy.cfg", "two_nodes.haproxy.cfg"]) {
    const lines = read(`docs/deployment/${path}`).split("\n");
    assertEquals(lines.includes("  option http-no-delay"), true, path);
  }
});

Deno.test("parley.service has the allocator of the task start, a folder of its own, and lets V8 compile", () => {
  const unit = read("docs/deployment/parley.service");
  const [environment = ""] = project.tasks.start.command.split(" deno run ");
  const lines = unit.split("\n");
  const expected = [
    `Environment=${environment}`,
    "DynamicUser=yes",
    "ProtectSystem=strict",
    "StateDirectory=parley",
    "WorkingDirectory=%S/parley",
  ];
  assertEquals(expected.filter((line) => !lines.includes(line)), []);
  assertEquals(lines.filter((line) => line.startsWith("MemoryDenyWriteExecute")), []);
  // A later file of settings goes before the unit's own.
  const own = lines.findIndex((line) => line.startsWith("Environment=HOST="));
  assertEquals(own < lines.indexOf("EnvironmentFile=-/etc/parley.env"), true);
});
