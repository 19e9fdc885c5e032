/**
 * Opening of a Deno KV: a file, a URL, or that of an app on Deno Deploy.
 *
 * @module
 */

/** The KV can't be used: the message says why. */
export class KvUnusable extends Error {
  override readonly name = "KvUnusable";
}

/** The time that opening may take, in milliseconds. */
const OPEN_MS = 5_000;

/**
 * Opens a KV.
 *
 * @param path left out: that of the app, on Deno Deploy
 * @throws {KvUnusable} if there is none, or it can't be reached
 */
export async function openKv(path?: string, openMs = OPEN_MS): Promise<Deno.Kv> {
  // Deno has it with `--unstable-kv` only, or with "kv" in the list "unstable" of deno.json.
  if (typeof Deno.openKv !== "function") {
    throw new KvUnusable(
      "Deno has no KV here: start it with --unstable-kv, or by `deno task start`",
    );
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLate = false;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      reject(new KvUnusable(`It does not answer within ${openMs} ms`));
    }, openMs);
  });
  const opening = Deno.openKv(path);
  opening.then((kv) => isLate && kv.close(), () => {});
  try {
    return await Promise.race([opening, late]);
  } catch (error) {
    if (error instanceof KvUnusable) throw error;
    throw new KvUnusable(error instanceof Error ? error.message : String(error), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
