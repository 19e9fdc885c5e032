/**
 * The URL of a Redis or Valkey server, with the credentials for it.
 *
 * @module
 */

/** The form of a {@linkcode RedisUrl}, for messages. */
export const REDIS_URL_FORM =
  "redis:// or rediss://, then [[user]:password@]host[:port][/database], with %40 for @, %2F for /, " +
  "%23 for #, %3F for ? and %25 for % in the user and the password";

const MAX_URL_LENGTH = 4096;
const DEFAULT_PORT = 6379;

/** The place of a Redis, and the login. No form of it as a text shows the user or the password. */
export class RedisUrl {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly database: number;
  // Private, so that no inspection shows them.
  readonly #user: string | undefined;
  readonly #password: string | undefined;

  private constructor({ protocol, hostname, port, username, password }: URL, database: number) {
    this.host = hostname.replace(/^\[|\]$/g, "");
    this.port = port === "" ? DEFAULT_PORT : Number(port);
    this.isTls = protocol === "rediss:";
    this.database = database;
    if (username !== "") this.#user = decodeURIComponent(username);
    if (password !== "") this.#password = decodeURIComponent(password);
  }

  /** Returns the URL, or `undefined` if it is not of the form {@linkcode REDIS_URL_FORM}. */
  static parse(text: string): RedisUrl | undefined {
    // The parser of URLs would drop tabs and line breaks.
    if (text.length > MAX_URL_LENGTH || !/^rediss?:\/\/[!-~]+$/i.test(text)) return undefined;
    if (/[?#]/.test(text)) return undefined;
    const database = /^(?:\/([0-9]{1,5})?)?$/;
    try {
      const url = new URL(text);
      const path = database.exec(url.pathname);
      if (path === null || !/^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/i.test(url.hostname)) {
        return undefined;
      }
      if (url.port === "0" || (url.username !== "" && url.password === "")) return undefined;
      return new RedisUrl(url, Number(path[1] ?? 0));
    } catch {
      // The error names the URL, with the password.
      return undefined;
    }
  }

  /** The user of the access list; left out: the default user. */
  get user(): string | undefined {
    return this.#user;
  }

  get password(): string | undefined {
    return this.#password;
  }

  toString(): string {
    const host = this.host.includes(":") ? `[${this.host}]` : this.host;
    return `redis${this.isTls ? "s" : ""}://${host}:${this.port}/${this.database}`;
  }

  toJSON(): string {
    return this.toString();
  }
}
