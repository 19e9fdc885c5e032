import { assertEquals } from "@std/assert";
import { type Keys, markOf } from "../../static/view/emphasis.js";

const KEYS: Keys = {
  key: "",
  code: "",
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
};

Deno.test("markOf() takes Ctrl+B and Ctrl+I, or ⌘B and ⌘I on a Mac, and nothing else", () => {
  const cases: [keys: Partial<Keys>, apple: boolean, mark: string | undefined][] = [
    [{ key: "b", ctrlKey: true }, false, "**"],
    [{ key: "i", ctrlKey: true }, false, "*"],
    [{ key: "B", ctrlKey: true }, false, "**"],
    [{ key: "и", code: "KeyB", ctrlKey: true }, false, "**"],
    // Another Latin layout.
    [{ key: "x", code: "KeyB", ctrlKey: true }, false, undefined],
    [{ key: "b", metaKey: true }, true, "**"],
    [{ key: "b", ctrlKey: true }, true, undefined],
    [{ key: "b", metaKey: true }, false, undefined],
    [{ key: "b", ctrlKey: true, altKey: true }, false, undefined],
    [{ key: "I", ctrlKey: true, shiftKey: true }, false, undefined],
    [{ key: "b" }, false, undefined],
    [{ key: "k", code: "KeyK", ctrlKey: true }, false, undefined],
    [{ key: "Enter", code: "Enter", ctrlKey: true }, false, undefined],
  ];
  for (const [keys, apple, mark] of cases) {
    assertEquals(markOf({ ...KEYS, ...keys }, apple), mark, JSON.stringify(keys));
  }
});
