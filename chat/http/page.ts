/**
 * The page with its settings, such as title and base path, which are written into its documents once.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { shadesOf } from "./accent.ts";
import { type Asset, type Assets, hashOf } from "./assets.ts";

/** The settings that the page shows. */
export type PageSettings = Pick<
  Config,
  "title" | "basePath" | "accent" | "rooms" | "tokenSecret" | "userHeader"
>;

/** The title, the accent colour and the first room in the files as they are written. */
const WRITTEN_TITLE = /\bParley\b/g;
const WRITTEN_ACCENT = "#4f56d3";
const WRITTEN_ROOM = 'data-room="lobby"';

type Render = (text: string, settings: PageSettings) => string;

/** The documents that have settings in them. */
const DOCUMENTS: Readonly<Record<string, Render>> = {
  "index.html": renderHtml,
  "offline.html": renderHtml,
  "manifest.webmanifest": renderManifest,
};

/** The files of the page with settings, each in no encoding yet; the other files as they are. */
export function applySettings(assets: Assets, settings: PageSettings): Assets {
  const applied = new Map(assets);
  for (const [name, render] of Object.entries(DOCUMENTS)) {
    const asset = assets.get(name);
    if (asset !== undefined) applied.set(name, withText(asset, (text) => render(text, settings)));
  }
  return applied;
}

/** A file with another text, or the same file if its text stays. */
function withText(asset: Asset, change: (text: string) => string): Asset {
  const text = new TextDecoder().decode(asset.source);
  const changed = change(text);
  if (changed === text) return asset;
  const source = new TextEncoder().encode(changed);
  const version = hashOf([[asset.version, source]]);
  return { ...asset, source, version, encoded: new Map() };
}

function renderHtml(html: string, settings: PageSettings): string {
  const { title, basePath, accent } = settings;
  const [room] = settings.rooms;
  const namer = namerOf(settings);
  const named = html
    .replace(/(?<=\b(?:href|src|data-base)=")\//g, basePath)
    .replace(WRITTEN_ROOM, (written) => room === undefined ? written : `data-room="${room}"`)
    .replace(WRITTEN_TITLE, () => escapeHtml(title));
  const attributes = [
    ...namer === undefined ? [] : [`data-namer="${namer}"`],
    ...accent === "" ? [] : [`data-accent="${colorsOf(accent)}"`],
  ];
  return named.replace("<html ", ["<html", ...attributes, ""].join(" "));
}

/** Returns what names the users, where they have no choice. */
function namerOf(
  { tokenSecret, userHeader }: Pick<PageSettings, "tokenSecret" | "userHeader">,
): "token" | "proxy" | undefined {
  if (userHeader !== "") return "proxy";
  return tokenSecret === "" ? undefined : "token";
}

function colorsOf(accent: string): string {
  const { light, dark } = shadesOf(accent);
  return [light.accent, light.tint, dark.accent, dark.tint].join(" ");
}

function renderManifest(json: string, { title, basePath, accent }: PageSettings): string {
  const color = accent === "" ? WRITTEN_ACCENT : shadesOf(accent).light.accent;
  return json
    .replace(/(?<=": ")\//g, basePath)
    .replace(WRITTEN_TITLE, () => JSON.stringify(title).slice(1, -1))
    .replace(WRITTEN_ACCENT, color);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
