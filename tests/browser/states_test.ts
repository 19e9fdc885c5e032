import { assertEquals } from "@std/assert";
import { violationsOf } from "./axe.ts";
import { browserTest, closeBrowser } from "./browser.ts";
import { STATES } from "./page_states.ts";

Deno.test.afterAll(closeBrowser);

/** Both widths have the same coloured parts, so one theme is enough for the second. */
const DEVICES = [
  { name: "a desktop", width: 1280, colorSchemes: ["light", "dark"] },
  { name: "a phone", width: 390, colorSchemes: ["dark"] },
] as const;

for (const [state, go] of Object.entries(STATES)) {
  browserTest(`page has no axe violation, light and dark: ${state}`, async (stage) => {
    const violations: string[] = [];
    for (const { name, width, colorSchemes } of DEVICES) {
      const page = await stage.newPage({
        viewport: { width, height: 800 },
        reducedMotion: "reduce",
      });
      await go(stage, page);
      for (const colorScheme of colorSchemes) {
        await page.emulateMedia({ colorScheme });
        const found = await violationsOf(page);
        violations.push(...found.map((each) => `on ${name}, ${colorScheme}: ${each}`));
      }
      await page.close();
    }
    assertEquals(violations, []);
  });
}
