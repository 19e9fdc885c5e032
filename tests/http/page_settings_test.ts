import { assert, assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import { type Environment, parseConfig } from "../../chat/config/config.ts";
import { contrast, shadesOf } from "../../chat/http/accent.ts";
import { type Assets, createAssets, loadAssets } from "../../chat/http/assets.ts";
import { applySettings } from "../../chat/http/page.ts";

const assets = loadAssets(`${import.meta.dirname}/../../static`);

function apply(environment: Environment): Assets {
  return applySettings(assets, parseConfig(environment));
}

function textOf(assets: Assets, name: string): string {
  return new TextDecoder().decode(assets.get(name)?.source);
}

/** The colours of a stylesheet's block by their names. */
function colorsOf(selector: string): Map<string, string> {
  const [, rest = ""] = Deno.readTextFileSync(`${import.meta.dirname}/../../static/style.css`)
    .split(`${selector} {`);
  const matches = rest.slice(0, rest.indexOf("}"))
    .matchAll(/--([\w-]+): (?:var\([\w-]+, )?(#[0-9a-f]{6})\)?;/g);
  return new Map([...matches].map(([, name = "", color = ""]) => [name, color]));
}

Deno.test("applySettings() leaves the files as they are by default", () => {
  const applied = apply({});
  for (const [name, asset] of assets) assertStrictEquals(applied.get(name), asset);
});

Deno.test("applySettings() puts the base path before every path of the documents", () => {
  const applied = apply({ CHAT_BASE_PATH: "/a/chat" });
  for (const name of ["index.html", "offline.html"]) {
    const before = textOf(assets, name).match(/\b(?:href|src|data-base)="\/[^"]*"/g) ?? [];
    const after = textOf(applied, name).match(/\b(?:href|src|data-base)="\/[^"]*"/g);
    assert(before.length > 5);
    assertEquals(after, before.map((each) => each.replace('="/', '="/a/chat/')), name);
  }
  const [manifest, root] = [applied, assets].map((each) =>
    JSON.parse(textOf(each, "manifest.webmanifest"))
  );
  assertEquals([manifest.id, manifest.start_url, manifest.scope], Array(3).fill("/a/chat/"));
  assertEquals(
    manifest.icons.map(({ src }: { src: string }) => src),
    root.icons.map(({ src }: { src: string }) => `/a/chat${src}`),
  );
});

Deno.test("applySettings() writes the title as text, whatever is in it", () => {
  const title = `"<b>$&</b>" & 'x'`;
  const applied = apply({ CHAT_TITLE: title });
  const html = textOf(applied, "index.html");
  const escaped = "&#34;&#60;b&#62;$&#38;&#60;/b&#62;&#34; &#38; 'x'";
  assert(html.includes(`<title>${escaped}</title>`), html.slice(0, 2000));
  assert(html.includes(`<meta name="application-name" content="${escaped}">`));
  assert(textOf(applied, "offline.html").includes(`<title>No connection · ${escaped}</title>`));
  const { name, short_name: short } = JSON.parse(textOf(applied, "manifest.webmanifest"));
  assertEquals([name, short], [title, title]);
  for (const file of ["index.html", "offline.html"]) {
    assertEquals(textOf(applied, file).includes("Parley"), false, file);
  }
});

Deno.test("applySettings() writes the first room of CHAT_ROOMS", () => {
  const page = (environment: Environment) => textOf(apply(environment), "index.html");
  assert(
    page({ CHAT_ROOMS: "team, lobby" }).includes('<html lang="en" data-base="/" data-room="team">'),
  );
  assertEquals(page({ CHAT_ROOMS: "," }), page({}));
});

Deno.test("applySettings() writes what names the users, if not they themselves", () => {
  const page = (environment: Environment) => textOf(apply(environment), "index.html");
  const header = { CHAT_USER_HEADER: "X-User", CHAT_TRUST_PROXY: "1" };
  assert(page(header).includes('<html data-namer="proxy" '));
  const token = { CHAT_TOKEN_SECRET: "s".repeat(32) };
  assert(page(token).includes('<html data-namer="token" '));
  assert(page({ ...token, CHAT_ACCENT: "#123456" }).includes('data-namer="token" data-accent="#'));
  assertEquals(page({ CHAT_PASSWORD: "sesame" }), page({}));
});

Deno.test("applySettings() makes the tag of a file differ with its settings alone", () => {
  const tag = (environment: Environment) => apply(environment).get("index.html")?.version;
  assertEquals(tag({ CHAT_TITLE: "A" }), tag({ CHAT_TITLE: "A" }));
  const environments = [{}, { CHAT_TITLE: "A" }, { CHAT_ACCENT: "#123456" }, {
    CHAT_BASE_PATH: "/a",
  }];
  assertEquals(new Set(environments.map(tag)).size, 4);
  // In the same files another code, which the document does not show.
  const other = createAssets([["index.html", new TextEncoder().encode("Parley")], [
    "a.js",
    new Uint8Array(),
  ]]);
  const settings = parseConfig({ CHAT_TITLE: "A" });
  const index = createAssets([["index.html", new TextEncoder().encode("Parley")]]);
  assertNotEquals(
    applySettings(other, settings).get("index.html")?.version,
    applySettings(index, settings).get("index.html")?.version,
  );
});

Deno.test("shadesOf() are readable on all surfaces, for every colour", () => {
  const light = colorsOf(":root");
  const dark = colorsOf(':root[data-theme="dark"]');
  const parts = ["00", "33", "66", "99", "cc", "ff"];
  const colors = parts.flatMap((red) =>
    parts.flatMap((green) => parts.map((blue) => `#${red}${green}${blue}`))
  );
  for (const color of colors) {
    const shades = shadesOf(color);
    for (const [look, { accent, tint }] of [[light, shades.light], [dark, shades.dark]] as const) {
      const behind = ["page", "surface", "raised", "hover", "pressed"].map((name) =>
        look.get(name)
      );
      for (const each of [...behind, tint, look.get("on-accent")]) {
        assert(contrast(accent, each ?? "") >= 4.5, `${color}: ${accent} on ${each}`);
      }
      for (const name of ["text", "muted"]) {
        assert(contrast(look.get(name) ?? "", tint) >= 4.5, `${color}: ${name} on ${tint}`);
      }
    }
  }
});

Deno.test("shadesOf() keeps a colour that is readable, and moves others no further than needed", () => {
  const { light, dark } = shadesOf("#4a51c9");
  assertEquals(light.accent, "#4a51c9");
  assertEquals(shadesOf("#a5abff").dark.accent, "#a5abff");
  assertNotEquals(dark.accent, "#4a51c9");
  for (const shade of [dark.accent, shadesOf("#ffff00").light.accent]) {
    assertEquals(["#000000", "#ffffff"].includes(shade), false);
  }
});
