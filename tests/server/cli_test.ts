import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import {
  ANY_PORT,
  copyOfProject,
  dataFolder,
  serverArgs,
  ServerProcess,
} from "../support/server_process.ts";
import { HOST } from "../support/tcp_connection.ts";

/** The arguments that start the server without any permission. */
async function powerlessArgs(): Promise<string[]> {
  const args = await serverArgs();
  return args.filter((each) => !each.startsWith("--allow-"));
}

Deno.test("main shows help and version without permissions, whatever the environment", async () => {
  await using folder = await dataFolder();
  const environment = { ...folder, PORT: "x", CHAT_LGO: "debug" };
  for (const [flag, shown] of [["--help", /^Parley /], ["--version", /^parley .*\n$/]] as const) {
    const args = [...await powerlessArgs(), flag];
    await using process = await ServerProcess.start({ environment, args });
    const { code, stdout, stderr } = await process.exit();
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertMatch(stdout, shown);
    assert(stdout.includes(` ${project.version}`), stdout);
  }
  assertThrows(() => Deno.statSync(folder.CHAT_DATA), Deno.errors.NotFound);
});

Deno.test("main exits with 1 and one line that names the nearest flag", async () => {
  const args = [...await powerlessArgs(), "--prot", "9000"];
  await using process = await ServerProcess.start({ args });
  assertEquals(await process.exit(), {
    code: 1,
    stdout: "",
    stderr: 'Cannot use "--prot" as there is no such flag: the nearest one is --port\n',
  });
});

Deno.test("task start takes flags, which go before variables and .env", async () => {
  await using project = await copyOfProject();
  await using folder = await dataFolder();
  const { cwd } = project;
  await Deno.writeTextFile(`${cwd}/.env`, "PORT=x\nCHAT_DATA=none\n");
  const args = ["task", "--quiet", "start", "--port", "0", `--host=${HOST}`];
  const environment = { ...ANY_PORT, PORT: "y", HOST: "192.0.2.1", CHAT_DATA: "none" };
  await using process = await ServerProcess.start({
    cwd,
    args: [...args, "--data", folder.CHAT_DATA],
    environment,
  });
  await process.port();
  process.kill("SIGTERM");
  const { code, stdout } = await process.exit();
  assertEquals(code, 0);
  const listening = JSON.parse(stdout.split("\n")[0] ?? "");
  assertEquals([listening.hostname, listening.folder], [HOST, folder.CHAT_DATA]);
});
