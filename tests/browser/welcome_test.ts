/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { assertEquals, assertMatch } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  enter,
  eventually,
  isOnline,
  nameField,
  type Page,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

const PHONE = { width: 390, height: 844 };
/** The height that a touch keyboard leaves. */
const ABOVE_KEYBOARD = { width: 390, height: 420 };

browserTest(
  "page tells newcomers its purpose, its readers and the number of users",
  async (stage) => {
    const { url } = await stage.serve({ CHAT_HISTORY_SIZE: "500", CHAT_LEAVE_GRACE_MS: "0" });
    const [ada, bob, eve] = [await stage.newPage(), await stage.newPage(), await stage.newPage()];
    const welcome = (page: Page) => page.getByRole("dialog", { name: "Welcome to Parley" });
    await ada.goto(url);
    await welcome(ada).getByText("Nobody else is here yet.").waitFor();
    for (const fact of ["no account", "can read it, unless it has a password."]) {
      assertEquals(await welcome(ada).getByText(fact).isVisible(), true, fact);
    }
    await welcome(ada).getByText(
      "At most 500 messages of a room are kept, until the server restarts.",
    )
      .waitFor();
    await enter(ada, url, "Ada");
    await bob.goto(url);
    await welcome(bob).getByText("1 person is here now.").waitFor();
    await enter(bob, url, "Bob");
    await eve.goto(url);
    await welcome(eve).getByText("2 people are here now.").waitFor();
    assertMatch(await description(eve), /^A chat with rooms.* 2 people are here now\.$/);

    // A user who changes the name is no newcomer.
    await ada.getByRole("button", { name: "Change name" }).click();
    await ada.getByRole("dialog", { name: "Choose another name" }).waitFor();
    assertEquals([await ada.locator("#welcome").isVisible(), await description(ada)], [false, ""]);
  },
);

browserTest(
  "page asks for a name before it knows the facts, without a layout shift after that",
  async (stage) => {
    const { url } = await stage.serve();
    for (const viewport of [PHONE, { width: 1280, height: 800 }]) {
      const page = await stage.newPage({ viewport });
      let answer = () => {};
      const asked = new Promise<void>((resolve) => answer = resolve);
      await page.route("**/healthz", async (route) => {
        await asked;
        await route.continue();
      });
      await page.goto(url);
      await nameField(page).waitFor();
      const before = await nameField(page).boundingBox();
      assertEquals(await page.locator("#welcome .fact:visible").count(), 0);
      assertEquals((await description(page)).includes("here"), false);
      answer();
      await page.locator("#welcome .fact").last().waitFor();
      assertEquals(await nameField(page).boundingBox(), before);
    }
  },
);

browserTest("page shows no facts if the server sends none", async ({ newPage, serve }) => {
  const { url } = await serve();
  for (const answer of [{ status: 503, body: "{}" }, { status: 200, body: "<p>Welcome" }]) {
    const page = await newPage();
    await page.route("**/healthz", (route) => route.fulfill(answer));
    const answered = page.waitForResponse("**/healthz");
    await page.goto(url);
    await answered;
    await nameField(page).fill("Ada");
    assertEquals(await page.locator("#welcome .fact:visible").count(), 0);
    await page.keyboard.press("Enter");
    await isOnline(page);
  }
});

browserTest("page fits its welcome above the keyboard of a phone", async (stage) => {
  const { url } = await stage.serve();
  const page = await stage.newPage({ viewport: PHONE, hasTouch: true, isMobile: true });
  const bottom = async () => {
    const box = await page.getByRole("button", { name: "Join #lobby" }).boundingBox();
    return box === null ? Infinity : box.y + box.height;
  };
  await page.goto(url);
  await page.locator("#welcome .fact").last().waitFor();
  // Some browsers shrink the page to the rest, others cover its lower part.
  assertEquals(await bottom() <= ABOVE_KEYBOARD.height, true, String(await bottom()));
  await page.setViewportSize(ABOVE_KEYBOARD);
  const isWhole = () =>
    page.getByRole("dialog").evaluate(({ scrollHeight, clientHeight }) =>
      scrollHeight === clientHeight
    );
  await eventually(async () => assertEquals(await isWhole(), true));
  assertEquals(await bottom() <= ABOVE_KEYBOARD.height, true);
});

/** The accessible description of the open dialog. */
async function description(page: Page): Promise<string> {
  const client = await page.context().newCDPSession(page);
  const { root } = await client.send("DOM.getDocument");
  const { nodeId } = await client.send("DOM.querySelector", {
    nodeId: root.nodeId,
    selector: "#name-dialog",
  });
  const { nodes } = await client.send("Accessibility.getPartialAXTree", {
    nodeId,
    fetchRelatives: false,
  });
  return nodes[0]?.description?.value ?? "";
}
