import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Broker,
  type Document,
  type DocumentOp,
  type Message,
  type Op,
  ORIGIN,
  type Outcome,
  type PutOp,
  type Receipt,
  type SendOp,
  settingsKey,
  type Signal,
  type Subscriber,
  Unavailable,
} from "../../chat/broker/broker.ts";

/** How long a test waits for what must come. */
const DEADLINE_MS = 20_000;

/** A broker that is being tested. `dispose` also lets go of what it stands on. */
export interface Tested {
  readonly broker: Broker;
  /** Messages that the broker keeps of a room, if that is bounded. */
  readonly roomSize?: number;
  /** Bytes of receipts that it keeps, if they are bounded by address. */
  readonly receiptBytes?: number;
  dispose(): Promise<void> | void;
}

/** Bounds for the brokers of this suite that have them. */
export const ROOM_SIZE = 1000;
export const RECEIPT_BYTES = 100_000;

/** Writes down what a broker tells. */
export class Ear implements Subscriber {
  readonly heard: { room: string; message: Message }[] = [];
  readonly documents: { key: string; document: Document }[] = [];
  readonly signals: Signal[] = [];
  readonly drops: { room: string; floor: string }[] = [];
  losses = 0;
  #onNews: () => void = () => {};

  published(room: string, message: Message): void {
    this.heard.push({ room, message });
    this.#onNews();
  }

  documented(key: string, document: Document): void {
    this.documents.push({ key, document });
    this.#onNews();
  }

  signalled(signal: Signal): void {
    this.signals.push(signal);
    this.#onNews();
  }

  lost(): void {
    this.losses++;
    this.#onNews();
  }

  dropped(room: string, floor: string): void {
    this.drops.push({ room, floor });
    this.#onNews();
  }

  /** Resolves as soon as a condition holds, which only news can change. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onNews = resolve;
      await inTime(promise, "No news came");
    }
  }

  positions(room: string): string[] {
    return this.heard.filter((each) => each.room === room).map(({ message }) => message.position);
  }
}

/** Waits for a promise, but not for ever. */
export async function inTime<T>(promise: Promise<T>, complaint: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(complaint)), DEADLINE_MS);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

let refs = 0;

/** A ref that no other op of this process has. */
export const nextRef = (): string => `ref ${++refs}`;

export function bodyOf(text: string): string {
  return JSON.stringify({ user: { id: "adaadaadaadaadaa", name: "Ada" }, text });
}

export function send(text: string, over: Partial<SendOp> = {}): SendOp {
  return { op: "send", room: "lobby", user: "ada", ref: nextRef(), body: bodyOf(text), ...over };
}

export function put(
  message: Message | Receipt | undefined,
  text: string,
  over: Partial<PutOp> = {},
): PutOp {
  if (message === undefined) throw new TypeError("No message to put");
  const { id, position: was } = message;
  return { ...send(text), op: "put", id, was, ...over };
}

export function documentOp(key: string, was: string, body: unknown, room = ""): DocumentOp {
  return { op: "document", room, user: "ada", ref: "", key, was, body: JSON.stringify(body) };
}

/** Publishes, where every op must be kept. */
export async function keep<Ops extends readonly Op[]>(
  broker: Broker,
  ...ops: Ops
): Promise<{ [I in keyof Ops]: Receipt }> {
  const outcomes = await broker.publish(ops);
  return outcomes.map(receiptOf) as { [I in keyof Ops]: Receipt };
}

/** The receipt in an outcome that has one. */
export function receiptOf(outcome: Outcome | undefined): Receipt {
  if (outcome === undefined || !("position" in outcome)) {
    throw new Error(`Not kept: ${outcome?.as}`);
  }
  const { room, id, position } = outcome;
  return { room, id, position };
}

export async function keepOne(broker: Broker, op: Op): Promise<Receipt> {
  return receiptOf((await broker.publish([op]))[0]);
}

export const textOf = ({ body }: Message): string => JSON.parse(body).text;

const textsOf = ({ messages }: { messages: readonly Message[] }): string[] => messages.map(textOf);

/** Tests what every broker promises. */
export function testBroker(name: string, make: () => Promise<Tested> | Tested): void {
  const test = (
    behaviour: string,
    run: (broker: Broker, ear: Ear, tested: Tested) => Promise<void>,
  ) =>
    Deno.test(`${name}.${behaviour}`, async () => {
      const tested = await make();
      const ear = new Ear();
      tested.broker.subscribe(ear);
      try {
        await run(tested.broker, ear, tested);
      } finally {
        await tested.dispose();
      }
    });

  test(
    "publish() keeps in the order of ops, and has told all of it when it resolves",
    async (broker, ear) => {
      const receipts = await keep(broker, send("a"), send("b"), send("c", { room: "other" }));
      const positions = receipts.map(({ position }) => position);
      assertEquals(positions, positions.toSorted());
      assertEquals(new Set(positions).size, 3);
      assertEquals(receipts.map(({ id }) => id), positions);
      assertEquals(
        ear.heard.map(({ room, message }) => [room, message.id, message.position, textOf(message)]),
        receipts.map(({ room, id, position }, i) => [room, id, position, "abc".charAt(i)]),
      );
    },
  );

  test("publish() gives calls that are not awaited one order", async (broker, ear) => {
    const calls = Array.from({ length: 300 }, (_, i) => broker.publish([send(`${i}`)]));
    const ids = (await Promise.all(calls)).map(([outcome]) => receiptOf(outcome).id);
    assertEquals(ids, ids.toSorted());
    assertEquals(ear.positions("lobby"), ids);
    assertEquals(ear.heard.map(({ message }) => textOf(message)), ids.map((_, i) => `${i}`));
  });

  test("publish() tells nothing inside the call", async (broker, ear) => {
    const call = broker.publish([send("a")]);
    broker.signal({ kind: "typing", room: "lobby", user: { id: "ada", name: "Ada" } });
    assertEquals([ear.heard.length, ear.signals.length], [0, 0]);
    await call;
    assertEquals(ear.heard.length, 1);
  });

  test(
    "publish() knows a ref again, in the same call, in another and whatever it says",
    async (broker, ear) => {
      const ref = nextRef();
      const [first, second] = await broker.publish([send("a", { ref }), send("b", { ref })]);
      const again = await broker.publish([send("c", { ref, room: "elsewhere" })]);
      assertEquals(first?.as, "kept");
      const known = { ...receiptOf(first), as: "known" };
      assertEquals<unknown[]>([second, ...again], [known, known]);
      assertEquals(await broker.receipt("ada", ref), receiptOf(first));
      assertEquals(ear.heard.length, 1);
    },
  );

  test("publish() takes the same ref of two users for two", async (broker) => {
    const ref = nextRef();
    const outcomes = await broker.publish([send("a", { ref }), send("a", { ref, user: "bob" })]);
    assertEquals(outcomes.map(({ as }) => as), ["kept", "kept"]);
    assertEquals(await broker.receipt("eve", ref), undefined);
  });

  test("publish() puts a message to the end of the log in its new state", async (broker, ear) => {
    const [a, b] = await keep(broker, send("a"), send("b"));
    const changed = await keepOne(broker, put(a, "a2"));
    assertEquals(changed.id, a.id);
    assert(changed.position > b.position);
    const message = { id: a.id, position: changed.position, body: bodyOf("a2") };
    assertEquals(await broker.get("lobby", a.id), message);
    assertEquals(ear.heard.at(-1), { room: "lobby", message });
    assertEquals(textsOf(await broker.after("lobby", ORIGIN, 10)), ["b", "a2"]);
    assertEquals(textsOf(await broker.page("lobby", {}, 10)), ["a2", "b"]);
    assertEquals(textsOf(await broker.open("lobby", 10)), ["b", "a2"]);
  });

  test(
    "publish() refuses a put of another position or of no message, and does the rest",
    async (broker, ear) => {
      const a = await keepOne(broker, send("a"));
      const outcomes = await broker.publish([
        put(a, "a2"),
        put(a, "a3"),
        put({ ...a, id: "01J00000000000000000000000" }, "x"),
        put(a, "y", { room: "other" }),
        send("b"),
      ]);
      assertEquals(outcomes.map(({ as }) => as), [
        "kept",
        "conflict",
        "missing",
        "missing",
        "kept",
      ]);
      assertEquals(ear.heard.map(({ message }) => textOf(message)), ["a", "a2", "b"]);
    },
  );

  test("publish() knows a put again, and a refused op leaves no receipt", async (broker) => {
    const a = await keepOne(broker, send("a"));
    const change = put(a, "a2");
    const kept = await keepOne(broker, change);
    const refused = put(a, "a3");
    const outcomes = await broker.publish([change, refused]);
    assertEquals(outcomes, [{ ...kept, as: "known" }, { as: "conflict" }]);
    assertEquals(await broker.receipt("ada", refused.ref), undefined);
    const redone = await broker.publish([{ ...refused, was: kept.position }]);
    assertEquals(redone.map(({ as }) => as), ["kept"]);
  });

  test("publish() of a put that races with another: one wins, and a retry does", async (broker) => {
    const a = await keepOne(broker, send("0"));
    const add = async () => {
      for (;;) {
        const message = await broker.get("lobby", a.id);
        assert(message !== undefined);
        const [outcome] = await broker.publish([
          put(message, `${Number(message && textOf(message)) + 1}`),
        ]);
        if (outcome?.as === "kept") return;
        assertEquals(outcome?.as, "conflict");
      }
    };
    await Promise.all(Array.from({ length: 10 }, add));
    const message = await broker.get("lobby", a.id);
    assertEquals(message && textOf(message), "10");
  });

  test("publish() sets a document by compare-and-set, and tells it", async (broker, ear) => {
    const [made] = await keep(broker, documentOp("bans", ORIGIN, [1]));
    const outcomes = await broker.publish([
      documentOp("bans", ORIGIN, [2]),
      documentOp("bans", made.position, [3]),
      documentOp("none", made.position, [4]),
    ]);
    assertEquals(outcomes.map(({ as }) => as), ["conflict", "kept", "conflict"]);
    const document = { position: receiptOf(outcomes[1]).position, body: "[3]" };
    assertEquals(await broker.document("bans"), document);
    assertEquals(await broker.document("none"), undefined);
    assertEquals(ear.documents.map(({ key, document }) => [key, document.body]), [
      ["bans", "[1]"],
      ["bans", "[3]"],
    ]);
    assertEquals(ear.heard, []);
  });

  test("open() returns a room's settings", async (broker) => {
    assertEquals((await broker.open("lobby", 10)).settings, undefined);
    const op = documentOp(settingsKey("lobby"), ORIGIN, { topic: "tea" }, "lobby");
    const { position } = await keepOne(broker, op);
    const body = JSON.stringify({ topic: "tea" });
    assertEquals((await broker.open("lobby", 10)).settings, { position, body });
    assertEquals((await broker.open("other", 10)).settings, undefined);
  });

  test("publish() takes no more ops than a call may have", async (broker, ear) => {
    await assertRejects(
      () => broker.publish(Array.from({ length: 201 }, () => send("a"))),
      RangeError,
    );
    const most = await keep(broker, ...Array.from({ length: 200 }, () => send("a")));
    assertEquals(most.length, 200);
    assertEquals(ear.heard.length, 200);
    assertEquals(await broker.publish([]), []);
  });

  test("publish() keeps any text as it is", async (broker) => {
    const texts = [
      "",
      '"',
      "\u0000",
      "\ud83d\ude00 ",
      "'; --",
      "\u2028",
      "[]",
      "1e999",
      "x".repeat(20_000),
    ];
    const receipts = await keep(broker, ...texts.map((text) => send(text)));
    const messages = await Promise.all(receipts.map(({ id }) => broker.get("lobby", id)));
    assertEquals(messages.map((message) => message?.body), texts.map(bodyOf));
  });

  test("open() returns the newest by position, the head and the floor", async (broker) => {
    const empty = await broker.open("lobby", 3);
    assertEquals([empty.messages, empty.more], [[], false]);
    assert(empty.head >= empty.floor);
    assert(broker.vouches(empty.head));
    const receipts = await keep(broker, ..."abcde".split("").map((text) => send(text)));
    const changed = await keepOne(broker, put(receipts[0], "A"));
    const opened = await broker.open("lobby", 3);
    assertEquals(textsOf(opened), ["d", "e", "A"]);
    assertEquals([opened.head, opened.more], [changed.position, true]);
    assertEquals(textsOf(await broker.after("lobby", empty.head, 10)), ["b", "c", "d", "e", "A"]);
    assertEquals((await broker.open("lobby", 5)).more, false);
  });

  test("open() and what is told meanwhile are all of a room", async (broker, ear) => {
    const all = 450;
    await keep(broker, ...Array.from({ length: 150 }, (_, i) => send(`${i}`)));
    const sends = Array.from({ length: 300 }, (_, i) => broker.publish([send(`${150 + i}`)]));
    const from = ear.heard.length;
    const opened = await broker.open("lobby", ROOM_SIZE);
    await Promise.all(sends);
    const told = ear.heard.slice(from).map(({ message }) => message);
    const newer = told.filter(({ position }) => position > opened.head);
    assertEquals(
      [...opened.messages, ...newer].map(textOf),
      Array.from({ length: all }, (_, i) => `${i}`),
    );
  });

  test("after() pages by position, each message once in its current state", async (broker) => {
    const receipts = await keep(broker, ...Array.from({ length: 10 }, (_, i) => send(`${i}`)));
    const [, one, , three] = receipts;
    await keep(broker, put(three, "3b"), put(one, "1b"));
    const texts: string[] = [];
    let position = ORIGIN;
    for (let more = true; more;) {
      const part = await broker.after("lobby", position, 3);
      texts.push(...textsOf(part));
      position = part.messages.at(-1)?.position ?? position;
      more = part.more;
      assert(!more || part.messages.length === 3);
      assertEquals(part.head, (await broker.open("lobby", 1)).head);
    }
    assertEquals(texts, ["0", "2", "4", "5", "6", "7", "8", "9", "3b", "1b"]);
    const rest = await broker.after("lobby", position, 3);
    assertEquals([rest.messages, rest.more], [[], false]);
    assertEquals((await broker.after("nowhere", ORIGIN, 3)).messages, []);
  });

  test("page() goes by id, whatever was changed", async (broker) => {
    const receipts = await keep(broker, ...Array.from({ length: 10 }, (_, i) => send(`${i}`)));
    const [, , two] = receipts;
    await keep(broker, put(two, "2"));
    const id = (index: number) => receipts[index]?.id ?? "";
    const cases = [
      [{}, 4, "6789", true, false],
      [{}, 20, "0123456789", false, false],
      [{ before: id(3) }, 2, "12", true, true],
      [{ before: id(3) }, 9, "012", false, true],
      [{ before: id(0) }, 9, "", false, true],
      [{ after: id(6) }, 2, "78", true, true],
      [{ after: id(6) }, 9, "789", true, false],
      [{ after: id(9) }, 9, "", true, false],
      [{ after: ORIGIN }, 3, "012", false, true],
      [{ around: id(5) }, 4, "3456", true, true],
      [{ around: id(1) }, 4, "0123", false, true],
      [{ around: id(9) }, 4, "6789", true, false],
      [{ around: id(5) }, 1, "5", true, true],
      [{ around: ORIGIN }, 4, "0123", false, true],
      [{ around: "7ZZZZZZZZZZZZZZZZZZZZZZZZZ" }, 4, "6789", true, false],
    ] as const;
    for (const [bound, limit, texts, more, moreAfter] of cases) {
      const page = await broker.page("lobby", bound, limit);
      assertEquals(
        [textsOf(page).join(""), page.more, page.moreAfter],
        [texts, more, moreAfter],
        JSON.stringify([bound, limit]),
      );
    }
    const nowhere = { messages: [], more: false, moreAfter: false };
    assertEquals(await broker.page("nowhere", {}, 5), nowhere);
  });

  test("get() knows a message only in its room", async (broker) => {
    const { id } = await keepOne(broker, send("a"));
    assertEquals((await broker.get("lobby", id))?.id, id);
    assertEquals(await broker.get("other", id), undefined);
    assertEquals(await broker.get("lobby", ORIGIN), undefined);
  });

  test("vouches() for the positions of its past, and for no others", async (broker) => {
    const [a] = await keep(broker, send("a"), send("b"));
    const changed = await keepOne(broker, put(a, "c"));
    for (const position of [a.position, changed.position, (await broker.open("x", 1)).head]) {
      assert(broker.vouches(position), position);
    }
    const otherLife = changed.position.slice(0, 10) + flipped(changed.position.slice(10, 14)) +
      changed.position.slice(14);
    for (const position of [otherLife, ORIGIN, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"]) {
      assert(!broker.vouches(position), position);
    }
    const beyond = changed.position.slice(0, 25) + (changed.position.endsWith("Z") ? "ZZ" : "Z");
    assert(!broker.vouches(beyond));
  });

  test("signal() is told here too, and not kept", async (broker, ear) => {
    const signal: Signal = { kind: "typing", room: "lobby", user: { id: "ada", name: "Ada" } };
    broker.signal(signal);
    await ear.until(() => ear.signals.length === 1);
    assertEquals(ear.signals, [signal]);
    assertEquals((await broker.open("lobby", 5)).messages, []);
  });

  test("status() tells of no problem", async (broker) => {
    await keep(broker, send("a"));
    assertEquals(broker.status().problem, undefined);
  });

  test(
    "close() does what was published before, and later calls are Unavailable",
    async (broker, ear) => {
      const call = broker.publish([send("a")]);
      const closing = broker.close();
      const [outcome] = await call;
      assertEquals(outcome?.as, "kept");
      assertEquals(ear.heard.length, 1);
      await closing;
      const late = [
        () => broker.publish([send("b")]),
        () => broker.receipt("ada", "x"),
        () => broker.get("lobby", ORIGIN),
        () => broker.document("bans"),
        () => broker.open("lobby", 5),
        () => broker.after("lobby", ORIGIN, 5),
        () => broker.page("lobby", {}, 5),
      ];
      for (const call of late) {
        const error = await assertRejects(() => inTime<unknown>(call(), "It hangs"), Unavailable);
        assertEquals(error.kept, "no");
      }
      broker.signal({ kind: "typing", room: "lobby", user: { id: "ada", name: "Ada" } });
      assertEquals(ear.signals, []);
      await broker.close();
    },
  );

  test(
    "publish() says full when an address has no place for receipts",
    async (broker, _ear, tested) => {
      if (tested.receiptBytes === undefined) return;
      const outcomes: Outcome[] = [];
      for (let i = 0; i < 60; i++) {
        const op = send("a", { user: `user ${i}`, address: "192.0.2.1" });
        outcomes.push(...await broker.publish([op]));
      }
      assertEquals(outcomes[0]?.as, "kept");
      assertEquals(outcomes.at(-1), { as: "full" });
      const [other] = await broker.publish([send("a", { address: "192.0.2.2" })]);
      assertEquals(other?.as, "kept");
    },
  );

  test(
    "publish() drops the oldest of a full room, and tells its floor",
    async (broker, ear, tested) => {
      const { roomSize } = tested;
      if (roomSize === undefined) return;
      const receipts: Receipt[] = [];
      while (receipts.length < roomSize + 10) {
        receipts.push(
          ...await keep(broker, ...Array.from({ length: 101 }, () => send("a", { ref: "" }))),
        );
      }
      const dropped = receipts.length - roomSize;
      const part = await broker.after("lobby", ORIGIN, 1);
      assertEquals(part.floor, receipts[dropped - 1]?.position);
      await ear.until(() => ear.drops.at(-1)?.floor === part.floor);
      assertEquals(part.messages.map(({ id }) => id), [receipts[dropped]?.id]);
      assertEquals((await broker.open("lobby", roomSize)).more, false);
      assertEquals(await broker.get("lobby", receipts[0]?.id ?? ""), undefined);
    },
  );
}

/** Four digits of base32, each another one than before. */
function flipped(digits: string): string {
  return digits.replace(/./g, (digit) => digit === "0" ? "1" : "0");
}
