/**
 * Defaults that depend on the machine: the memory that the process may use.
 *
 * @module
 */

/** The machine that the server runs on. A missing field is not known. */
export interface Platform {
  /** Whether this is an instance of Deno Deploy. */
  readonly isDenoDeploy?: boolean;
  /** The memory limit of the process' cgroup, in bytes. */
  readonly cgroupBytes?: number;
}

/** Ten thousand connections take 280 MB, messages and receipts 256 MiB each. */
export const DEFAULT_MEMORY_MB = 1024;

/** Of the 512 MB of an instance; the documentation says 768 in another place. */
const DENO_DEPLOY_MEMORY_MB = 200;

/**
 * The memory that is too much when nobody says how much that is, in MiB: half of what the cgroup
 * allows, since a frame that is being assembled may take as much as everything else.
 */
export function defaultMemoryMb(platform: Platform): number {
  const { isDenoDeploy = false, cgroupBytes = Infinity } = platform;
  const most = isDenoDeploy ? DENO_DEPLOY_MEMORY_MB : DEFAULT_MEMORY_MB;
  // At least 1: 0 is no limit.
  return Math.max(1, Math.min(most, Math.floor(cgroupBytes / 2 / 2 ** 20)));
}
