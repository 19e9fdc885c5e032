/// <reference lib="dom" />
import { assertEquals } from "@std/assert";
import { violationsOf } from "./axe.ts";
import {
  browserTest,
  closeBrowser,
  composer,
  enter,
  eventually,
  isOnline,
  nameField,
  systemTest,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

for (const colorScheme of ["light", "dark"] as const) {
  systemTest(colorScheme, "page offers a room for a name that none can have", async (stage) => {
    const { url } = await stage.serve();
    const page = await stage.newPage({ colorScheme, reducedMotion: "reduce" });
    await enter(page, url, "Ada");
    const field = page.getByRole("textbox", { name: "Room to join" });
    const alert = page.getByRole("alert");
    await field.fill("#Küche");
    await page.keyboard.press("Enter");
    const offer = alert.getByRole("button", { name: "Join #kueche" });
    await offer.waitFor();
    await alert.getByText("Names of rooms have only letters a to z").waitFor();
    assertEquals(await violationsOf(page), []);
    assertEquals(await field.getAttribute("aria-invalid"), "true");
    // No room is joined before the choice.
    assertEquals(new URL(page.url()).pathname, "/r/lobby");
    await field.fill("会议");
    assertEquals(await offer.isVisible(), false);
    await page.keyboard.press("Enter");
    await alert.getByText("Names of rooms have only letters a to z").waitFor();
    assertEquals(await offer.isVisible(), false);
    await field.fill("Küche");
    await page.keyboard.press("Enter");
    await offer.click();
    await page.getByRole("heading", { level: 1, name: "#kueche" }).waitFor();
    assertEquals([await field.inputValue(), await alert.allInnerTexts()], ["", [""]]);
    await eventually(async () =>
      assertEquals(await composer(page).evaluate((each) => each === document.activeElement), true)
    );
  });

  systemTest(colorScheme, "page explains a link that leads to no room", async (stage) => {
    const { url } = await stage.serve();
    const page = await stage.newPage({ colorScheme, reducedMotion: "reduce" });
    const dialog = page.getByRole("dialog", { name: "There is no room “küche”" });
    assertEquals((await page.goto(`${url}/r/küche`))?.status(), 404);
    await dialog.getByText("Names of rooms have only letters a to z").waitFor();
    assertEquals(await violationsOf(page), []);
    await page.getByRole("button", { name: "Join #kueche" }).click();
    await page.getByRole("button", { name: "Join #kueche" }).waitFor();
    await nameField(page).fill("Ada");
    await page.keyboard.press("Enter");
    await isOnline(page);
    assertEquals(new URL(page.url()).pathname, "/r/kueche");
    assertEquals(await page.getByRole("list").getByText("#lobby").count(), 0);

    // Cancelling goes back to the previous room.
    await page.goto(`${url}/r/Büro/`);
    await page.getByRole("button", { name: "Go to #kueche" }).waitFor();
    await page.keyboard.press("Escape");
    await isOnline(page);
    assertEquals(new URL(page.url()).pathname, "/r/kueche");
    for (
      const [path, name] of [["/r/", "This link names no room"], ["/r/会议", "“会议”"]] as const
    ) {
      await page.goto(url + path);
      await page.getByRole("dialog", { name }).waitFor();
      assertEquals(await page.getByRole("button", { name: /^Join #/ }).count(), 0);
      await page.getByRole("button", { name: "Go to #kueche" }).click();
      await isOnline(page);
    }
    // As `roomProblem()` explains it.
    await page.goto(`${url}/r/%67arden`);
    await page.getByRole("heading", { level: 1, name: "#garden" }).waitFor();
  });
}

browserTest(
  "page shows the text of an invalid link without its markup",
  async ({ newPage, serve }) => {
    const { url } = await serve();
    const page = await newPage();
    const hostile = "<img src=x onerror=alert(1)>".repeat(100);
    await page.goto(`${url}/r/${encodeURIComponent(hostile)}`);
    const dialog = page.getByRole("dialog", { name: "There is no room “<img src=x onerror" });
    await dialog.waitFor();
    assertEquals(await dialog.locator("img").count(), 0);
    const box = await dialog.boundingBox();
    assertEquals(box !== null && box.height < 400, true);
  },
);
