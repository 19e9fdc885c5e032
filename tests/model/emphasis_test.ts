import { assertEquals } from "@std/assert";
import { toggleMark } from "../../static/model/emphasis.js";

/** Toggles a mark in a text whose selection is in brackets. */
function toggle(marked: string, mark: "**" | "*"): string {
  const start = marked.indexOf("[");
  const end = marked.indexOf("]") - 1;
  const text = marked.replace(/[[\]]/g, "");
  const change = toggleMark(text, { start, end }, mark);
  const written = text.slice(0, change.start) + change.text + text.slice(change.end);
  const { from, to } = change;
  return `${written.slice(0, from)}[${written.slice(from, to)}]${written.slice(to)}`;
}

Deno.test("toggleMark() marks the selection, and takes the marks away again", () => {
  const cases: [string, "**" | "*", string][] = [
    ["a [b] c", "**", "a **[b]** c"],
    ["a [b] c", "*", "a *[b]* c"],
    ["a [ b ]c", "**", "a  **[b]** c"],
    ["a [] c", "**", "a **[]** c"],
    ["a [ ]c", "*", "a  *[]*c"],
    ["[]", "*", "*[]*"],
    // Both at once.
    ["**[b]**", "*", "***[b]***"],
    ["*[b]*", "**", "***[b]***"],
    ["***[b]***", "*", "**[b]**"],
    ["***[b]***", "**", "*[b]*"],
  ];
  for (const [before, mark, after] of cases) {
    assertEquals(toggle(before, mark), after, `${before} ${mark}`);
  }
  const reversed: [string, "**" | "*", string][] = [
    ["a **[b]** c", "**", "a [b] c"],
    ["a *[b]* c", "*", "a [b] c"],
    ["a **[]** c", "**", "a [] c"],
    ["*[]*", "*", "[]"],
    ["a [**b**] c", "**", "a [b] c"],
    ["a [*b*] c", "*", "a [b] c"],
    ["a [**b**] c", "*", "a *[**b**]* c"],
    ["[***b***]", "*", "[**b**]"],
    // Marks on one side alone are none.
    ["**[b] c", "**", "****[b]** c"],
  ];
  for (const [before, mark, after] of reversed) {
    assertEquals(toggle(before, mark), after, `${before} ${mark}`);
  }
});
