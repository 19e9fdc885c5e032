import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { Client } from "../support/clients.ts";
import { ANY_PORT, copyOfProject, ServerProcess } from "../support/server_process.ts";
import { request } from "../support/tcp_connection.ts";

/** The runtime of Deno Deploy: https://docs.deno.com/deploy/reference/runtime/ */
const DENO = Deno.env.get("DENO_2_5") ?? "";

/** The time in which an instance has to stop. */
const STOP_MS = 5_000;

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

/** Ends servers, of which each must say goodbye to its client. Returns their logs. */
async function stop(
  servers: readonly { readonly process: ServerProcess; readonly clients: readonly Client[] }[],
): Promise<string[]> {
  for (const { process } of servers) process.kill("SIGINT");
  const started = performance.now();
  const logs: string[] = [];
  for (const { process, clients } of servers) {
    for (const client of clients) {
      await client.next("bye");
      assertEquals((await client.closed()).code, 1001);
    }
    const { code, stdout } = await process.exit();
    assertEquals(code, 0);
    logs.push(stdout);
  }
  assert(performance.now() - started < STOP_MS);
  return logs;
}

/** Warnings in a log. */
function warningsIn(log: string): string[] {
  return [...log.matchAll(/"level":"(?:warn|error)","event":"(\w+)"/g)].map(([, event = ""]) =>
    event
  );
}

Deno.test({
  name: `main serves as Deno Deploy starts it${
    ignore
      ? " (ignored: run `npm install --prefix /tmp/deno-2.5 deno@2.5.0`, and set " +
        "DENO_2_5=/tmp/deno-2.5/node_modules/deno/deno, to run it)"
      : ""
  }`,
  ignore,
  async fn(test) {
    await using copy = await copyOfProject();
    const { cwd } = copy;
    const dirs = { DENO_DIR: `${cwd}/.deno`, TMPDIR: cwd };
    const args = ["run", "--allow-all", ...importFlags(cwd, dirs), entrypoint];
    // The place of what Deno.openKv() opens without a path.
    await Deno.mkdir(`${cwd}/.deno/location_data`);
    await new Deno.Command("chmod", { args: ["-R", "a-w", cwd] }).output();
    const start = () =>
      ServerProcess.start({
        deno: DENO,
        cwd,
        args,
        // Nothing says where to keep messages.
        script: `unset CHAT_DATA; ${POWERLESS}`,
        environment: { ...ANY_PORT, ...dirs, DENO_DEPLOYMENT_ID: "a1b2c3" },
      });
    const enter = async (port: number, name: string, protocols?: string[]) => {
      const client = await Client.open(port, protocols);
      await client.hello(name);
      await client.join("lobby");
      return client;
    };
    try {
      const canWrite = succeeds("sh", "-c", POWERLESS, "sh", "touch", `${cwd}/written`);
      assertEquals(canWrite, false);
      await test.step("without a KV", async () => {
        await using process = await start();
        const port = await process.port();
        const page = await request(port, "GET", "/");
        assertEquals(page.status, 200);
        assertStringIncludes(new TextDecoder().decode(page.body), "<title>");
        assertEquals((await request(port, "GET", "/metrics")).status, 200);
        await using ada = await enter(port, "Ada", ["chat.v1"]);
        await using bob = await enter(port, "Bob");
        const { id } = await ada.send("lobby", "hi");
        assertEquals((await bob.next("message")).id, id);
        const [log = ""] = await stop([{ process, clients: [ada, bob] }]);
        assertMatch(log, /"event":"listening".*"folder":"none","maxMemoryMb":200\b/);
        assertEquals(warningsIn(log), ["kv_not_used"]);
      });
      await new Deno.Command("chmod", { args: ["u+w", `${cwd}/.deno/location_data`] }).output();
      await test.step("with a KV, which its instances share", async () => {
        await using one = await start();
        await using two = await start();
        await using ada = await enter(await one.port(), "Ada");
        await using bob = await enter(await two.port(), "Bob");
        const { id } = await ada.send("lobby", "hi");
        assertEquals((await bob.next("message")).id, id);
        const back = await bob.send("lobby", "hi yourself");
        assertEquals((await ada.next("message", ({ text }) => text !== "hi")).id, back.id);
        const ends = [{ process: one, clients: [ada] }, { process: two, clients: [bob] }];
        for (const log of await stop(ends)) {
          assertMatch(log, /"event":"listening".*"kv":"app","maxMemoryMb":200\b/);
          assertEquals(warningsIn(log), []);
        }
      });
    } finally {
      await new Deno.Command("chmod", { args: ["-R", "u+w", cwd] }).output();
    }
  },
});
