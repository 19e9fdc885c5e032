/**
 * Joins the page's modules into one file for each part of the page that is loaded by itself. With a
 * file for each module, a page would wait for more than a hundred responses.
 *
 * The modules are formatted by `deno fmt`, and come without indentation and without comments on lines
 * of their own. In a file each is a function that is called once and returns the exports:
 *
 * ```js
 * const model$names = (() => {
 * const { isLetter } = model$text;
 * function parseName(text) { … }
 * return { parseName };
 * })();
 * ```
 *
 * The first module must not await an import at run time while it is loaded: the other file waits for
 * it, since it takes modules from there.
 *
 * @module
 */

/** An import of another module: the names or the name of all, then the path. */
const IMPORT = /^import (?:\{([^}]*)\}|\* as (\w+)) from "(\.{1,2}\/[^"]+)";$/gm;
/** An export of what another module exports: the names, then the path. */
const EXPORT_FROM = /^export \{([^}]*)\} from "(\.{1,2}\/[^"]+)";$/gm;
/** An import at run time: the path. */
const LATER_IMPORT = /\bimport\("(\.{1,2}\/[^"]+)"\)/g;
/** The start of an export: the name. */
const EXPORT = /^export (?=(?:(?:async )?function\*?|class|const) ([\w$]+))/gm;
/** An import or export of another form. */
const UNKNOWN = /^(?:import|export)\b(?!\().*/m;

/**
 * Joins the modules that a page loads.
 *
 * @param sources the code of all modules by path, such as "model/names.js"
 * @param first the path of the module that the page loads first
 * @returns the code of `first` and of each module that is imported at run time, by path, each with
 *   the modules that it imports unless an earlier file has them. Imports at run time are in the order
 *   in which they stand
 * @throws {SyntaxError} if a module is missing, has an import or export of another form, is imported
 *   both at run time and before, or imports itself through others
 */
export function joinModules(
  sources: ReadonlyMap<string, string>,
  first: string,
): Map<string, string> {
  const files = new Map<string, string>();
  /** The path of the file that has each module. */
  const places = new Map<string, string>();
  const entries = new Set([first]);
  for (const entry of entries) {
    if (places.has(entry)) throw new SyntaxError(`Cannot import ${entry} at run time, too`);
    const modules = [...inOrder(sources, entry)].filter((path) => !places.has(path));
    for (const path of modules) {
      places.set(path, entry);
      for (const later of findImports(sources, path, LATER_IMPORT)) entries.add(later);
    }
    files.set(entry, join(sources, modules, places));
  }
  return files;
}

/** The paths of a module and of all that it imports, each behind those that it imports. */
function inOrder(
  sources: ReadonlyMap<string, string>,
  path: string,
  above: readonly string[] = [],
  done = new Set<string>(),
): Set<string> {
  if (above.includes(path)) {
    throw new SyntaxError(`Cannot join modules that import each other: ${above.join(", ")}`);
  }
  if (done.has(path)) return done;
  for (const pattern of [IMPORT, EXPORT_FROM]) {
    for (const next of findImports(sources, path, pattern)) {
      inOrder(sources, next, [...above, path], done);
    }
  }
  return done.add(path);
}

function findImports(
  sources: ReadonlyMap<string, string>,
  path: string,
  pattern: RegExp,
): string[] {
  const source = sources.get(path);
  if (source === undefined) throw new SyntaxError(`Cannot join ${path} as it is missing`);
  return [...source.matchAll(pattern)].map((match) => resolve(path, match.at(-1) ?? ""));
}

/** The code of modules, the last of which is run when the file is loaded. */
function join(
  sources: ReadonlyMap<string, string>,
  modules: readonly string[],
  places: ReadonlyMap<string, string>,
): string {
  const entry = modules.at(-1) ?? "";
  const root = "../".repeat(entry.split("/").length - 1) || "./";
  const imported = new Map<string, string>();
  const use = (module: string) => {
    const place = places.get(module);
    if (place !== undefined && place !== entry) imported.set(module, place);
    return nameOf(module);
  };
  const codes = modules.map((path) => {
    const names: string[] = [];
    const code = (sources.get(path) ?? "")
      .replace(
        IMPORT,
        (_, list: string | undefined, name: string, specifier: string) =>
          `const ${list === undefined ? name : `{${list.replace(/ as /g, ": ")}}`} = ${
            use(resolve(path, specifier))
          };`,
      )
      .replace(EXPORT_FROM, (line, list: string, specifier: string) => {
        if (path === entry) return line;
        const module = use(resolve(path, specifier));
        for (const each of list.split(",").map((each) => each.trim()).filter(Boolean)) {
          const [name, alias = name] = each.split(" as ");
          names.push(`${alias}: ${module}.${name}`);
        }
        return "";
      })
      .replace(
        LATER_IMPORT,
        (_, specifier: string) => `import("${root}${resolve(path, specifier)}")`,
      )
      .replace(EXPORT, (start, name: string) => {
        names.push(name);
        return path === entry ? start : "";
      })
      .replace(
        /\bimport\.meta\.url\b/g,
        (url) => path === entry ? url : `new URL("${root}${path}", ${url}).href`,
      );
    const unknown = UNKNOWN.exec(path === entry ? code.replace(EXPORT, "") : code);
    if (unknown !== null) throw new SyntaxError(`Cannot join ${path}: ${unknown[0]}`);
    if (path === entry) return code;
    return `const ${nameOf(path)} = (() => {\n${code}return { ${names.join(", ")} };\n})();\n`;
  });
  const heads = [...imported].map(([module, place]) =>
    `import { ${nameOf(module)} } from "${root}${place}";\n`
  );
  const names = modules.slice(0, -1).map(nameOf);
  return [...heads, ...codes, `export { ${names.join(", ")} };\n`].join("");
}

function resolve(path: string, specifier: string): string {
  return new URL(specifier, `file:///${path}`).pathname.slice(1);
}

/** The name of a module's exports, such as `model$names`. */
function nameOf(path: string): string {
  return path.replace(/\.js$/, "").replaceAll("/", "$");
}
