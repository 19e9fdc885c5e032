/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { assertEquals } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  composer,
  enter,
  hasTexts,
  isOnline,
  type Page,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

/** The data that is dropped or pasted: texts by type, and whether there is a picture. */
interface Data {
  readonly texts?: Readonly<Record<string, string>>;
  readonly hasFile?: boolean;
}

/** Whether the page prevented the browser from opening a file or inserting a text. */
async function gives(
  page: Page,
  selector: string,
  type: "dragover" | "drop" | "paste",
  data: Data,
): Promise<boolean> {
  return await page.evaluate(([selector, type, { texts = {}, hasFile = false }]) => {
    const transfer = new DataTransfer();
    for (const [type, text] of Object.entries(texts)) transfer.setData(type, text);
    if (hasFile) transfer.items.add(new File(["x"], "x.png", { type: "image/png" }));
    const options = { bubbles: true, cancelable: true };
    const event = type === "paste"
      ? new ClipboardEvent(type, { ...options, clipboardData: transfer })
      : new DragEvent(type, { ...options, dataTransfer: transfer });
    return document.querySelector(selector)?.dispatchEvent(event) === false;
  }, [selector, type, data] as const);
}

browserTest(
  "page says that it sends text only when a file is dropped or pasted",
  async ({ newPage, serve }) => {
    const { url } = await serve();
    const page = await newPage();
    await enter(page, url, "Ada");
    const notice = page.getByRole("status").filter({ hasText: "Parley sends text only" });
    const file = { hasFile: true };
    const link = { texts: { "text/uri-list": "https://a.example/" } };
    const isNotOpened = async (selector: string, data: Data) => {
      assertEquals(await gives(page, selector, "dragover", data), true, selector);
      assertEquals(await gives(page, selector, "drop", data), true, selector);
    };
    // A link that is dropped outside the field is not opened either.
    await isNotOpened("#rooms", link);
    assertEquals(await notice.count(), 0);
    for (const place of ["#log", "#rooms", "#message", "body"]) await isNotOpened(place, file);
    await notice.waitFor();
    await page.reload();
    await isOnline(page);
    assertEquals(await notice.count(), 0);
    assertEquals(await gives(page, "#message", "paste", file), true);
    await notice.waitFor();
    assertEquals(new URL(page.url()).pathname, "/r/lobby");
  },
);

browserTest("page stays open when a file is dropped on it", async ({ newPage, serve }) => {
  const { url } = await serve();
  const page = await newPage();
  await enter(page, url, "Ada");
  const input = await page.context().newCDPSession(page);
  const file = new URL(import.meta.url).pathname;
  const data = { items: [], files: [file], dragOperationsMask: 1 };
  for (const [x, y] of [[640, 300], [640, 690], [100, 300]] as const) {
    for (const type of ["dragEnter", "dragOver", "drop"] as const) {
      await input.send("Input.dispatchDragEvent", { type, x, y, data });
    }
  }
  await page.getByRole("status").filter({ hasText: "Parley sends text only" }).waitFor();
  assertEquals(new URL(page.url()).pathname, "/r/lobby");
  assertEquals(await composer(page).inputValue(), "");
});

browserTest("page lets text be dropped and pasted into the field", async (stage) => {
  const { url } = await stage.serve();
  const page = await stage.newPage();
  await enter(page, url, "Ada");
  const text = { texts: { "text/plain": "a", "text/uri-list": "https://a.example/" } };
  for (const type of ["dragover", "drop", "paste"] as const) {
    assertEquals(await gives(page, "#message", type, text), false, type);
  }
  // As a spreadsheet copies cells.
  const cells = { texts: { "text/plain": "1\t2", "text/html": "<table>" }, hasFile: true };
  assertEquals(await gives(page, "#message", "paste", cells), false);
  assertEquals(await page.getByText("Parley sends text only").count(), 0);
});

browserTest("page lets text be dragged into the field", async ({ newPage, serve }) => {
  const { url, chat } = await serve();
  const page = await newPage();
  await enter(page, url, "Ada");
  chat.broadcast("lobby", { id: "bobbobbobbobbobb", name: "Bob" }, "dragged", "1");
  await hasTexts(page, ["dragged"]);
  await page.locator("article .text").selectText();
  const from = await page.locator("article .text").evaluate((each) => {
    const range = document.createRange();
    range.selectNodeContents(each);
    const { x, y, width, height } = range.getBoundingClientRect();
    return { x: x + width / 2, y: y + height / 2 };
  });
  const box = await composer(page).boundingBox();
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((box?.x ?? 0) + 100, (box?.y ?? 0) + 20, { steps: 10 });
  await page.mouse.up();
  assertEquals(await composer(page).inputValue(), "dragged");
});

/** Replaces `navigator.share` by one that records its arguments and ends as `ending` says. */
async function addShare(page: Page, ending: "done" | "AbortError" | "NotAllowedError") {
  await page.addInitScript((ending) => {
    Reflect.set(globalThis, "shared", []);
    const share = (data: ShareData) => {
      (Reflect.get(globalThis, "shared") as unknown[]).push(data);
      return ending === "done" ? Promise.resolve() : Promise.reject(new DOMException("", ending));
    };
    Object.defineProperty(Navigator.prototype, "share", { value: share, configurable: true });
  }, ending);
}

const shared = (page: Page) => page.evaluate(() => Reflect.get(globalThis, "shared"));

for (const ending of ["done", "AbortError", "NotAllowedError"] as const) {
  browserTest(`page shares a room's link on a phone: ${ending}`, async ({ newPage, serve }) => {
    const { url } = await serve();
    const page = await newPage({ hasTouch: true, isMobile: true });
    await addShare(page, ending);
    await enter(page, `${url}/r/garden`, "Ada");
    assertEquals(await page.getByRole("button", { name: /copy/i }).count(), 0);
    await page.getByRole("button", { name: "Share the room's link" }).click();
    await page.getByRole("button", { name: "Share the link to invite others" }).click();
    assertEquals(await shared(page), Array(2).fill({ url: `${url}/r/garden` }));
    const copied = page.getByRole("status").filter({ hasText: "Link copied" });
    if (ending === "NotAllowedError") await copied.waitFor();
    else assertEquals(await copied.count(), 0);
  });
}

browserTest(
  "page copies a room's link where there is a mouse, or no menu to share",
  async (stage) => {
    const { url } = await stage.serve();
    for (const touch of [false, true]) {
      const page = await stage.newPage({ hasTouch: touch, isMobile: touch });
      if (!touch) await addShare(page, "done");
      else await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, "share"));
      await enter(page, url, touch ? "Ada" : "Bob");
      await page.getByRole("button", { name: "Copy the room's link" }).click();
      await page.getByRole("status").filter({ hasText: "Link copied" }).waitFor();
      await page.close();
    }
  },
);
