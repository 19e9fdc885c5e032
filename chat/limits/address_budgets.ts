/**
 * Budgets of an address, which all its connections spend together.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { isLimited, NO_LIMIT, type Rate, TokenBucket } from "./token_bucket.ts";

/** The settings from which the budgets of an address follow. */
export type AddressConfig = Pick<Config, "connectionsPerAddress" | "messageRate">;

/**
 * The rates below are for each connection that an address may have, and for at least so many: they
 * only keep one address from making the server busy, and a single connection may be opened again.
 */
const MIN_CONNECTIONS = 100;

/**
 * New connections. By default 1,000 at once, then 100 a second. A hundred people behind one address
 * come back within five seconds after a restart, and again and again on an unreliable network; a
 * test suite was seen to open 500 within seconds. Opening and closing took 0.2 ms of a core, so
 * that 100 a second are 2% of it.
 */
const ARRIVALS: Rate = { burst: 10, perSecond: 1 };

/**
 * Bytes of `joined` and `history` events. By default 25 MiB at once, then 25 MiB a second. An
 * answer has up to 256 KiB, usually 40 KB: 100 people who rejoin 20 rooms each are given 80 MB
 * within three seconds. Without a limit ten connections that asked on and on took a whole core; 25
 * MiB a second are 8% of it.
 */
const ANSWERS: Rate = { burst: 2 ** 18, perSecond: 2 ** 18 };

/**
 * Searches. By default 100 at once, then 10 a second: each new connection may be another user, who has a
 * budget. A search was seen to take 1 to 100 ms.
 */
const SEARCHES: Rate = { burst: 1, perSecond: 0.1 };

/**
 * Texts, in bytes of UTF-8. By default 16 MiB at once, then 256 KiB a second: a hundred people who each
 * write 2,000 characters a second. A store takes up to 20 ms to index a text of 4,000 characters, and as
 * long to drop it.
 */
const TEXTS: Rate = { burst: 0.16 * 2 ** 20, perSecond: 0.0025 * 2 ** 20 };

/**
 * Sockets that never opened, since the peer went during the handshake. The runtime may keep each
 * for ever, with a descriptor and 12 KB. By default 100 at once, then one a minute. Of clients that
 * reset their connection at once, up to one in five was seen to leave such a socket.
 */
const ABANDONED: Rate = { burst: 1, perSecond: 1 / 6000 };

/** New rooms. By default 200 at once, then one a second. */
const ROOMS: Rate = { burst: 2, perSecond: 0.01 };

/**
 * Changes of presence: one for a join, and one for each room of a user who is renamed. By default
 * 4,000 at once, then 200 a second: 100 people may come back to 20 rooms each, twice. A change in a
 * room of 200 members took up to 0.05 ms to report to its author. A rename in thousands of rooms
 * spends more than the budget has, and the address has to wait until that is paid.
 */
const PRESENCE: Rate = { burst: 40, perSecond: 2 };

/**
 * Signals that a user is typing. By default 400 at once, then 100 a second: a page sends one every 3 s,
 * and one after each message. Each goes to all instances, through what orders their messages. Without a
 * limit a hundred connections sent 5,000 a second.
 */
const TYPING: Rate = { burst: 4, perSecond: 1 };

/**
 * Requests other than upgrades. By default 10,000 at once, then 500 a second. A visit is about 50,
 * so that a hundred people behind one address who come at once make 5,000. A request was seen to
 * take 23 µs of a core, so that 500 a second are 1% of it.
 */
const REQUESTS: Rate = { burst: 100, perSecond: 5 };

/**
 * Bodies of requests, in bytes. By default 16 MiB at once, then 2 MiB a second: 32 of the largest. Such a
 * body of JSON was seen to take 3 ms to parse, so that they are 10% of a core.
 */
const BODIES: Rate = { burst: 0.16 * 2 ** 20, perSecond: 0.02 * 2 ** 20 };

type Spent =
  | "arrivals"
  | "bodies"
  | "abandoned"
  | "messages"
  | "texts"
  | "answers"
  | "searches"
  | "rooms"
  | "presence"
  | "typing";

/** The budgets of an address, except for requests. */
export type Budgets = Readonly<Record<Spent, TokenBucket>>;

/** Makes the budgets of an address. */
export function createBudgets(config: AddressConfig, now: number): Budgets {
  const { connectionsPerAddress, messageRate } = config;
  const bucketOf = (rate: Rate) => new TokenBucket(scale(rate, config), now);
  // Each new connection may be another user, who has a burst; but only so many stay connected.
  const messages = {
    burst: messageRate.burst * scale(ARRIVALS, config).burst,
    perSecond: messageRate.perSecond * connectionsPerAddress,
  };
  return {
    arrivals: bucketOf(ARRIVALS),
    abandoned: bucketOf(ABANDONED),
    bodies: bucketOf(BODIES),
    messages: new TokenBucket(messages, now),
    texts: bucketOf(isLimited(messages) ? TEXTS : NO_LIMIT),
    answers: bucketOf(ANSWERS),
    searches: bucketOf(isLimited(messages) ? SEARCHES : NO_LIMIT),
    rooms: bucketOf(ROOMS),
    presence: bucketOf(PRESENCE),
    typing: bucketOf(TYPING),
  };
}

/** The rate of an address' requests other than upgrades. */
export function requestRate(config: AddressConfig): Rate {
  return scale(REQUESTS, config);
}

/** A rate for as many connections as an address may have. It limits nothing if these have no limit. */
function scale({ burst, perSecond }: Rate, { connectionsPerAddress }: AddressConfig): Rate {
  if (connectionsPerAddress === Infinity) return NO_LIMIT;
  const connections = Math.max(connectionsPerAddress, MIN_CONNECTIONS);
  return { burst: burst * connections, perSecond: perSecond * connections };
}
