import { assertEquals, assertThrows } from "@std/assert";
import { binaryName, FLAGS, parseTargets, TARGETS } from "../../.ci/compile.ts";
import { release } from "../../.ci/release.ts";
import { tar } from "../../.ci/tar.ts";
import project from "../../deno.json" with { type: "json" };

/** Runs a program in a folder. Returns its output. */
async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    env: { TZ: "UTC" },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("release() makes archives that tar unpacks, and checksums that sha256sum checks", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const targets = ["aarch64-unknown-linux-gnu", "x86_64-pc-windows-msvc"] as const;
    const [linux = "", windows = ""] = await release({
      targets,
      folder: `${folder}/dist`,
      time: 1_000_000_000,
      compile: (target, output) => Deno.writeTextFile(output, `a binary for ${target}`),
    });
    const dist = `${folder}/dist`;
    const files = Array.from(Deno.readDirSync(dist), ({ name }) => name).sort();
    assertEquals(files, ["SHA256SUMS", linux, windows]);
    await run(dist, "sha256sum", "--check", "--strict", "SHA256SUMS");
    const name = `parley-${project.version}-aarch64-unknown-linux-gnu`;
    assertEquals(linux, `${name}.tar.gz`);
    const list = await run(dist, "tar", "-tzvf", linux);
    assertEquals(list.trim().split("\n").map((line) => line.replace(/ +/g, " ")), [
      `-rwxr-xr-x root/root 38 2001-09-09 01:46 ${name}/parley`,
      ...["LICENSE", "docs/unicode_license.txt", "docs/deployment/parley.service"].map((path) => {
        const { size } = Deno.statSync(new URL(`../../${path}`, import.meta.url));
        return `-rw-r--r-- root/root ${size} 2001-09-09 01:46 ${name}/${path.split("/").at(-1)}`;
      }),
    ]);
    const binary = `parley-${project.version}-x86_64-pc-windows-msvc/parley.exe`;
    assertEquals(
      await run(dist, "tar", "-xzOf", windows, binary),
      "a binary for x86_64-pc-windows-msvc",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("tar() is the same for the same files, and refuses a path that does not fit", async () => {
  const file = { path: "a", isExecutable: false, content: new Uint8Array(513) };
  assertEquals(await tar([file], 1).bytes(), await tar([file], 1).bytes());
  assertEquals((await tar([file], 1).bytes()).length, 512 + 1024 + 1024);
  assertThrows(() => tar([{ ...file, path: "x".repeat(101) }], 1), RangeError);
});

Deno.test("parseTargets() takes platforms that exist", () => {
  assertEquals(parseTargets([]), []);
  assertEquals(parseTargets([`--target=${TARGETS[0]}`, "--target", TARGETS[3]]), [
    TARGETS[0],
    TARGETS[3],
  ]);
  assertThrows(() => parseTargets(["--target=amiga"]), RangeError, "amiga");
  assertThrows(() => parseTargets(["--targets"]), TypeError);
  assertEquals(TARGETS.map(binaryName).filter((name) => name !== "parley"), ["parley.exe"]);
});

Deno.test("a binary is made with the flags of the task that starts the server", () => {
  const [, flags] = project.tasks.start.command.split(" deno run ");
  assertEquals(flags?.replace(" $(deno task -q std)", ""), [...FLAGS, "main.ts"].join(" "));
});
