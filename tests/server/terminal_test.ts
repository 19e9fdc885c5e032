import { assertEquals, assertMatch } from "@std/assert";
import { Client } from "../support/clients.ts";
import {
  ANY_PORT,
  copyOfProject,
  type ProcessOptions,
  ServerProcess,
} from "../support/server_process.ts";

/** Whether there is a Python that can make a terminal whose processes can be looked at. */
function hasTerminals(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const args = ["-c", "import pty, sys; sys.exit(sys.version_info < (3, 9))"];
    return new Deno.Command("python3", { args, stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

const ignore = !hasTerminals();

const TERMINAL = `python3 '${import.meta.dirname}/terminal.py'`;

/** Registers a test that needs terminals. */
function test(name: string, fn: () => Promise<void>): void {
  const how = ignore ? " (ignored: install python3, 3.9 or newer, on Linux to run it)" : "";
  Deno.test({ name: `${name}${how}`, ignore, fn });
}

/** A task of the project at a terminal of its own. SIGUSR1 has it stopped. */
function startAtTerminal(
  task: "start" | "dev",
  action: "interrupt" | "byte" | "hangup",
  cwd: string,
): Promise<ServerProcess> {
  return ServerProcess.start({
    cwd,
    environment: ANY_PORT,
    args: ["task", "--quiet", task],
    script: `exec ${TERMINAL} ${action} "$@"`,
  });
}

const STOPS = {
  interrupt: ["SIGINT goes to its process group", "SIGINT"],
  byte: ["Ctrl-C is typed at its terminal", "SIGINT"],
  hangup: ["its terminal is closed", "SIGHUP"],
} as const;

for (const action of ["interrupt", "byte", "hangup"] as const) {
  const [what, signal] = STOPS[action];
  test(`task start sends bye to all clients and ends all processes when ${what}`, async () => {
    await using project = await copyOfProject();
    await using process = await startAtTerminal("start", action, project.cwd);
    await using ada = await Client.open(await process.port());
    await ada.hello("Ada");
    process.kill("SIGUSR1");
    await ada.next("bye");
    assertEquals((await ada.closed()).code, 1001);
    const { code, stdout, stderr } = await process.exit();
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    // A terminal that is closed shows nothing any more.
    if (action !== "hangup") {
      assertMatch(stdout, new RegExp(`stopping signal=${signal}\r?\n.*stopped`));
    }
  });
}

for (const action of ["byte", "hangup"] as const) {
  test(`task dev leaves nothing behind when ${STOPS[action][0]}`, async () => {
    await using project = await copyOfProject();
    await using process = await startAtTerminal("dev", action, project.cwd);
    await process.port();
    process.kill("SIGUSR1");
    const { code, stderr } = await process.exit();
    // 129: ended by SIGHUP.
    assertEquals({ code, stderr }, { code: action === "hangup" ? 129 : 0, stderr: "" });
  });
}

/** Ways to start a server that is to outlive its terminal. Its log goes past the terminal. */
const NOHUP: Readonly<Record<string, ProcessOptions>> = {
  "main": {},
  "task start": { args: ["task", "--quiet", "start"] },
};

for (const [what, options] of Object.entries(NOHUP)) {
  test(`${what} serves on under nohup when its terminal is closed`, async () => {
    await using project = await copyOfProject();
    const script =
      `exec 3>&1; exec ${TERMINAL} hangup sh -c 'exec nohup "$@" >&3 2>/dev/null' sh "$@"`;
    const { cwd } = project;
    const environment = ANY_PORT;
    await using process = await ServerProcess.start({ cwd, environment, script, ...options });
    const port = await process.port();
    await using ada = await Client.open(port);
    await ada.hello("Ada");
    process.kill("SIGUSR1");
    for (let i = 0; i < 10; i++) await ada.ask("pong", { type: "ping" });
    // It reaches the server after whatever the terminal's end has sent.
    process.kill("SIGTERM");
    await ada.next("bye");
    const { code, stdout, stderr } = await process.exit();
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertEquals(/"event":"stopping","signal":"(\w+)"/.exec(stdout)?.[1], "SIGTERM");
  });
}
