import { assertEquals } from "@std/assert";
import project from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);

const dockerfile = Deno.readTextFileSync(new URL("Dockerfile", ROOT)).replace(/\\\n/g, "");

/** The words of an instruction that is written as a JSON array. */
function wordsOf(instruction: RegExp): string[] {
  return JSON.parse(instruction.exec(dockerfile)?.[1] ?? "[]");
}

Deno.test("Dockerfile starts the server as the task does, without a shell or a task", () => {
  const [command, ...words] = wordsOf(/^ENTRYPOINT (\[.*\])$/m);
  assertEquals(command, "deno");
  const task = project.tasks.start.command.replace(" $(deno task -q std)", "");
  const [environment = "", flags] = task.split(" deno run ");
  const own = ["run", "--cached-only", "--no-prompt"];
  assertEquals(words.filter((word) => !own.includes(word)).join(" "), flags);
  assertEquals(environment.split(" ").filter((each) => !dockerfile.includes(` ${each}`)), []);
});

Deno.test("Dockerfile checks the health without a shell", () => {
  const [command, ...words] = wordsOf(/^HEALTHCHECK .*? CMD (\[.*\])$/m);
  assertEquals([command, words.at(-1)], ["deno", "health.ts"]);
});

Deno.test("Dockerfile has an owner of /data that is not root", () => {
  const user = /^USER (\d+:\d+)$/m.exec(dockerfile)?.[1];
  assertEquals(/^COPY .*--chown=(\S+) \/data \/data$/m.exec(dockerfile)?.[1], user);
});

Deno.test(".dockerignore lets in nothing but what is there", () => {
  const ignore = Deno.readTextFileSync(new URL(".dockerignore", ROOT)).split("\n");
  const paths = ignore.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  // Throws for a path that is not there.
  for (const path of paths) Deno.statSync(new URL(path, ROOT));
  assertEquals(ignore.includes("*"), true);
});
