/// <reference lib="dom" />

/**
 * The icons that are made while the page runs; the others stand in index.html.
 *
 * @module
 */

const SVG = "http://www.w3.org/2000/svg";

/** Paths in a square of 24, to be stroked. */
const PATHS = {
  close: "M6 6l12 12M18 6L6 18",
  muted: "M9 5.800A6 6 0 0 1 18 11v3M6 11v5l-1.500 2H16M10 20.500a2 2 0 0 0 4 0M4 3l17 17",
};

/**
 * An icon that says nothing to a screen reader: what holds it needs a name.
 *
 * @param {keyof typeof PATHS} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
