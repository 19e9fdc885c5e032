import { assert, assertEquals } from "@std/assert";
import {
  type Bus,
  LocalBus,
  type MessagePublication,
  parsePublication,
  type Publication,
} from "../../chat/broker/bus.ts";

const ADA = { id: "adaadaadaadaadaa", name: "Ada" };
const ID = "01J00000000000000000000001";

/** A publication of a message, to be told from others by its text. */
export function messageOf(text: string, id = ID): MessagePublication {
  return {
    kind: "message",
    room: "lobby",
    message: { id, time: 1_900_000_000_000, user: ADA, text },
    ref: text,
  };
}

/** What every {@linkcode Bus} promises to the instance that it belongs to. */
export function testBus(name: string, open: () => Bus): void {
  /** Runs a test with a bus, and what came over it. */
  function test(behaviour: string, run: (bus: Bus, came: Publication[]) => void): void {
    Deno.test(`${name}.${behaviour}`, () => {
      const bus = open();
      const came: Publication[] = [];
      bus.subscribe((publication) => came.push(publication));
      try {
        run(bus, came);
      } finally {
        bus.close();
      }
    });
  }

  test("publish() hands a message to its own instance before it returns", (bus, came) => {
    bus.publish(messageOf("hi"));
    assertEquals(came, [messageOf("hi")]);
  });

  test("publish() hands over that a user is typing", (bus, came) => {
    bus.publish({ kind: "typing", room: "lobby", user: ADA });
    assertEquals(came, [{ kind: "typing", room: "lobby", user: ADA }]);
  });

  test("publish() hands publications over in their order, each once", (bus, came) => {
    const publications = Array.from({ length: 1000 }, (_, i) => messageOf(`${i}`));
    for (const publication of publications) bus.publish(publication);
    assertEquals(came, publications);
  });

  test("publish() without a subscriber is no error", () => {
    const bus = open();
    bus.publish(messageOf("hi"));
    bus.close();
  });

  test("close() ends what comes", (bus, came) => {
    bus.close();
    bus.publish(messageOf("hi"));
    assertEquals(came, []);
  });

  test("close() may be called again", (bus) => {
    bus.close();
    bus.close();
  });

  test("skewMs is a number of milliseconds", ({ skewMs }) => {
    assert(Number.isInteger(skewMs) && skewMs >= 0);
  });
}

// The tests of another bus import this file for the contract alone.
if (Deno.mainModule === import.meta.url) {
  testBus("LocalBus", () => new LocalBus());

  Deno.test("LocalBus.skewMs is 0, since there is no other instance", () => {
    assertEquals(new LocalBus().skewMs, 0);
  });

  const typing = { kind: "typing", room: "lobby", user: ADA } as const;
  const message = messageOf("hi");

  Deno.test("parsePublication() gives a message without what does not belong there", () => {
    const user = { ...ADA, key: "secret" };
    const value = { ...message, message: { ...message.message, user, x: 1 }, x: 1 };
    assertEquals(parsePublication(value), message);
  });

  Deno.test("parsePublication() gives that a user is typing, and no more", () => {
    assertEquals(parsePublication({ ...typing, ref: "r" }), typing);
  });

  for (const value of [message.message, ...junk()]) {
    Deno.test(`parsePublication() refuses ${JSON.stringify(value)?.slice(0, 120)}`, () => {
      assertEquals(parsePublication(value), undefined);
    });
  }
}

/** What looks more or less like a publication, and is none. */
export function junk(): unknown[] {
  const message = messageOf("junk");
  const withMessage = (fields: object) => ({
    ...message,
    message: { ...message.message, ...fields },
  });
  return [
    undefined,
    null,
    0,
    "message",
    [],
    {},
    { ...message, kind: "other" },
    { ...message, room: 1 },
    { ...message, ref: undefined },
    { ...message, ref: 1 },
    { ...message, message: null },
    withMessage({ id: 1 }),
    withMessage({ id: "01j00000000000000000000001" }),
    withMessage({ id: "01J0000000000000000000001" }),
    withMessage({ id: "01J0000000000000000000000U" }),
    // Beyond the last millisecond that an id can have.
    withMessage({ id: "8".padEnd(26, "0") }),
    withMessage({ id: "Z".repeat(26) }),
    withMessage({ time: "1" }),
    withMessage({ time: NaN }),
    withMessage({ time: 1.5 }),
    withMessage({ text: 1 }),
    withMessage({ user: "Ada" }),
    withMessage({ user: { id: "adaadaadaadaadaa" } }),
    { kind: "typing", room: "lobby" },
    { kind: "typing", room: "lobby", user: { name: "Ada" } },
  ];
}
