/// <reference lib="dom" />

import { assertEquals } from "@std/assert";
import { browserTest, closeBrowser } from "./browser.ts";

Deno.test.afterAll(closeBrowser);

browserTest("client is imported by a page of another site, which chats", async (stage) => {
  const body = "<!DOCTYPE html><title>Other</title>";
  const respond = () => new Response(body, { headers: { "content-type": "text/html" } });
  const other = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, respond);
  stage.use({ [Symbol.asyncDispose]: () => other.shutdown() });
  const origin = `http://127.0.0.1:${other.addr.port}`;
  const server = await stage.serve({ CHAT_ALLOWED_ORIGINS: origin });
  const page = await stage.newPage();
  await page.goto(origin);
  const chat = (url: string) =>
    page.evaluate(async (url) => {
      const { Client } = await import(`${url}/client.js`);
      const client = new Client(url, { name: "Ada", storage: localStorage });
      const heard = new Promise((resolve) => {
        client.addEventListener("message", ({ detail }: CustomEvent) => resolve(detail.text));
      });
      await client.connect();
      await client.join("lobby");
      await client.send("lobby", "hi");
      const text = await heard;
      client.close();
      return [text, client.you.id];
    }, url);
  const [text, id] = await chat(server.url);
  assertEquals(text, "hi");
  // The same user again, by the key in the storage of that site.
  assertEquals((await chat(server.url))[1], id);
});
