import { assertEquals } from "@std/assert";
import { RedisUrl } from "../../chat/config/redis_url.ts";

const fieldsOf = ({ host, port, isTls, user, password, database }: RedisUrl) =>
  [host, port, isTls, user, password, database] as const;

const NONE = undefined;

const GOOD: readonly [string, ReturnType<typeof fieldsOf>][] = [
  ["redis://redis", ["redis", 6379, false, NONE, NONE, 0]],
  ["redis://my_redis.internal/", ["my_redis.internal", 6379, false, NONE, NONE, 0]],
  ["REDIS://10.0.0.1:1/15", ["10.0.0.1", 1, false, NONE, NONE, 15]],
  ["rediss://user:p%40%23%2F@[::1]:6380/2", ["::1", 6380, true, "user", "p@#/", 2]],
  ["redis://:a%25:b@h", ["h", 6379, false, NONE, "a%:b", 0]],
  ["redis://a%40b:%F0%9F%98%80%0D%0A@h", ["h", 6379, false, "a@b", "😀\r\n", 0]],
];

for (const [text, fields] of GOOD) {
  Deno.test(`RedisUrl.parse() reads ${text}`, () => {
    const url = RedisUrl.parse(text);
    assertEquals(url && fieldsOf(url), fields);
  });
}

const BAD = [
  "",
  "redis",
  "redis:",
  "redis://",
  "redis:///1",
  "http://h",
  "unix:///tmp/redis.sock",
  "redis://:secret@h?ssl=true",
  "redis://:secret@h#1",
  "redis://:sec#ret@h",
  "redis://:sec?ret@h",
  "redis://:sec/ret@h",
  "redis://:secret%@h",
  "redis://:secret%FF@h",
  "redis://secret@h",
  "redis://user:@h",
  "redis://:secret @h",
  "redis://:secret@h\n",
  "redis://:secret@h\t1",
  "redis://:secret@ä",
  "redis://:secret@h%41",
  "redis://:secret@[::1",
  "redis://:secret@::1",
  "redis://:secret@h:0",
  "redis://:secret@h:65536",
  "redis://:secret@h:x",
  "redis://:secret@h/x",
  "redis://:secret@h/-1",
  "redis://:secret@h/1/2",
  "redis://:secret@h/123456",
  "redis://:secret@a,b",
  `redis://:${"x".repeat(5000)}@h`,
];

for (const text of BAD) {
  Deno.test(`RedisUrl.parse() refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
    assertEquals(RedisUrl.parse(text), undefined);
  });
}

Deno.test("RedisUrl shows neither the user nor the password", () => {
  const url = RedisUrl.parse("rediss://someone:secret@[::1]:6380/2");
  assertEquals(`${url}`, "rediss://[::1]:6380/2");
  assertEquals(JSON.stringify({ url }), '{"url":"rediss://[::1]:6380/2"}');
  assertEquals(/someone|secret/.test(Deno.inspect({ url }, { depth: 9 })), false);
});
