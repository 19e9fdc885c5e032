import { assertEquals, assertNotEquals } from "@std/assert";
import { readFolder } from "../../chat/http/assets.ts";
import { withoutYounger, youngerInScript, youngerInStyle } from "./younger_features.ts";

function filesOfPage(extension: string): [name: string, source: string][] {
  const decoder = new TextDecoder();
  return readFolder(`${import.meta.dirname}/../../static`)
    .filter(([name]) => name.endsWith(extension))
    .map(([name, body]) => [name, decoder.decode(body)]);
}

Deno.test("no script of the page needs a feature that Chrome 109, Firefox 115 or Safari 16.0 lacks", () => {
  for (const [name, source] of filesOfPage(".js")) {
    assertEquals(youngerInScript(source), [], name);
  }
});

Deno.test("no style of the page needs a feature that Chrome 109, Firefox 115 or Safari 16.0 lacks", () => {
  for (const [name, source] of filesOfPage(".css")) {
    assertEquals(youngerInStyle(source), [], name);
  }
});

Deno.test("youngerInScript() finds features without a guard", () => {
  for (
    const [code, count] of [
      ["rooms.toSorted(byName)", 1],
      ["Object.groupBy(users, key)", 1],
      ["users.groupBy(key)", 0],
      ["/(?<=@)\\w/u.test(text)", 1],
      ["/(?<name>a)/u.exec(text)", 0],
      ["/\\p{RGI_Emoji}/v.test(text)", 1],
      ["/\\p{L}/gu.test(text)", 0],
      ['new RegExp(source, "v")', 1],
      ['"unicodeSets" in RegExp.prototype ? new RegExp(source, "v") : undefined', 0],
      ["link.ariaCurrent = null", 1],
      ['element("a", { ariaLabel: "b" })', 1],
      ['element("a", { "aria-label": "b" })', 0],
      ["new Intl.Segmenter().segment(text)", 1],
      ['if ("Segmenter" in Intl) new Intl.Segmenter()', 0],
      ["navigator.setAppBadge(1)", 1],
      ["navigator.setAppBadge?.(1)", 0],
      ["requestIdleCallback(draw)", 1],
      ["// URL.canParse() is missing in Safari before 17.", 0],
    ] as const
  ) assertEquals(youngerInScript(code).length, count, code);
});

Deno.test("youngerInStyle() finds features without a fallback", () => {
  for (
    const [style, count] of [
      ["a {\n  color: light-dark(#000, #fff);\n}", 1],
      ["a {\n  color: #000;\n  color: light-dark(#000, #fff);\n}", 0],
      ["@supports (color: oklch(0% 0 0)) {\n  a {\n    color: oklch(0% 0 0);\n  }\n}", 0],
      ["a {\n  max-height: min(8lh, 45vh);\n}", 1],
      ['a {\n  content: "a" / "";\n}', 1],
      ['a {\n  content: "a";\n  /* Silent. */\n  content: "a" / "";\n}', 0],
      ["a:hover,\nb:has(i) {\n  margin: 0;\n}", 1],
      ["a {\n  & b {\n    margin: 0;\n  }\n}", 1],
      ["a {\n  user-select: none;\n}", 1],
      ["a:hover {\n  font: 1rem / 1.5 serif;\n  color: rgb(0 0 0 / 0.1);\n}", 0],
    ] as const
  ) {
    assertEquals(youngerInStyle(style).length, count, style);
    if (count > 0) assertNotEquals(withoutYounger(style), style);
  }
});

Deno.test("style.css has the same dark colours for the system's theme and for the chosen one", async () => {
  const style = await Deno.readTextFile(new URL("../../static/style.css", import.meta.url));
  const colorsOf = (selector: string): string[] => {
    const [, block = ""] = style.split(`${selector} {`);
    return block.slice(0, block.indexOf("}")).match(/--[\w-]+: [^;]+/g) ?? [];
  };
  const dark = colorsOf(':root[data-theme="dark"]');
  assertNotEquals(dark, []);
  assertEquals(dark, colorsOf(':root:not([data-theme="light"])'));
  const light = colorsOf(":root").map((color) => color.split(":")[0]);
  assertEquals(dark.map((color) => color.split(":")[0]), light.slice(0, dark.length));
});
