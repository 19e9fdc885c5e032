import { assertEquals } from "@std/assert";
import { ANY_PORT, ServerProcess } from "../support/server_process.ts";

/** Whether there is a Python that can run the client. */
function hasPython(): boolean {
  try {
    const args = ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"];
    return new Deno.Command("python3", { args, stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

const ignore = !hasPython();

Deno.test({
  name: `server keeps the protocol's promises to a client in Python${
    ignore ? " (ignored: install python3, 3.9 or newer, to run it)" : ""
  }`,
  ignore,
  async fn() {
    const environment = {
      ...ANY_PORT,
      CHAT_LEAVE_GRACE_MS: "500",
      CHAT_HELLO_MS: "1500",
      CHAT_DRAIN_MS: "1000",
    };
    await using server = await ServerProcess.start({ environment });
    const client = new Deno.Command("python3", {
      args: [
        `${import.meta.dirname}/conformance.py`,
        ANY_PORT.HOST,
        `${await server.port()}`,
        "--server-pid",
        `${server.pid}`,
      ],
    });
    const { stdout } = await client.output();
    const report = new TextDecoder().decode(stdout).trimEnd();
    const [, failed] = /(\d+) failed$/.exec(report) ?? [];
    assertEquals(failed, "0", report);
    assertEquals((await server.exit()).code, 0);
  },
});
