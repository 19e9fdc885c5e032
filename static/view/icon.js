/// <reference lib="dom" />

/**
 * Icons of the page, drawn by their paths.
 *
 * @module
 */

/** A crossed out circle: ignored people. */
export const IGNORE_ICON = "M12 3.500a8.500 8.500 0 1 0 0 17a8.500 8.500 0 0 0 0-17M6 6l12 12";
/** Three dots: more. */
export const MORE_ICON = "M5.500 12h.1M12 12h.1M18.500 12h.1";
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
