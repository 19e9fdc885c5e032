/// <reference lib="dom" />

/**
 * Features that Chrome 109, Firefox 115 or Safari 16.0 lacks: these three are the oldest browsers
 * in which the page must run. Taken from MDN's browser-compat-data 8.1.9: those that a page like
 * this one could use.
 *
 * @module
 */

import type { Page } from "./browser.ts";

/** JavaScript and DOM: names by the object that has them. */
const NAMES: Readonly<Record<string, string>> = {
  "Array": "fromAsync",
  "Array.prototype": "toReversed toSorted toSpliced with",
  "String.prototype": "isWellFormed toWellFormed",
  "Object": "groupBy",
  "Map": "groupBy",
  "Map.prototype": "getOrInsert getOrInsertComputed",
  "WeakMap.prototype": "getOrInsert getOrInsertComputed",
  "Set.prototype":
    "difference intersection isDisjointFrom isSubsetOf isSupersetOf symmetricDifference union",
  "Promise": "try withResolvers",
  "RegExp": "escape",
  "RegExp.prototype": "unicodeSets",
  "Iterator.prototype": "drop every filter find flatMap forEach map reduce some take toArray",
  "Math": "f16round sumPrecise",
  "JSON": "isRawJSON rawJSON",
  "Intl": "DurationFormat Segmenter",
  "Error": "captureStackTrace isError",
  "ArrayBuffer.prototype": "detached maxByteLength resizable resize transfer transferToFixedLength",
  "Uint8Array": "fromBase64 fromHex",
  "Uint8Array.prototype": "setFromBase64 setFromHex toBase64 toHex",
  "Atomics": "pause waitAsync",
  "URL": "canParse parse",
  "URLSearchParams.prototype": "size",
  "AbortSignal": "any",
  "Response": "json",
  "Response.prototype": "bytes",
  "Request.prototype": "bytes",
  "Blob.prototype": "bytes",
  "Headers.prototype": "getSetCookie",
  "ReadableStream": "from",
  "ReadableStream.prototype": "values",
  "CSSStyleSheet.prototype": "replace replaceSync",
  "Navigator.prototype":
    "canShare clearAppBadge connection deviceMemory getBattery setAppBadge share userActivation vibrate wakeLock",
  "Clipboard.prototype": "read readText",
  "Selection.prototype": "direction getComposedRanges",
  "Document": "parseHTML parseHTMLUnsafe",
  "Document.prototype":
    "adoptedStyleSheets caretPositionFromPoint caretRangeFromPoint moveBefore startViewTransition",
  "Element.prototype":
    "checkVisibility computedStyleMap currentCSSZoom getHTML moveBefore role setHTML setHTMLUnsafe",
  "HTMLElement.prototype":
    "attachInternals attributeStyleMap autocorrect hidePopover popover showPopover togglePopover writingSuggestions",
  "HTMLButtonElement.prototype":
    "command commandForElement popoverTargetAction popoverTargetElement",
  "HTMLDialogElement.prototype": "closedBy requestClose",
  "globalThis":
    "AsyncDisposableStack DisposableStack Float16Array Iterator SuppressedError Temporal cancelIdleCallback cookieStore navigation requestIdleCallback scheduler",
};

/** Names that older objects have too, so that the source does not show which one is meant. */
const AMBIGUOUS = new Set(
  "any command connection direction every filter find flatMap forEach map read reduce replace resize role share size some transfer values vibrate with"
    .split(" "),
);

/** The features that Playwright needs in the page. */
const KEPT = "checkVisibility";

/** Syntax of scripts, in terms of their source. */
const SYNTAX: Readonly<Record<string, RegExp>> = {
  "lookbehind": /\(\?<[=!]/,
  "modifiers in a regular expression": /\(\?(?:[ims]+(?:-[ims]+)?|-[ims]+):/,
  "the flag v": /\/[dgimsuy]*v[dgimsuy]*(?=[\s,;.)\]])/,
  "static block": /\bstatic \{/,
  "using": /^\s*(?:await )?using \w/m,
  "import attributes": /\bfrom "[^"]*" with \{/,
  // All of them: Firefox 115 has none.
  "ARIA property": /\.aria[A-Z]\w*|\baria[A-Z]\w*:/,
};

/** Styles: a pattern matches only the name of the feature, so that another name removes it. */
const STYLES: readonly RegExp[] = [
  /(?<![\w-])(?:light-dark|oklch|oklab|lch|lab|color|color-mix|contrast-color|anchor|anchor-size|attr|if|progress|random|shape|xywh)(?=\()/g,
  /(?<=\d)(?:r?lh|r?cap|rch|rex|ric)\b/g,
  // Alternative text of generated content.
  /(?<=content: "[^"]*" )\/(?= ")/g,
  /(?<=[\w\s)\]:]:)(?:has|dir|open|popover-open|state|user-invalid|user-valid|autofill|highlight|details-content|view-transition)\b/g,
  /(?<=@)(?:counter-style|position-try|property|scope|starting-style|view-transition)\b/g,
  /^ *&/gm,
  /(?<=^ *)(?:anchor-name|animation-timeline|mask|mask-image|position-area|position-anchor|print-color-adjust|text-box|user-select|view-transition-name)(?=:)/gm,
];

/** Features that a script uses without a guard: `?.` behind the name, or `"name" in` in the same file. */
export function youngerInScript(source: string): string[] {
  const code = source.replace(/^\s*(?:\/\*\*?|\*|\/\/).*$/gm, "");
  const found = Object.keys(SYNTAX).filter((name) => SYNTAX[name]?.test(code));
  const hasFlag = /RegExp\([^)]*, "[a-z]*v/.test(code);
  if (hasFlag && !code.includes('"unicodeSets" in ')) found.push("the flag v");
  for (const [owner, names] of Object.entries(NAMES)) {
    for (const name of names.split(" ")) {
      const isOfAll = owner.endsWith(".prototype") || owner === "globalThis";
      if (isOfAll && AMBIGUOUS.has(name)) continue;
      const before = owner === "globalThis" ? "(?<![.\\w])" : isOfAll ? "\\." : `\\b${owner}\\.`;
      const isUsed = new RegExp(`${before}${name}\\b(?!\\?\\.|:)`).test(code);
      if (isUsed && !code.includes(`"${name}" in `)) found.push(`${owner}.${name}`);
    }
  }
  return found;
}

/**
 * Features in a stylesheet without a fallback: a declaration of the same property in the line before,
 * which may have a prefix, or `@supports` around it. Selectors and at-rules have no fallback.
 */
export function youngerInStyle(source: string): string[] {
  const style = source.replace(/\/\*[^]*?\*\//g, "")
    .replace(/^@supports [^]*?^\}/gm, "").replace(/\n\s*(?=\n)/g, "");
  const found: string[] = [];
  let previous = "";
  for (const line of style.split("\n")) {
    const [property] = /^[\w-]+: /.exec(line.trim()) ?? [];
    const hasFallback = property !== undefined &&
      previous.trim().replace("-webkit-", "").startsWith(property);
    if (!hasFallback && withoutYounger(line) !== line) found.push(line.trim());
    previous = line;
  }
  return found;
}

/** A stylesheet as a browser without the younger features reads it. */
export function withoutYounger(style: string): string {
  return STYLES.reduce((rest, feature) => rest.replace(feature, "gone-$&"), style);
}

/** Removes the younger features from a page before its scripts run. */
export async function removeYounger(page: Page): Promise<void> {
  await page.addInitScript(({ table, kept }) => {
    for (const [path, names] of Object.entries(table)) {
      let owner: object | undefined = globalThis;
      for (const part of path === "globalThis" ? [] : path.split(".")) {
        owner = owner && Reflect.get(owner, part);
      }
      if (owner === undefined) continue;
      for (const name of names.split(" ")) {
        if (name !== kept) Reflect.deleteProperty(owner, name);
      }
    }
    for (const name of Object.keys(Element.prototype)) {
      if (/^aria[A-Z]/.test(name)) Reflect.deleteProperty(Element.prototype, name);
    }
  }, { table: NAMES, kept: KEPT });
}

/**
 * Serves the page's stylesheets without the younger features. The context must have no service
 * worker.
 */
export async function removeYoungerStyles(page: Page): Promise<void> {
  await page.route("**/*.css", async (route) => {
    const response = await route.fetch();
    // Without the server's headers: Firefox would decompress the body by them.
    const body = withoutYounger(await response.text());
    await route.fulfill({ contentType: "text/css", body });
  });
}
