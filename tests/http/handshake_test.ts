import { assertEquals } from "@std/assert";
import { isPeerGone, watchHandshake } from "../../chat/http/handshake.ts";

/** Long enough never to pass in a test. */
const LATER_MS = 60_000;

/** A socket that is being opened, and what was told of it. */
class Handshake {
  readonly socket = new Socket();
  readonly request = new AbortController();
  readonly told: string[] = [];
  /** Resolves when something is told for the first time. */
  readonly firstTold: Promise<void>;

  constructor({ timeoutMs = LATER_MS, isAborted = false } = {}) {
    if (isAborted) this.request.abort();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.firstTold = promise;
    const outcome = (name: string) => () => {
      this.told.push(name);
      resolve();
    };
    watchHandshake(this.socket, this.request.signal, timeoutMs, {
      opened: outcome("opened"),
      failed: outcome("failed"),
      abandoned: outcome("abandoned"),
      recovered: outcome("recovered"),
    });
  }
}

/** As much of a `WebSocket` as dispatches events. */
class Socket {
  onopen: ((event: Event) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;

  dispatch(type: "open" | "error"): void {
    this[`on${type}`]?.(new Event(type));
  }
}

/** Resolves after what a handshake waits for now. */
async function completedOperations(): Promise<void> {
  await isPeerGone(new AbortController().signal);
}

Deno.test("isPeerGone() resolves to the state of the signal at the end of the turn", async () => {
  const [here, gone] = [new AbortController(), new AbortController()];
  const answers = [isPeerGone(here.signal), isPeerGone(gone.signal)];
  await Promise.resolve();
  gone.abort();
  assertEquals(await Promise.all(answers), [false, true]);
});

Deno.test("watchHandshake() reports that a socket is open, and nothing after that", async () => {
  const { socket, request, told } = new Handshake();
  socket.dispatch("open");
  socket.dispatch("error");
  request.abort();
  await completedOperations();
  assertEquals(told, ["opened"]);
});

Deno.test("watchHandshake() reports that a socket failed, and nothing after that", async () => {
  const { socket, request, told } = new Handshake();
  socket.dispatch("error");
  request.abort();
  await completedOperations();
  assertEquals(told, ["failed"]);
});

Deno.test("watchHandshake() abandons a socket whose request is aborted", async () => {
  const { request, told, firstTold } = new Handshake();
  request.abort();
  await firstTold;
  assertEquals(told, ["abandoned"]);
});

Deno.test("watchHandshake() reports a failure in the turn of the abort as a failure", async () => {
  const { socket, request, told } = new Handshake();
  request.abort();
  socket.dispatch("error");
  await completedOperations();
  assertEquals(told, ["failed"]);
});

Deno.test("watchHandshake() abandons a socket that does not open in time", async () => {
  const { told, firstTold } = new Handshake({ timeoutMs: 1 });
  await firstTold;
  assertEquals(told, ["abandoned"]);
});

Deno.test("watchHandshake() does not abandon a socket that opens after the process stood still", async () => {
  const { socket, told, firstTold } = new Handshake({ timeoutMs: 50 });
  const start = performance.now();
  while (performance.now() - start < 100);
  // After the timers that have come due meanwhile.
  setTimeout(() => socket.dispatch("open"), 0);
  await firstTold;
  assertEquals(told, ["opened"]);
});

Deno.test("watchHandshake() waits where the upgrade itself has aborted the request", async () => {
  const { socket, told } = new Handshake({ isAborted: true });
  await completedOperations();
  socket.dispatch("open");
  assertEquals(told, ["opened"]);
});

for (const type of ["open", "error"] as const) {
  Deno.test(`watchHandshake() recovers an abandoned socket at "${type}", once`, async () => {
    const { socket, request, told, firstTold } = new Handshake();
    request.abort();
    await firstTold;
    socket.dispatch(type);
    socket.dispatch("error");
    assertEquals(told, ["abandoned", "recovered"]);
  });
}
