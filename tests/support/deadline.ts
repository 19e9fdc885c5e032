/**
 * A deadline for what a test or a benchmark waits for.
 *
 * @module
 */

/** Long enough for any machine: only a failing test waits this long. */
const DEADLINE_MS = 15_000;

/** Waits for a promise, and rejects after a time with an error that names `what`. */
export async function within<T>(
  promise: Promise<T>,
  what: string,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const expire = () => reject(new Error(`Waited ${deadlineMs} ms for ${what}`));
    timer = setTimeout(expire, deadlineMs);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
