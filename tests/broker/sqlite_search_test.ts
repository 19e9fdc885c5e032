import { assert, assertEquals, assertRejects } from "@std/assert";
import { clearImmediate, setImmediate } from "node:timers";
import { fold, hashOf, indexedText, phrasesOf } from "../../chat/broker/sqlite/search_text.ts";
import { type Broker, type Receipt, Unavailable } from "../../chat/broker/broker.ts";
import { keep, keepOne, put, send, textOf } from "./ops.ts";
import { testSqlite } from "./sqlite_folder.ts";

const MARK = "\uE000";

/** Tokens with their words as the index has them. */
const hashed = (tokens: string): string =>
  tokens.replace(/(?<!\S)[a-z][a-z0-9]*(?!\S)/g, (word) => hashOf(word));

Deno.test("hashOf() differs for all short words", () => {
  const digits = [..."abcdefghijklmnopqrstuvwxyz0123456789"];
  const words = digits.flatMap((a) => digits.flatMap((b) => digits.map((c) => a + b + c)));
  assertEquals(new Set(words.map(hashOf)).size, words.length);
  assert(words.every((word) => /^[0-9a-z]{4,11}$/.test(hashOf(word))));
});

Deno.test("fold() makes texts alike that differ by case and accents", () => {
  const cases = [
    ["ТЕСТ", "тест"],
    ["ΒΟΡΡΆΣ", "βορρασ"],
    ["βορράς", "βορρασ"],
    ["Straße", "strasse"],
    ["STRASSE", "strasse"],
    ["İstanbul ISPARTA ısı", "istanbul isparta isi"],
    ["Crème Brûlée", "creme brulee"],
    ["ﬁn１２", "fin12"],
    ["co\u00ADop e\u0301", "coop e"],
    ["Ёлка", "елка"],
    ["שָׁלוֹם", "שלום"],
    ["مُحَمَّد", "محمد"],
    ["がぎ", "がぎ"],
    ["한국어", "한국어"],
    ["हिन्दी", "हिन्दी"],
  ] as const;
  for (const [text, folded] of cases) assertEquals(fold(text), folded.normalize("NFC"), text);
});

Deno.test("indexedText() has words, characters of spaceless scripts, and punctuation by code point", () => {
  const cases = [
    ["Hello, world", `hello ${MARK}2c world`],
    ["我家 在，上", `我 家 ${MARK}20 在 ${MARK}2c 上`],
    ["GPT模型v2", "gpt 模 型 v2"],
    ["a - b", `a ${MARK}2d b`],
    ["* *", `${MARK}2a ${MARK}20 ${MARK}2a`],
    ["👍🏽", `${MARK}1f44d ${MARK}1f3fd`],
    ["\uE000x", `${MARK}e000 x`],
    [" \n\t", ""],
    ["", ""],
  ] as const;
  for (const [text, tokens] of cases) assertEquals(indexedText(text), hashed(tokens), text);
});

Deno.test("phrasesOf() takes everything that people type as plain text", () => {
  const cases = [
    ["a-b", ["a", "b"]],
    ["foo:bar", ["foo", "bar"]],
    ["AND OR NOT NEAR", ["near", "and", "not", "or"]],
    ['"', [`${MARK}22`]],
    ["*", [`${MARK}2a`]],
    ["(", [`${MARK}28`]],
    ["@nasa", ["nasa"]],
    ["C++", ["c"]],
    ["example.com", ["example", "com"]],
    ["a hundred thousand 上海", ["thousand", "hundred", "上 海", "a"]],
    ["\u0000", []],
    ["a\u0000b", ["a", "b"]],
    ["上海 东边", ["上 海", "东 边"]],
    ["go go", ["go"]],
    ["?!", [`${MARK}3f ${MARK}21`]],
    ["  ", []],
  ] as const;
  for (const [text, phrases] of cases) {
    assertEquals(phrasesOf(text), phrases.map(hashed), text);
  }
});

/** What is said, by name, for a table of what finds it. */
const SAID = {
  greeting: "Hello, World",
  chinese: "我家在上海东边",
  spaced: "上 海",
  japanese: "東京タワーが見える",
  korean: "학교에 갑니다",
  thai: "ฉันชอบข้าวผัด",
  cyrillic: "ТЕСТ",
  greek: "ΒΟΡΡΆΣ",
  french: "Une crème brûlée",
  hyphen: "see a-b",
  colon: "foo:bar baz",
  column: "room words",
  handle: "ask @nasa",
  cpp: "I write C++",
  site: "go to example.com now",
  stars: "what **is** it",
  quote: 'say "cheese"',
  question: "really ?!",
  emoji: "fine 👍🏽",
  code: "x = (a) => b;",
  keyword: "this AND that",
} as const;

const FINDS: readonly (readonly [search: string, ...found: (keyof typeof SAID)[]])[] = [
  ["hello", "greeting"],
  ["WORLD hello", "greeting"],
  ["hell"],
  ["hello cheese"],
  ["上海", "chinese"],
  ["海", "chinese", "spaced"],
  ["海东", "chinese"],
  ["海上"],
  ["上海 我家", "chinese"],
  ["タワー", "japanese"],
  ["京タ", "japanese"],
  ["が", "japanese"],
  ["か"],
  ["학교", "korean"],
  ["ข้าว", "thai"],
  ["тест", "cyrillic"],
  ["βορρας", "greek"],
  ["βορράς", "greek"],
  ["CREME BRULEE", "french"],
  ["a-b", "hyphen", "code"],
  ["b a", "hyphen", "code"],
  ["foo:bar", "colon"],
  ["bar foo", "colon"],
  ["room:words", "column"],
  ["nasa", "handle"],
  ["@nasa", "handle"],
  ["C++", "cpp"],
  ["example.com", "site"],
  ["**", "stars"],
  ["*", "stars"],
  ["***"],
  ['"', "quote"],
  ['"cheese', "quote"],
  ["?!", "question"],
  ["!?"],
  ["👍", "emoji"],
  ["👍🏽", "emoji"],
  ["(", "code"],
  ["=>", "code"],
  ["= (", "code"],
  ["AND", "keyword"],
  ["this NOT that"],
  ["NEAR(this that)"],
  ["\u0000"],
  ["a\u0000b", "hyphen", "code"],
  ["-", "hyphen"],
  ["^"],
  ["'; DROP TABLE messages; --"],
  ["x".repeat(200)],
  ["的".repeat(200)],
  [Array.from({ length: 100 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join(" ")],
  [Array.from({ length: 66 }, (_, i) => `w${i}`).join(" ").slice(0, 200)],
];

testSqlite("search() finds what has every word, and never fails", async ({ open }) => {
  const { broker, settle } = open();
  const receipts = await keep(broker, ...Object.values(SAID).map((text) => send(text)));
  settle();
  const names = new Map(Object.keys(SAID).map((name, i) => [receipts[i]?.id ?? "", name]));
  for (const [text, ...expected] of FINDS) {
    const { found, more } = await broker.search(["lobby"], text, undefined, 50);
    const hits = found.map(({ message }) => names.get(message.id)).toReversed();
    assertEquals(hits, expected, JSON.stringify(text));
    assertEquals(more, false);
  }
});

testSqlite(
  "search() pages from the newest, in the rooms that are named alone",
  async ({ open }) => {
    const { broker, settle } = open();
    const receipts: Receipt[] = [];
    for (let i = 0; i < 30; i++) {
      const room = ["a", "b", "c"][i % 3] ?? "";
      receipts.push(await keepOne(broker, send(`word ${i}`, { room })));
    }
    settle();
    const expected = receipts.filter(({ room }) => room !== "b").map(({ room, id }) => [room, id])
      .toReversed();
    const hits: string[][] = [];
    for (let more = true; more;) {
      const page = await broker.search(["a", "c", "unknown"], "word", hits.at(-1)?.[1], 7);
      hits.push(...page.found.map(({ room, message }) => [room, message.id]));
      more = page.more;
    }
    assertEquals(hits, expected);
    assertEquals(await broker.search([], "word", undefined, 7), { found: [], more: false });
    assertEquals(await broker.search(["unknown"], "word", undefined, 7), {
      found: [],
      more: false,
    });
  },
);

testSqlite(
  "search() finds what has many words, among many that have most of them",
  async ({ open }) => {
    const { broker, settle } = open();
    const all = "a few of the longest words everybody uses together";
    const sends = Array.from(
      { length: 199 },
      (_, i) => send(i % 40 === 7 ? `${all} ${i}` : all.slice(3)),
    );
    const receipts: Receipt[] = await keep(broker, ...sends);
    settle();
    const expected = receipts.filter((_, i) => i % 40 === 7).map(({ id }) => id).toReversed();
    const { found, more } = await broker.search(["lobby"], all, undefined, 10);
    assertEquals([found.map(({ message }) => message.id), more], [expected, false]);
    const first = await broker.search(["lobby"], all, undefined, 3);
    assertEquals([first.found.length, first.more], [3, true]);
  },
);

/** Five words, of which the index is asked for the four longest. */
const FIVE_WORDS = "a hundred thousand million billion";
const FOUR_WORDS = "hundred thousand million billion";

/** Keeps one message with all of some words, and then very many that lack one. */
async function buryOne(broker: Broker): Promise<Receipt> {
  const wanted = await keepOne(broker, send(FIVE_WORDS));
  for (let i = 0; i < 28; i++) {
    await keep(broker, ...Array.from({ length: 200 }, () => send(FOUR_WORDS, { ref: "" })));
  }
  return wanted;
}

testSqlite(
  "search() goes on until it has found something, however many have only most words",
  async ({ open }) => {
    const { broker, settle } = open();
    const { id } = await buryOne(broker);
    settle();
    const { found, more } = await broker.search(["lobby"], FIVE_WORDS, undefined, 5);
    assertEquals([found.map(({ message }) => message.id), more], [[id], false]);
  },
);

testSqlite(
  "search() that takes long ends with what it has found, and is Unavailable with nothing",
  async ({ open }) => {
    let time = 0;
    const { broker, settle } = open({ elapsed: () => time += 150 });
    await buryOne(broker);
    const newest = await keepOne(broker, send(FIVE_WORDS));
    settle();
    const { found, more } = await broker.search(["lobby"], FIVE_WORDS, undefined, 5);
    assertEquals([found.map(({ message }) => message.id), more], [[newest.id], true]);
    const error = await assertRejects(
      () => broker.search(["lobby"], FIVE_WORDS, newest.id, 5),
      Unavailable,
    );
    assertEquals(error.kept, "no");
  },
);

testSqlite("search() of many at once does one step a turn", async ({ open }) => {
  const { broker, settle } = open();
  await keep(broker, ...Array.from({ length: 200 }, () => send(FOUR_WORDS, { ref: "" })));
  settle();
  let turns = 0;
  const count = () => {
    turns++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const searches = Array.from(
    { length: 20 },
    () => broker.search(["lobby"], FIVE_WORDS, undefined, 5),
  );
  for (const { found, more } of await Promise.all(searches)) {
    assertEquals([found, more], [[], false]);
  }
  clearImmediate(next);
  // Four steps each after the first.
  assert(turns >= 60, `Only ${turns} turns`);
});

testSqlite("search() finds the text that a message has now", async ({ open }) => {
  const { broker, settle } = open();
  const [a, b, c] = await keep(broker, send("old words"), send("old words"), send("old words"));
  settle();
  const changed = await keepOne(broker, put(a, "new words"));
  const find = async (text: string) =>
    (await broker.search(["lobby"], text, undefined, 9)).found.map(({ message }) => message.id);
  assertEquals(await find("old"), [c.id, b.id]);
  settle();
  assertEquals([await find("old"), await find("new")], [[c.id, b.id], [a.id]]);
  assertEquals(await find("words"), [c.id, b.id, a.id]);
  // Twice before it is indexed once, and to nothing.
  const again = await keepOne(broker, put(changed, "newer"));
  await keep(broker, put(again, "newest"), put(b, ""));
  settle();
  const all = await Promise.all(["new", "newer", "newest", "old"].map(find));
  assertEquals(all, [[], [], [a.id], [c.id]]);
  const { found } = await broker.search(["lobby"], "newest", undefined, 9);
  assertEquals(found.map(({ message }) => textOf(message)), ["newest"]);
});

testSqlite("search() finds soon what was said after many long messages", async ({ open }) => {
  const { broker } = open();
  const words = (i: number) => Array.from({ length: 570 }, (_, j) => `w${i * 570 + j}`).join(" ");
  for (let i = 0; i < 150; i++) await keepOne(broker, send(words(i)));
  await keepOne(broker, send("last"));
  const started = performance.now();
  for (;;) {
    const { found } = await broker.search(["lobby"], "last", undefined, 1);
    if (found.length === 1) break;
    assert(performance.now() - started < 12_000, "It is not found");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

testSqlite("search() gives nobody what was deleted while it searched", async ({ open }) => {
  const { broker, settle } = open();
  const texts = [FIVE_WORDS, ...Array.from({ length: 120 }, () => FOUR_WORDS), FIVE_WORDS];
  const receipts = [];
  for (const text of texts) receipts.push(await keepOne(broker, send(text, { ref: "" })));
  settle();
  const search = broker.search(["lobby"], FIVE_WORDS, undefined, 9);
  await new Promise<void>((resolve) => setImmediate(resolve));
  await keepOne(broker, put(receipts.at(-1), "", { ref: "" }));
  const { found } = await search;
  assertEquals(found.map(({ message }) => [message.id, textOf(message)]), [
    [receipts[0]?.id, FIVE_WORDS],
  ]);
});

testSqlite(
  "search() finds in 2 s what was acknowledged, and goes on after a restart",
  async ({ open, reopen }) => {
    const { broker } = open();
    await keep(broker, send("one word"));
    const started = performance.now();
    for (;;) {
      const { found } = await broker.search(["lobby"], "word", undefined, 5);
      if (found.length === 1) break;
      assert(performance.now() - started < 10_000, "It is not found");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await keep(broker, send("another word"));
    const again = await reopen();
    await keep(again.broker, send("a third word"));
    again.settle();
    const { found } = await again.broker.search(["lobby"], "word", undefined, 5);
    assertEquals(found.map(({ message }) => textOf(message)), [
      "a third word",
      "another word",
      "one word",
    ]);
  },
);

Deno.test("fold() does not make a text many times longer", () => {
  assertEquals(fold("\uFDFA"), fold("صلى الله عليه وسلم"));
  assert(fold("\uFDFA".repeat(4_000)).length <= 10_000);
});

testSqlite("search() lets others go on while it looks at long texts", async ({ open }) => {
  const { broker, settle } = open();
  const long = "了" + "的".repeat(3_999);
  for (let i = 0; i < 50; i++) await keepOne(broker, send(long));
  settle();
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  const { found } = await broker.search(["lobby"], "的".repeat(199) + "了", undefined, 20);
  isDone = true;
  assertEquals(found, []);
  assert(turns > 5, `${turns} turns`);
});
