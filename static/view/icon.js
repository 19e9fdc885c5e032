/// <reference lib="dom" />

/**
 * Icons of the page, drawn by their paths.
 *
 * @module
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} path in 24 by 24
 * @returns {SVGSVGElement}
 */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
