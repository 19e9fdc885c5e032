/**
 * The command line flags of the benchmarks.
 *
 * @module
 */

/** The value of `--name=value`, if it was given. */
export function flag(name: string): string | undefined {
  return Deno.args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
}
