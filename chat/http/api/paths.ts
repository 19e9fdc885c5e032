/**
 * Patterns of paths, such as `/api/rooms/{room}/messages`.
 *
 * @module
 */

/** The values of the parts in braces, as they stand in the path: nothing is decoded. */
export type PathParameters = Readonly<Record<string, string>>;

/** More parts than any pattern has. */
const MAX_PARTS = 8;

/** The parameters of a path that matches a pattern. */
export function matchPath(pattern: string, path: string): PathParameters | undefined {
  const wanted = pattern.split("/");
  const given = path.split("/", MAX_PARTS);
  if (wanted.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const value = given[i] ?? "";
    if (part.startsWith("{")) parameters[part.slice(1, -1)] = value;
    else if (part !== value) return undefined;
  }
  return parameters;
}
