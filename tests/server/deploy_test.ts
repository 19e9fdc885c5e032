import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { Client } from "../support/clients.ts";
import { ANY_PORT, copyOfProject, ServerProcess } from "../support/server_process.ts";
import { request } from "../support/tcp_connection.ts";

/** The runtime of Deno Deploy: https://docs.deno.com/deploy/reference/runtime/ */
const DENO = Deno.env.get("DENO_2_5") ?? "";

const { entrypoint } = project.deploy.runtime;

/** Runs a command that can't write where it has no permission, not even as root. */
const POWERLESS = Deno.build.os === "linux" && Deno.uid() === 0
  ? 'exec setpriv --bounding-set=-dac_override "$@"'
  : 'exec "$@"';

function succeeds(command: string, ...args: string[]): boolean {
  try {
    const options = { args, stdout: "null", stderr: "null" } as const;
    return new Deno.Command(command, options).outputSync().success;
  } catch {
    return false;
  }
}

const ignore = !succeeds(DENO, "--version") || !succeeds("sh", "-c", POWERLESS, "sh", "true");

/** Loads what the entry point imports. Returns the flags that it takes: none where JSR can be reached. */
function importFlags(cwd: string, dirs: Readonly<Record<string, string>>): string[] {
  // A proxy's certificate may be known to the system alone.
  const env = { ...dirs, DENO_TLS_CA_STORE: "system,mozilla" };
  const choices = [[], ["--no-lock", "--import-map=chat/std_from_npm.json"]];
  const flags = choices.find((flags) => {
    const args = ["cache", ...flags, entrypoint];
    return new Deno.Command(DENO, { args, cwd, env, stderr: "null" }).outputSync().success;
  });
  if (flags === undefined) throw new Error("Neither JSR nor npm can be reached");
  return flags;
}

Deno.test({
  name: `main serves as Deno Deploy starts it${
    ignore
      ? " (ignored: run `npm install --prefix /tmp/deno-2.5 deno@2.5.0`, and set " +
        "DENO_2_5=/tmp/deno-2.5/node_modules/deno/deno, to run it)"
      : ""
  }`,
  ignore,
  async fn() {
    await using copy = await copyOfProject();
    const { cwd } = copy;
    const dirs = { DENO_DIR: `${cwd}/.deno`, TMPDIR: cwd };
    const args = ["run", "--allow-all", ...importFlags(cwd, dirs), entrypoint];
    await new Deno.Command("chmod", { args: ["-R", "a-w", cwd] }).output();
    try {
      const canWrite = succeeds("sh", "-c", POWERLESS, "sh", "touch", `${cwd}/written`);
      assertEquals(canWrite, false);
      await using process = await ServerProcess.start({
        deno: DENO,
        cwd,
        args,
        // Nothing says where to keep messages.
        script: `unset CHAT_DATA; ${POWERLESS}`,
        environment: { ...ANY_PORT, ...dirs, DENO_DEPLOYMENT_ID: "a1b2c3" },
      });
      const port = await process.port();
      const page = await request(port, "GET", "/");
      assertEquals(page.status, 200);
      assertStringIncludes(new TextDecoder().decode(page.body), "<title>");
      assertEquals((await request(port, "GET", "/metrics")).status, 200);
      await using ada = await Client.open(port, ["chat.v1"]);
      await using bob = await Client.open(port);
      for (const [client, name] of [[ada, "Ada"], [bob, "Bob"]] as const) {
        await client.hello(name);
        await client.join("lobby");
      }
      const { id } = await ada.send("lobby", "hi");
      assertEquals((await bob.next("message")).id, id);
      process.kill("SIGINT");
      for (const client of [ada, bob]) {
        await client.next("bye");
        assertEquals((await client.closed()).code, 1001);
      }
      const { code, stdout } = await process.exit();
      assertEquals(code, 0);
      assertMatch(stdout, /"event":"listening".*"folder":"none","maxMemoryMb":200\b/);
      assertEquals(/"level":"(warn|error)".*/.exec(stdout)?.[0], undefined);
    } finally {
      await new Deno.Command("chmod", { args: ["-R", "u+w", cwd] }).output();
    }
  },
});
