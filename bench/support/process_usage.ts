/**
 * A process's memory, CPU time and open files, from `/proc`. Where there is no `/proc`, all are NaN.
 *
 * @module
 */

/** The unit of times in `/proc/PID/stat`: USER_HZ, which is 100 on every Linux. */
const TICKS_PER_SECOND = 100;

/** The resident memory of a process in bytes, now and at its peak. */
export interface Memory {
  readonly rssBytes: number;
  readonly peakRssBytes: number;
}

/** Reads the memory of a process. */
export async function memoryOf(pid: number): Promise<Memory> {
  const status = await read(pid, "status");
  const bytes = (field: string): number =>
    Number(status.match(`${field}:\\s+(\\d+) kB`)?.[1] ?? NaN) * 1024;
  return { rssBytes: bytes("VmRSS"), peakRssBytes: bytes("VmHWM") };
}

/** Reads the CPU time that all threads of a process have used, in seconds. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  // The second field is the command's name in brackets, which may contain any character.
  const fields = (await read(pid, "stat")).split(") ").at(-1)?.split(" ") ?? [];
  const [user = NaN, system = NaN] = fields.slice(11, 13).map(Number);
  return (user + system) / TICKS_PER_SECOND;
}

/** Counts the open files of a process, including sockets. */
export async function openFilesOf(pid: number): Promise<number> {
  try {
    return (await Array.fromAsync(Deno.readDir(`/proc/${pid}/fd`))).length;
  } catch {
    return NaN;
  }
}

async function read(pid: number, file: string): Promise<string> {
  return await Deno.readTextFile(`/proc/${pid}/${file}`).catch(() => "");
}
