import { assertEquals, assertMatch } from "@std/assert";
import { ANY_PORT, serverArgs, ServerProcess } from "../support/server_process.ts";
import { HOST } from "../support/tcp_connection.ts";

/** The flags that take the standard library from npm where JSR can't be reached. */
const std = (await serverArgs()).filter((arg) => /^--(?:no-lock|import-map)/.test(arg));

/** Runs the health check with the settings of a server. */
async function check(env: Readonly<Record<string, string>>): Promise<[code: number, said: string]> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...std, "--allow-net", "--allow-env", "--allow-read", "health.ts"],
    cwd: `${import.meta.dirname}/../..`,
    env,
  }).output();
  return [code, new TextDecoder().decode(stdout)];
}

Deno.test("health.ts asks the server at its port and base path, without a proxy, whatever hosts it serves", async () => {
  const served = { CHAT_HOSTS: "chat.example", CHAT_BASE_PATH: "/chat/" };
  await using process = await ServerProcess.start({ environment: { ...ANY_PORT, ...served } });
  const PORT = String(await process.port());
  const nobody = "http://127.0.0.1:1";
  const settings = { ...served, PORT, HOST, HTTP_PROXY: nobody };
  assertEquals((await check(settings))[0], 0);
  process.kill("SIGTERM");
  await process.exit();
  const [code, said] = await check({ ...settings, HOST: "0.0.0.0" });
  assertEquals(code, 1);
  assertMatch(said, /^http:\/\/127\.0\.0\.1:\d+\/chat\/healthz does not answer .*\n$/);
});

Deno.test("health.ts says which setting is wrong", async () => {
  const [code, said] = await check({ PORT: "web" });
  assertEquals(code, 1);
  assertMatch(said, /^Cannot parse PORT .*\n$/);
});
