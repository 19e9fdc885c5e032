/**
 * Driver of WebKit's minimal browser on a virtual screen, by the WebDriver protocol: Playwright
 * only drives its own build of WebKit.
 *
 * @module
 */

/** Opening the browser takes seconds on a slow machine. */
const DEADLINE_MS = 60_000;
const POLL_MS = 50;

const DRIVER = Deno.env.get("WEBKIT_DRIVER") ?? "/usr/bin/WebKitWebDriver";
const SCREEN = "/usr/bin/Xvfb";
/** The key in an answer under which the protocol names an element. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** The Enter key in the protocol's terms. */
export const ENTER = "\ue007";

/** Explains what is missing for {@linkcode WebKit}, and how to get it. */
export function findWebKitNeed(): string | undefined {
  if (Deno.build.os !== "linux") return "Linux";
  const missing = [[DRIVER, "webkit2gtk-driver"], [SCREEN, "xvfb"]] as const;
  const packages = missing.filter(([path]) => !exists(path)).map(([, name]) => name);
  return packages.length === 0 ? undefined : `WebKit: apt install ${packages.join(" ")}`;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** A window of WebKit's. */
export class WebKit implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #session: string;

  private constructor(stack: AsyncDisposableStack, session: string) {
    this.#stack = stack;
    this.#session = session;
  }

  static async open(): Promise<WebKit> {
    await using stack = new AsyncDisposableStack();
    const screen = await openScreen(stack);
    const port = freePort();
    const driver = new Deno.Command(DRIVER, {
      args: [`--port=${port}`],
      env: { DISPLAY: screen, NO_AT_BRIDGE: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    endWith(stack, driver.spawn());
    const url = `http://127.0.0.1:${port}`;
    await isReady(url);
    const capabilities = { alwaysMatch: { browserName: "MiniBrowser" } };
    const { sessionId } = await ask("POST", `${url}/session`, { capabilities }) as {
      sessionId: string;
    };
    const session = `${url}/session/${sessionId}`;
    stack.defer(async () => void await ask("DELETE", session));
    return new WebKit(stack.move(), session);
  }

  /** Opens a page, and waits until it is loaded. */
  async go(url: string): Promise<void> {
    await ask("POST", `${this.#session}/url`, { url });
  }

  async reload(): Promise<void> {
    await ask("POST", `${this.#session}/refresh`, {});
  }

  /** Types into the element of that selector, as a user does. */
  async type(selector: string, text: string): Promise<void> {
    const found = await ask("POST", `${this.#session}/element`, {
      using: "css selector",
      value: selector,
    }) as Record<string, string>;
    await ask("POST", `${this.#session}/element/${found[ELEMENT]}/value`, { text });
  }

  /** The result of a function body in the page. */
  async evaluate(script: string): Promise<unknown> {
    return await ask("POST", `${this.#session}/execute/sync`, { script, args: [] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Starts a virtual screen, and returns its name. */
async function openScreen(stack: AsyncDisposableStack): Promise<string> {
  const args = ["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"];
  const child = new Deno.Command(SCREEN, { args, stdin: "null", stdout: "piped", stderr: "null" })
    .spawn();
  endWith(stack, child);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  stack.defer(() => reader.cancel());
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("Xvfb ended before it had a screen");
    text += value;
  }
  return `:${text.trim()}`;
}

function endWith(stack: AsyncDisposableStack, child: Deno.ChildProcess): void {
  stack.defer(async () => {
    child.kill();
    await child.status;
  });
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Waits until the driver answers. */
async function isReady(url: string): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  for (;;) {
    try {
      await ask("GET", `${url}/status`);
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The value of the driver's response. Throws the driver's error. */
async function ask(method: string, url: string, parameters?: unknown): Promise<unknown> {
  const body = parameters === undefined ? null : JSON.stringify(parameters);
  const response = await fetch(url, { method, body, signal: AbortSignal.timeout(DEADLINE_MS) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname}: ${value.message}`);
  return value;
}
