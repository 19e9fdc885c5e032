/**
 * The data folders of measured servers, on the disk that the project is on.
 *
 * @module
 */

import { DATA } from "./parley.ts";
import { ROOT } from "./processes.ts";

/** A new, empty data folder. Is removed when it is disposed of. */
export class DataFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<DataFolder> {
    const dir = `${ROOT}/${DATA}`;
    await Deno.mkdir(dir, { recursive: true });
    return new DataFolder(await Deno.makeTempDir({ dir }));
  }

  /** The size of its files, in bytes. */
  async bytes(): Promise<number> {
    let bytes = 0;
    for await (const { name } of Deno.readDir(this.path)) {
      bytes += (await Deno.stat(`${this.path}/${name}`)).size;
    }
    return bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
