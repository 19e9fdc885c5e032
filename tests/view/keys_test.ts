import { assertEquals } from "@std/assert";
import { isApple, roomStep } from "../../static/view/keys.js";

const keys = (text: string) => {
  const parts = text.split("+");
  return {
    key: parts.at(-1) ?? "",
    altKey: parts.includes("Alt"),
    ctrlKey: parts.includes("Ctrl"),
    metaKey: parts.includes("Meta"),
    shiftKey: parts.includes("Shift"),
  };
};

Deno.test("roomStep() ignores keys that move the cursor", () => {
  const combinations = [
    "Alt+ArrowUp",
    "Alt+ArrowDown",
    "Alt+Meta+ArrowUp",
    "Alt+Meta+ArrowDown",
    "Alt+Shift+ArrowUp",
    "Meta+ArrowUp",
    "Ctrl+Alt+ArrowUp",
    "ArrowDown",
    "Alt+a",
  ];
  const steps = (apple: boolean) => combinations.map((text) => roomStep(keys(text), apple));
  assertEquals(steps(false), [-1, 1, 0, 0, 0, 0, 0, 0, 0]);
  assertEquals(steps(true), [0, 0, -1, 1, 0, 0, 0, 0, 0]);
});

Deno.test("isApple() is true of platforms with a ⌘ key", () => {
  const platforms = ["MacIntel", "iPad", "iPhone", "Win32", "Linux x86_64", ""];
  assertEquals(platforms.map(isApple), [true, true, true, false, false, false]);
});
