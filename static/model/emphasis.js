/**
 * Marks of emphasis around a selection. Pure.
 *
 * @module
 */

/** @typedef {"**" | "*"} Mark bold or italic */

/**
 * The change that puts marks around a selection, or takes them away, with the selection afterwards.
 *
 * @typedef {object} Change
 * @property {number} start
 * @property {number} end
 * @property {string} text
 * @property {number} from the start of the selection afterwards
 * @property {number} to its end
 */

/**
 * Marks the selection, without the white space at its ends; where it is marked, inside or around it,
 * the marks go.
 *
 * @param {string} text
 * @param {{ start: number, end: number }} selection
 * @param {Mark} mark
 * @returns {Change}
 */
export function toggleMark(text, selection, mark) {
  const { start, end } = coreOf(text, selection);
  const core = text.slice(start, end);
  const { length } = mark;
  if (isMarked(starsBefore(text, start), starsAfter(text, end), mark)) {
    const from = start - length;
    return { start: from, end: end + length, text: core, from, to: from + core.length };
  }
  const inside = [starsAfter(core, 0), starsBefore(core, core.length)];
  if (core.length > 2 * length && isMarked(inside[0] ?? 0, inside[1] ?? 0, mark)) {
    const bare = core.slice(length, -length);
    return { start, end, text: bare, from: start, to: start + bare.length };
  }
  return { start, end, text: mark + core + mark, from: start + length, to: end + length };
}

/**
 * A selection without the white space at its ends, at which emphasis does not begin or end.
 *
 * @param {string} text
 * @param {{ start: number, end: number }} selection
 */
function coreOf(text, { start, end }) {
  const selected = text.slice(start, end);
  const trimmed = selected.trim();
  if (trimmed === "") return { start: end, end };
  const first = start + selected.indexOf(trimmed);
  return { start: first, end: first + trimmed.length };
}

/**
 * Returns true if runs of asterisks hold a mark: one is italic, two are bold, three are both.
 *
 * @param {number} before
 * @param {number} after
 * @param {Mark} mark
 */
function isMarked(before, after, mark) {
  const stars = Math.min(before, after, 3);
  return mark === "**" ? stars >= 2 : stars % 2 === 1;
}

/**
 * @param {string} text
 * @param {number} place
 */
function starsBefore(text, place) {
  let start = place;
  while (text.charAt(start - 1) === "*") start--;
  return place - start;
}

/**
 * @param {string} text
 * @param {number} place
 */
function starsAfter(text, place) {
  let end = place;
  while (text.charAt(end) === "*") end++;
  return end - place;
}
