/**
 * The common part of all scripts, which run inside Redis, in Lua 5.1. Each of them is atomic.
 *
 * A script that fails half-way is not rolled back. So each one begins with a write that Redis refuses
 * when it refuses any (out of memory, a read-only replica): after the first write none is refused.
 *
 * Keys, below the prefix that is `KEYS[1]`:
 *
 * | key | type | content |
 * |---|---|---|
 * | `:state` | hash | `epoch`, `run`, `time` and `counter` of positions, `newest` position, `start` of the life, `feed` and `fed` (entries and bytes), `bytes` of messages, `shared` bytes of documents, `base` floor of rooms without messages, `cut`: what was told before may be lost; `erased`, `shut`, `shutAt`, `unwritten`: see `ERASE` |
 * | `:epochs` | hash | epoch → last position, of lives that have ended |
 * | `:bodies:ROOM` | hash | id → `=` and body, or, of a message that was changed, position and body |
 * | `:plain:ROOM` | sorted set | ids of messages that were never changed |
 * | `:moved:ROOM`, `:movedids:ROOM` | sorted sets | positions with ids, and ids, of those that were |
 * | `:sizes`, `:oldest` | sorted sets | rooms by bytes, and by the time before which they have no message |
 * | `:floors` | hash | room → floor |
 * | `:docs:ROOM` | hash | key → position, idle, expires, maker, bytes, a line break, body |
 * | `:shares`, `:firm`, `:makers` | hashes | maker → bytes; room → documents that are not idle; room → maker |
 * | `:idle`, `:expiring` | sorted sets | rooms by when they became idle; documents by when they expire |
 * | `:receipt:REQUEST` | string | room, position, id; expires |
 * | `:feed`, `:marks` | stream, list | see `tell`; ids of entries some bytes apart |
 * | `:signals`, `:typing` | streams | signals of instances, and of users who are typing |
 * | `:nodes`, `:names:NODE` | set, hash | instances; names that one has claimed |
 * | `:keeper` | string | the instance that does the upkeep |
 *
 * @module
 */

import { ALPHABET } from "../../../protocol/ulid.ts";

/** Bytes of a message in Redis besides its body: a hash entry, a sorted set's entry. */
export const MESSAGE_BYTES = 230;

/** Bytes that a change adds: an entry of another sorted set. */
export const CHANGE_BYTES = 170;

/** Bytes of a room with messages besides these: two keys, and entries in three others. */
export const ROOM_BYTES = 700;

/**
 * Bytes between two marks of the feed, and marks that are kept. So the feed takes 16 MiB: 1,000 of the
 * longest messages, or a minute and a half of 500 usual ones a second. An instance that was away for longer
 * reads its rooms again.
 */
const MARK_BYTES = 524_288;
const MARKS = 32;

/** The start of all scripts. */
export const COMMON = String.raw`
local T = KEYS[1]
local STATE, FEED, SIZES, OLDEST = T .. ':state', T .. ':feed', T .. ':sizes', T .. ':oldest'
local FLOORS, IDLE, FIRM, MAKERS = T .. ':floors', T .. ':idle', T .. ':firm', T .. ':makers'
local ORIGIN = string.rep('0', 26)
local DIGITS = '${ALPHABET}'
local call = redis.call

local argument = 0
local function take()
  argument = argument + 1
  return ARGV[argument]
end

local DIGIT = { ${[...ALPHABET].map((digit) => `'${digit}'`).join(", ")} }
local function digits(number, length)
  local text = ''
  for _ = 1, length do
    local digit = number % 32
    text = DIGIT[digit + 1] .. text
    number = (number - digit) / 32
  end
  return text
end

local function whole(number)
  return string.format('%.0f', number)
end

local function now()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function timeOf(position)
  local time = 0
  for i = 1, 10 do
    time = time * 32 + string.find(DIGITS, string.sub(position, i, i), 1, true) - 1
  end
  return time
end

local function floorOf(room, base)
  return call('HGET', FLOORS, room) or call('ZSCORE', SIZES, room) and ORIGIN or base or ORIGIN
end

-- Appends an entry to the feed. Its first field is the epoch, with the number of the entry there;
-- then each event is a kind, two values for it, and its body.
local function tell(state, events, bytes)
  state.feed = state.feed + 1
  local id = call('XADD', FEED, '*', state.epoch, whole(state.feed), unpack(events))
  local fed = state.fed + bytes + 150
  if math.floor(fed / ${MARK_BYTES}) > math.floor(state.fed / ${MARK_BYTES}) then
    local marks = T .. ':marks'
    if call('RPUSH', marks, id) > ${MARKS} then
      call('XTRIM', FEED, 'MINID', call('LPOP', marks))
    end
  end
  state.fed = fed
  return id
end

-- A sum of nothing takes no place.
local function addTo(sums, field, number)
  if call('HINCRBY', sums, field, number) <= 0 then call('HDEL', sums, field) end
end

local function readFeed()
  local values = call('HMGET', STATE, 'epoch', 'feed', 'fed')
  return { epoch = values[1], feed = tonumber(values[2]), fed = tonumber(values[3]) }
end

local function saveFeed(state)
  call('HSET', STATE, 'feed', whole(state.feed), 'fed', whole(state.fed))
end

-- A room without messages of which nothing is set may be forgotten.
local function noteIdle(room, time)
  local maker = call('HGET', MAKERS, room)
  local isFirm = (tonumber(call('HGET', FIRM, room) or '0')) > 0
  if maker and not isFirm and not call('ZSCORE', SIZES, room) then
    call('ZADD', IDLE, whole(time), room)
  else
    call('ZREM', IDLE, room)
  end
end

local function headerOf(value)
  local position, idle, expires, maker, bytes =
    string.match(value, '^(%S+) (%S+) (%S+) (%S+) (%S+)\n')
  return { position = position, isIdle = idle == '1', maker = maker, bytes = tonumber(bytes) }
end
`;
