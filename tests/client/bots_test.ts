import { assert, assertEquals, assertLessOrEqual, assertMatch } from "@std/assert";
import { within } from "../support/deadline.ts";
import { RealServer } from "../support/real_server.ts";

const DOCUMENT = Deno.readTextFileSync(new URL("../../docs/bots.md", import.meta.url));
const MAX_LINES = 20;

/** The first module of the document. */
const BOT = /```js\n([\s\S]*?)```/.exec(DOCUMENT)?.[1] ?? "";

/** The bot of the document as a process, whose folder holds its storage. */
class BotProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<string>;

  constructor(folder: string) {
    const args = ["run", "--quiet", "--no-config", "--allow-net", "--allow-import", "bot.js"];
    this.#child = new Deno.Command(Deno.execPath(), {
      args,
      cwd: folder,
      env: { DENO_DIR: `${folder}/deno` },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#output = Promise.all(
      [this.#child.stdout, this.#child.stderr].map((stream) => new Response(stream).text()),
    ).then((texts) => texts.join(""));
  }

  /** Waits until the bot has ended by itself. */
  async failed(): Promise<never> {
    await this.#child.status;
    throw new Error(`The bot ended: ${await this.#output}`);
  }

  /** Ends the bot, and returns what it said. */
  async end(): Promise<string> {
    this.#child.kill("SIGTERM");
    return await this.#output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#output;
  }
}

Deno.test(`bots.md has a bot of at most ${MAX_LINES} lines, which talks and resumes`, async () => {
  assertLessOrEqual(BOT.trimEnd().split("\n").length, MAX_LINES);
  const folder = await Deno.makeTempDir();
  try {
    await using server = RealServer.start({ CHAT_LEAVE_GRACE_MS: "0" });
    const script = BOT.replaceAll("https://chat.example", `http://127.0.0.1:${server.port}`);
    await Deno.writeTextFile(`${folder}/bot.js`, script);
    await using user = await server.user("Ada");
    await user.join("lobby");
    const ids: string[] = [];
    const answered = async (bot: BotProcess): Promise<void> => {
      const answer = user.next("message", ({ user: { name } }) => name === "Dice");
      const { text, reply, user: { id } } = await within(
        Promise.race([answer, bot.failed()]),
        "the answer of the bot",
      );
      assertMatch(text, /^Ada rolls [1-6]$/);
      assertEquals(typeof reply, "string");
      ids.push(id);
    };
    {
      await using bot = new BotProcess(folder);
      await Promise.race([
        user.next("presence", ({ joined }) => joined !== undefined),
        bot.failed(),
      ]);
      await user.send("lobby", "!roll six");
      await user.send("lobby", "!roll 6");
      await answered(bot);
      assertEquals((await bot.end()).split("\n").slice(0, 2), ["connecting", "online"]);
    }
    await user.next("presence", ({ left }) => left !== undefined);
    await user.send("lobby", "!roll 6");
    await using bot = new BotProcess(folder);
    await answered(bot);
    assertEquals(new Set(ids).size, 1);
    const { messages } = await user.ask("history", { type: "history", room: "lobby" });
    assertEquals(messages.length, 5);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Each mistake must be one for the type checker. */
const MISTAKES = `
import { Client } from "https://chat.example/client.js";
const client = new Client("https://chat.example", { name: "Dice" });
client.addEventListener("message", ({ detail }) => {
  const name: string = detail.user.name;
  // @ts-expect-error A text
  const text: number = detail.text;
  console.log(name, text);
});
// @ts-expect-error A word
const status: number = client.status;
// @ts-expect-error A ULID
const id: number = (await client.send("lobby", "hi")).id;
// @ts-expect-error Only known commands
await client.request("done", { type: "dance" });
// @ts-expect-error A list
const { messages }: { messages: string } = await client.history("lobby");
console.log(status, id, messages);
`;

Deno.test("the client brings its types to programs that import it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using server = RealServer.start();
    const script = MISTAKES.replaceAll("https://chat.example", `http://127.0.0.1:${server.port}`);
    await Deno.writeTextFile(`${folder}/bot.ts`, script);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--no-config", "--allow-import", "bot.ts"],
      cwd: folder,
      env: { DENO_DIR: `${folder}/deno` },
    }).output();
    assert(success, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
