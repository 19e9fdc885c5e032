/**
 * The task "release": makes an archive for each platform, and their checksums, in `dist/`.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import project from "../deno.json" with { type: "json" };
import { binaryName, compile, parseTargets, runTask, type Target, TARGETS } from "./compile.ts";
import { type ArchivedFile, tar } from "./tar.ts";

const ROOT = `${import.meta.dirname}/..`;
const FOLDER = `${ROOT}/dist`;

/** The files beside the binary. */
const TEXTS = ["LICENSE", "docs/unicode_license.txt"];
const UNIT = "docs/deployment/parley.service";

/** Options of {@linkcode release}. */
export interface ReleaseOptions {
  readonly targets: readonly Target[];
  /** The folder of the archives, which is made. */
  readonly folder: string;
  /** Makes a binary. */
  readonly compile: (target: Target, output: string) => Promise<void>;
  /** The time of the files, in seconds since 1970. */
  readonly time: number;
}

/** Makes the archives and the file `SHA256SUMS`. Returns the names of the archives. */
export async function release(options: ReleaseOptions): Promise<string[]> {
  const { targets, folder, time } = options;
  await Deno.mkdir(folder, { recursive: true });
  const archives: string[] = [];
  const sums: string[] = [];
  for (const target of targets) {
    const name = `parley-${project.version}-${target}`;
    const output = `${folder}/${binaryName(target)}`;
    await options.compile(target, output);
    const texts = target.includes("linux") ? [...TEXTS, UNIT] : TEXTS;
    const files = [
      await archived(output, name, true),
      ...await Promise.all(texts.map((path) => archived(`${ROOT}/${path}`, name, false))),
    ];
    await Deno.remove(output);
    const archive = gzipSync(await tar(files, time).bytes());
    await Deno.writeFile(`${folder}/${name}.tar.gz`, archive);
    archives.push(`${name}.tar.gz`);
    // As `sha256sum` writes it and `sha256sum --check` reads it.
    sums.push(`${createHash("sha256").update(archive).digest("hex")}  ${name}.tar.gz\n`);
  }
  await Deno.writeTextFile(`${folder}/SHA256SUMS`, sums.join(""));
  return archives;
}

async function archived(
  path: string,
  folder: string,
  isExecutable: boolean,
): Promise<ArchivedFile> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return { path: `${folder}/${name}`, isExecutable, content: await Deno.readFile(path) };
}

if (import.meta.main) {
  await runTask(async () => {
    const targets = parseTargets(Deno.args);
    await release({
      targets: targets.length > 0 ? targets : TARGETS,
      folder: FOLDER,
      compile,
      // The same sources give the same archives.
      time: Number(Deno.env.get("SOURCE_DATE_EPOCH") ?? Math.floor(Date.now() / 1000)),
    });
  });
}
