/// <reference lib="dom" />

import { assertEquals } from "@std/assert";
import { Client } from "../support/clients.ts";
import { findRedisNeed, RedisServer } from "../support/redis_server.ts";
import { ANY_PORT, ServerProcess } from "../support/server_process.ts";
import { HOST } from "../support/tcp_connection.ts";
import {
  browserTest,
  closeBrowser,
  enter,
  eventually,
  hasTexts,
  isOnline,
  Line,
  type Page,
  say,
  type Stage,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

const need = findRedisNeed();
const redisTest: typeof browserTest = need === undefined
  ? browserTest
  : (name) => Deno.test.ignore(`${name} (needs ${need})`, () => {});

async function startNode(stage: Stage, redis: RedisServer): Promise<ServerProcess> {
  const environment = {
    ...ANY_PORT,
    CHAT_REDIS: `redis://${HOST}:${redis.port}`,
    CHAT_LEAVE_GRACE_MS: "500",
  };
  return stage.use(await ServerProcess.start({ environment }));
}

/** Waits until a page names these people. */
async function hasPeople(page: Page, names: readonly string[]): Promise<void> {
  const people = page.getByRole("complementary", { name: /People/ });
  await people.getByRole("heading", { name: `People here ${names.length}` }).waitFor();
  await eventually(async () => {
    assertEquals((await people.locator("li bdi").allInnerTexts()).sort(), names);
  });
}

redisTest("page has the same room at two nodes, and moves on when one ends", async (stage) => {
  const redis = stage.use(await RedisServer.start());
  const [first, second] = await Promise.all([startNode(stage, redis), startNode(stage, redis)]);
  const line = stage.use(new Line(await first.port()));
  const [ada, bob] = [await stage.newPage(), await stage.newPage()];
  await enter(ada, line.url, "Ada");
  await enter(bob, `http://${HOST}:${await second.port()}`, "Bob");
  for (const page of [ada, bob]) await hasPeople(page, ["Ada", "Bob"]);

  await say(ada, "from the first node");
  await hasTexts(bob, ["from the first node"]);
  await say(bob, "from the second");
  for (const page of [ada, bob]) await hasTexts(page, ["from the first node", "from the second"]);

  // While nothing can be kept.
  redis.pause();
  await say(ada, "Redis sleeps");
  const trouble = ada.locator("#trouble").filter({ hasText: "can’t keep messages just now" });
  await trouble.waitFor();
  assertEquals(await trouble.getByRole("button").count(), 0);
  const outer = await trouble.boundingBox();
  const inner = await trouble.locator("p").boundingBox();
  if (outer === null || inner === null) throw new Error("The text has no place");
  const left = inner.x - outer.x;
  assertEquals(Math.round(left), Math.round(outer.width - inner.width - left));
  assertEquals(await ada.locator("article.sending").count(), 1);
  redis.resume();
  await ada.getByRole("status").filter({ hasText: "keeps messages again" }).waitFor();
  await trouble.waitFor({ state: "hidden" });
  const texts = ["from the first node", "from the second", "Redis sleeps"];
  for (const page of [ada, bob]) await hasTexts(page, texts);

  // Nobody looks through the messages of a Redis.
  await bob.getByRole("button", { name: "Go to a room", exact: true }).click();
  await bob.getByRole("combobox", { name: "Go to a room" }).fill("not a room!");
  await bob.getByRole("status").filter({ hasText: "Messages can’t be searched here" }).waitFor();
  await bob.keyboard.press("Escape");

  // Of a user at the other node.
  const eve = await stage.newPage();
  await eve.goto(`http://${HOST}:${await second.port()}`);
  await eve.getByRole("textbox", { name: "Your name" }).fill("ADA");
  await eve.keyboard.press("Enter");
  await eve.getByRole("alert").filter({ hasText: "is taken" }).waitFor();
  await eve.close();

  // At the first node alone, as long as that lives.
  const cem = await Client.open(await first.port());
  await cem.hello("Cem");
  await cem.join("lobby");
  for (const page of [ada, bob]) await hasPeople(page, ["Ada", "Bob", "Cem"]);

  first.kill("SIGKILL");
  line.cut();
  await cem.closed();
  await say(bob, "said meanwhile");
  line.lead(await second.port());
  await isOnline(ada);
  texts.push("said meanwhile");
  await hasTexts(ada, texts);
  await say(ada, "from the other node");
  for (const page of [ada, bob]) {
    await hasTexts(page, [...texts, "from the other node"]);
    await hasPeople(page, ["Ada", "Bob"]);
  }
});
