/**
 * Parsers for the values of environment variables.
 *
 * @module
 */

import { isPassword, isUserId, MAX_PASSWORD_LENGTH } from "../protocol/parse_settings.ts";
import { checkRoom } from "../text/names.ts";
import { type Host, parseHost } from "./host.ts";
import { REDIS_URL_FORM, RedisUrl } from "./redis_url.ts";

/** The levels of the log, by severity. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

/** How much is logged. */
export type LogLevel = typeof LOG_LEVELS[number];

/** How the text of a variable becomes a value. */
export interface Parser<Value> {
  /** What the text must be, as the end of a sentence. */
  readonly allowed: string;
  /** The least and the greatest number, where the value is a number. */
  readonly range?: string;
  /** `refuse` throws the error for a bad text, and shows the text that it is given. */
  readonly parse: (text: string, refuse: (bad?: string) => never) => Value;
}

/** Any text. */
export const anyText: Parser<string> = { allowed: "a text", parse: (text) => text };

/** A whole number within bounds. */
export function whole(min: number, max: number): Parser<number> {
  const range = `${min} to ${max}`;
  return {
    allowed: `a whole number from ${range}`,
    range,
    parse(text, refuse) {
      const number = Number(text);
      return /^\d+$/.test(text) && number >= min && number <= max ? number : refuse(text);
    },
  };
}

/** A whole number of which 0 means no limit, which gives `Infinity`. */
export function limit(max: number): Parser<number> {
  return convert(whole(0, max), (number) => number || Infinity);
}

/** The value of another parser in another unit or shape. */
export function convert<From, To>(parser: Parser<From>, to: (value: From) => To): Parser<To> {
  return { ...parser, parse: (text, refuse) => to(parser.parse(text, refuse)) };
}

/** `undefined` for an empty text, and the value of another parser for any other. */
export function optional<Value>(parser: Parser<Value>): Parser<Value | undefined> {
  return {
    ...parser,
    parse: (text, refuse) => text === "" ? undefined : parser.parse(text, refuse),
  };
}

/** A comma-separated list of hosts. */
export const hosts: Parser<readonly Host[]> = {
  allowed: "hosts such as chat.example, 192.0.2.1:8000 or [2001:db8::1]",
  parse: (text, refuse) => itemsOf(text).map((item) => parseHost(item) ?? refuse(item)),
};

/** A comma-separated list of origins or `*`. */
export const origins: Parser<readonly string[]> = {
  allowed: "origins such as https://example.com, or *",
  parse: (text, refuse) =>
    itemsOf(text).map((item) => {
      if (item === "*") return item;
      const origin = URL.parse(item)?.origin ?? "null";
      return origin === "null" ? refuse(item) : origin;
    }),
};

/** An origin as `frame-ancestors` of a content security policy has it. */
const FRAME_ORIGIN = /^https?:\/\/(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*(?::\d+)?$/;

/** A comma-separated list of origins, of all subdomains of a domain, or `*`. */
export const frameOrigins: Parser<readonly string[]> = {
  allowed: "origins such as https://example.com or https://*.example.com, or *",
  parse: (text, refuse) =>
    itemsOf(text).map((item) => {
      if (item === "*") return item;
      const { origin, href } = URL.parse(item) ?? { origin: "", href: "" };
      // A path would be dropped without a word.
      return href === `${origin}/` && FRAME_ORIGIN.test(origin) ? origin : refuse(item);
    }),
};

/** The URL of a Redis, or an empty text. What is none may hold a password, and is not shown. */
export const redisUrl: Parser<RedisUrl | undefined> = {
  allowed: REDIS_URL_FORM,
  parse: (text, refuse) => text === "" ? undefined : RedisUrl.parse(text) ?? refuse(),
};

/** The place of a Deno KV: that of the app on Deno Deploy has no path. */
export const kv: Parser<{ readonly path: string | undefined } | undefined> = {
  allowed: "a path, an http:// or https:// URL without a password, `app`, or `none`",
  parse(text, refuse) {
    if (text === "" || text === "none") return undefined;
    if (text === "app") return { path: undefined };
    // It is logged. The token of a URL is DENO_KV_ACCESS_TOKEN.
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text) && !/^https?:\/\/[^@?#\s]+$/i.test(text)) {
      return refuse();
    }
    return { path: text };
  },
};

const MAX_TITLE_LENGTH = 64;

/** A name for people, on one line. */
export const title: Parser<string> = {
  allowed: `1 to ${MAX_TITLE_LENGTH} characters on one line`,
  parse: (text, refuse) => {
    const title = text.trim();
    const isValid = title !== "" && [...title].length <= MAX_TITLE_LENGTH &&
      !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(title);
    return isValid ? title : refuse(text);
  },
};

/** A colour in the form "#rrggbb", or an empty text. */
export const color: Parser<string> = {
  allowed: "a colour such as #0a7d55",
  parse: (text, refuse) => /^(?:#[0-9a-f]{6})?$/i.test(text) ? text.toLowerCase() : refuse(text),
};

const MAX_BASE_PATH_LENGTH = 200;

/** The path below which everything is served, with a slash at both ends. */
export const basePath: Parser<string> = {
  allowed: "a path such as /chat/, of letters, digits, -, _, ~ and, not at the start of a part, .",
  parse: (text, refuse) => {
    const path = text.endsWith("/") ? text : `${text}/`;
    return path.length <= MAX_BASE_PATH_LENGTH && /^\/(?:[\w~-][\w.~-]*\/)*$/.test(path)
      ? path
      : refuse(text);
  },
};

/** A comma-separated list of names of rooms, in lower case. */
export const rooms: Parser<ReadonlySet<string>> = {
  allowed: "names of rooms: 1 to 64 of a-z, 0-9, _ and -, starting with a letter or a digit",
  parse: (text, refuse) =>
    new Set(
      itemsOf(text).map((item) => {
        const room = checkRoom(item);
        return room.ok ? room.value : refuse(item);
      }),
    ),
};

/** A comma-separated list of user ids. */
export const userIds: Parser<ReadonlySet<string>> = {
  allowed: "user ids of 16 characters, a-z and 2-7",
  parse: (text, refuse) =>
    new Set(itemsOf(text).map((item) => isUserId(item) ? item : refuse(item))),
};

/** A bearer token, or an empty text. */
export const token: Parser<string> = {
  allowed: "1 to 256 visible ASCII characters without spaces",
  // A bad text is not shown either: most of it may be the secret.
  parse: (text, refuse) => /^[!-~]{0,256}$/.test(text) ? text : refuse(),
};

/** A password that people type, or an empty text. */
export const password: Parser<string> = {
  allowed: `1 to ${MAX_PASSWORD_LENGTH} characters`,
  parse: (text, refuse) => isPassword(text) ? text : refuse(),
};

/** The secret of HS256: the key has as many bytes as the digest at least. Or an empty text. */
export const tokenSecret: Parser<string> = {
  allowed: "32 to 1024 bytes",
  parse: (text, refuse) => {
    const { length } = new TextEncoder().encode(text);
    return length === 0 || (length >= 32 && length <= 1024) ? text : refuse();
  },
};

/**
 * Headers with a meaning of their own: of HTTP, of WebSockets, of browsers, of proxies and of this
 * server. Clients send some with every request, and others are secrets, but a name is shown to all.
 */
const OTHER_HEADERS = new RegExp(
  "^(?:" + [
    "(?:accept|access-control|content|if|sec)-.*",
    "accept|authorization|cache-control|connection|cookie|date|dnt|expect|forwarded|host",
    "http2-settings|keep-alive|last-event-id|max-forwards|origin|pragma|priority",
    "proxy-(?:authorization|connection)|range|referer|save-data|te|trailer|transfer-encoding",
    "upgrade|upgrade-insecure-requests|user-agent|via",
    "x-(?:real|client)-ip|x-request-id|x-requested-with",
    "x-forwarded(?:-(?:by|for|host|port|prefix|proto|protocol|scheme|server|ssl|uri))?",
    "chat-password|room-password|idempotency-key|x-probe",
  ].join("|") + ")$",
);

/** The name of a header that only names users, in lower case, or an empty text. */
export const userHeader: Parser<string> = {
  allowed: "the name of a header without another meaning, such as X-User: " +
    "up to 64 letters, digits and -",
  parse: (text, refuse) => {
    const name = text.toLowerCase();
    return /^[a-z0-9-]{0,64}$/.test(name) && !OTHER_HEADERS.test(name) ? name : refuse(text);
  },
};

/** One of some words. */
export function oneOf<Word extends string>(words: readonly Word[]): Parser<Word> {
  return {
    allowed: `one of ${words.join(", ")}`,
    parse: (text, refuse) => words.find((word) => word === text) ?? refuse(text),
  };
}

/** The name of a {@linkcode LogLevel}. */
export const logLevel: Parser<LogLevel> = oneOf(LOG_LEVELS);

/** The items of a comma-separated list that are not blank. */
function itemsOf(list: string): string[] {
  return list.split(",").map((item) => item.trim()).filter((item) => item !== "");
}
