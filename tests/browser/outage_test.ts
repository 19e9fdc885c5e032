/// <reference lib="dom" />

import { assertEquals, assertMatch } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  enter,
  eventually,
  hasTexts,
  isOnline,
  Line,
  nameField,
  type Page,
  say,
  setOffline,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

browserTest("page says that it is offline only if the browser is", async (stage) => {
  const server = await stage.serve();
  const line = stage.use(new Line(server.port));
  const page = await stage.newPage();
  await enter(page, line.url, "Ada");
  line.cut();
  await hasTrouble(page, "No connection to the chat.");
  await page.locator("#trouble-countdown").filter({
    hasText: /^(Next try in \d+ s\.|Trying again…)$/,
  })
    .waitFor();
  await setOffline(page, true);
  await hasTrouble(page, "You are offline.");
  // In one row, since it fits.
  const height = await page.locator("#trouble").evaluate((each) => each.clientHeight);
  assertEquals(height < 60, true, `${height} px`);
  await setOffline(page, false);
  line.mend();
  await isOnline(page);
  assertEquals(await page.locator("#trouble").isVisible(), false);
});

browserTest("page of a phone keeps its title and the button in sight offline", async (stage) => {
  const server = await stage.serve();
  const line = stage.use(new Line(server.port));
  const page = await stage.newPage();
  await enter(page, line.url, "Ada");
  await page.locator(".room-title.opens").waitFor();
  const titleWidth = async (width: number) => {
    await page.setViewportSize({ width, height: 780 });
    return await page.locator("h1").evaluate((h1) => h1.getBoundingClientRect().width);
  };
  const widths = [[390, await titleWidth(390)], [360, await titleWidth(360)]] as const;
  const check = async (text: string) => {
    for (const [width, fullWidth] of widths) {
      assertEquals(await titleWidth(width), fullWidth, `${text} ${width} px`);
      // Hidden while the page tries to connect.
      await eventually(async () => {
        await hasTrouble(page, text);
        const isBeside = await page.locator("#retry").evaluate((button) => {
          const words = button.parentElement?.querySelector("p")?.getBoundingClientRect();
          return button.getBoundingClientRect().top < (words?.bottom ?? 0);
        });
        assertEquals(isBeside, true, `${text} ${width} px`);
      });
    }
  };
  line.cut();
  await hasTrouble(page, "No connection to the chat.");
  await check("No connection to the chat.");
  await setOffline(page, true);
  await check("You are offline.");
});

browserTest("page says that the chat is full, and connects when it no longer is", async (stage) => {
  const server = await stage.serve({ "CHAT_MAX_CONNECTIONS": "1" });
  const [ada, bob] = [await stage.newPage(), await stage.newPage()];
  await enter(ada, server.url, "Ada");
  await comes(bob, server.url, "Bob");
  await hasTrouble(bob, "The chat is full. You get in when somebody has left.");
  // Bob is not told who is there.
  await bob.getByRole("heading", { name: "People here –" }).waitFor();
  await ada.close();
  await isOnline(bob);
});

browserTest("page says that its address has too many connections", async (stage) => {
  const server = await stage.serve({ "CHAT_CONNECTIONS_PER_ADDRESS": "1" });
  const [ada, bob] = [await stage.newPage(), await stage.newPage()];
  await enter(ada, server.url, "Ada");
  await comes(bob, server.url, "Bob");
  await hasTrouble(bob, "Too many connections to the chat come from your network.");
});

browserTest("page says that the chat is being stopped", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  await server.chat.drain();
  await hasTrouble(page, "The chat has asked everyone to come back in a moment.");
  await hasTrouble(page, "The chat is being stopped, perhaps to start again.");
});

for (
  const [what, keepsHeaders, text] of [
    ["it is refused", true, "The chat doesn’t let this page in."],
    ["nothing comes through", false, "The chat answers, but doesn’t let this page stay connected."],
  ] as const
) {
  browserTest(`page says that ${what}`, async (stage) => {
    const server = await stage.serve();
    // The first request is for the facts for newcomers.
    let [connections, probes] = [0, -1];
    // A proxy that sends another `Host` than the browser's.
    await using proxy = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      ({ url, headers }) => {
        const { pathname } = new URL(url);
        if (pathname === "/ws") connections++;
        if (pathname === "/healthz") probes++;
        const probe = headers.get("x-probe");
        const kept = probe !== null && keepsHeaders ? { "x-probe": probe } : {};
        return fetch(server.url + pathname, { headers: kept });
      },
    );
    const page = await stage.newPage();
    await comes(page, `http://127.0.0.1:${proxy.addr.port}`, "Ada");
    await hasTrouble(page, text);
    // At most one for each failed connection.
    assertEquals([probes > 0, probes <= connections], [true, true], `${probes}, ${connections}`);
  });
}

browserTest("page tells of a restart, and shows later messages below it", async (stage) => {
  const first = await stage.serve();
  const line = stage.use(new Line(first.port));
  const page = await stage.newPage();
  await enter(page, line.url, "Ada");
  await say(page, "before");
  await hasTexts(page, ["before"]);
  const second = await stage.serve();
  line.lead(second.port);
  await page.getByText("The chat was restarted; messages from that moment may be missing")
    .waitFor();
  await say(page, "after");
  await hasTexts(page, ["before", "after"]);
  const log = await page.getByRole("log").innerText();
  assertEquals(log.split("Some messages may be missing here").length, 2);
});

browserTest("page adds a line to the log when a user is renamed", async (stage) => {
  const server = await stage.serve();
  const [ada, bob] = [await stage.newPage(), await stage.newPage()];
  await enter(ada, server.url, "Ada");
  await enter(bob, server.url, "Bob");
  await say(ada, "hi");
  await hasTexts(bob, ["hi"]);
  for (const name of ["Ada L", "Ada Lovelace"]) {
    await ada.getByRole("button", { name: "Change name" }).click();
    await nameField(ada).fill(name);
    await ada.keyboard.press("Enter");
    await nameField(ada).waitFor({ state: "hidden" });
  }
  for (const page of [ada, bob]) {
    await eventually(async () =>
      // In its own line, or after users who have joined.
      assertMatch(
        (await page.getByRole("log").locator(".membership").allInnerTexts()).at(-1) ?? "",
        /(^|· )Ada is now Ada Lovelace$/,
      )
    );
  }
});

/** Opens the page as a newcomer. */
async function comes(page: Page, url: string, name: string): Promise<void> {
  await page.goto(url);
  await nameField(page).fill(name);
  await page.keyboard.press("Enter");
}

/** Waits until the page explains the missing connection. */
async function hasTrouble(page: Page, text: string): Promise<void> {
  await page.locator("#trouble-detail").filter({ hasText: text, visible: true }).waitFor();
}
