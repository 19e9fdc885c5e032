import { assertEquals } from "@std/assert";
import { violationsOf } from "./axe.ts";
import { browserTest, closeBrowser } from "./browser.ts";
import { STATES } from "./page_states.ts";

Deno.test.afterAll(closeBrowser);

/** Both widths have the same coloured parts, so one theme is enough for each. */
const LOOKS = [
  { width: 1280, colorScheme: "light" },
  { width: 390, colorScheme: "dark" },
] as const;
/**
 * `deno task test:states` looks twice at each state. The short form looks once at every fourth one,
 * in turn wide and narrow.
 */
const EVERY = 4;
const isLong = Deno.env.get("STATES") === "all";

for (const [index, [state, go]] of Object.entries(STATES).entries()) {
  if (!isLong && index % EVERY !== 0) continue;
  const looks = isLong ? LOOKS : [LOOKS[index / EVERY % LOOKS.length] ?? LOOKS[0]];
  const themes = looks.map(({ colorScheme }) => colorScheme).join(" and ");
  browserTest(`page has no axe violation, ${themes}: ${state}`, async (stage) => {
    const page = await stage.newPage({ reducedMotion: "reduce" });
    await go(stage, page);
    const violations: string[] = [];
    for (const { width, colorScheme } of looks) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      const found = await violationsOf(page);
      violations.push(...found.map((each) => `${width} px, ${colorScheme}: ${each}`));
    }
    assertEquals(violations, []);
  });
}

/** States in which a phone shows a drawer. */
const IN_DRAWERS = ["unread rooms out of sight", "41 people", "leaving"];

for (const [state, go] of Object.entries(STATES).filter(([name]) => IN_DRAWERS.includes(name))) {
  browserTest(`page has no axe violation in a drawer on a phone: ${state}`, async (stage) => {
    const viewport = { width: 390, height: 800 };
    const page = await stage.newPage({ viewport, reducedMotion: "reduce" });
    await go(stage, page);
    assertEquals(await violationsOf(page), []);
  });
}
