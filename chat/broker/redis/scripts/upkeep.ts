/**
 * Scripts that drop, forget and erase, in small steps.
 *
 * @module
 */

import { CHANGE_BYTES, COMMON, MESSAGE_BYTES } from "./common.ts";

/** Messages that one step of retention drops. */
const STEP_MESSAGES = 100;

/** Documents, and idle rooms, that one step forgets. */
const STEP_DOCUMENTS = 50;

/** More than the nodes of a stream hold: entries before it share none with those after it. */
const PADDING_BYTES = 8_192;

/**
 * Drops some messages that are too old, or else of the room that takes most. Arguments: milliseconds and
 * bytes that are kept, 0 for any. Returns 1 if it did something.
 */
export const RETAIN = COMMON + String.raw`
local keptMs, keptBytes = tonumber(take()), tonumber(take())
local values = call('HMGET', STATE, 'epoch', 'feed', 'fed', 'bytes', 'base')
if not values[1] then return 0 end
local bytes = tonumber(values[4])
local time = now()
local room, before
if keptMs > 0 then
  local oldest = call('ZRANGE', OLDEST, 0, 0, 'WITHSCORES')
  if oldest[1] and tonumber(oldest[2]) < time - keptMs then
    room, before = oldest[1], digits(math.floor(time - keptMs), 10)
  end
end
if not room and keptBytes > 0 and bytes > keptBytes then
  room = call('ZREVRANGE', SIZES, 0, 0)[1]
end
if not room then return 0 end
local bodies, plain = T .. ':bodies:' .. room, T .. ':plain:' .. room
local moved, movedIds = T .. ':moved:' .. room, T .. ':movedids:' .. room
local first = call('ZRANGE', plain, 0, ${STEP_MESSAGES})
local second = call('ZRANGE', moved, 0, ${STEP_MESSAGES})
local i, j, dropped = 1, 1, 0
local freed, floor, nextTime = 0, nil, nil
while true do
  local a, b = first[i], second[j]
  if not a and not b then break end
  local isPlain = not b or a and a < b
  local position = isPlain and a or string.sub(b, 1, 26)
  local isKept = before and string.sub(position, 1, 10) >= before or not before and bytes - freed <= keptBytes
  if isKept or dropped == ${STEP_MESSAGES} then
    nextTime = timeOf(position)
    break
  end
  local id = isPlain and a or string.sub(b, 27)
  local value = call('HGET', bodies, id) or '='
  if isPlain then
    call('ZREM', plain, id)
    freed = freed + #value - 1 + ${MESSAGE_BYTES}
    i = i + 1
  else
    call('ZREM', moved, b)
    call('ZREM', movedIds, id)
    freed = freed + #value - 26 + ${MESSAGE_BYTES + CHANGE_BYTES}
    j = j + 1
  end
  call('HDEL', bodies, id)
  floor = position
  dropped = dropped + 1
end
if nextTime then
  call('ZADD', OLDEST, whole(nextTime), room)
  if floor then
    call('ZINCRBY', SIZES, whole(-freed), room)
    call('HSET', FLOORS, room, floor)
  end
else
  -- Without entries for rooms that are empty, names that were used once take no space.
  local last = floor or floorOf(room, values[5])
  freed = tonumber(call('ZSCORE', SIZES, room) or '0')
  call('ZREM', OLDEST, room)
  call('ZREM', SIZES, room)
  call('HDEL', FLOORS, room)
  if last > (values[5] or '') then call('HSET', STATE, 'base', last) end
  noteIdle(room, time)
end
call('HSET', STATE, 'bytes', whole(bytes - freed))
if floor then
  local state = { epoch = values[1], feed = tonumber(values[2]), fed = tonumber(values[3]) }
  tell(state, { 'x', room, floor, '' }, 0)
  saveFeed(state)
end
return 1
`;

/**
 * Forgets some documents that have expired, and those of some rooms that are idle. Arguments: milliseconds
 * after which an idle room is forgotten; names of idle rooms that are to be forgotten in any case.
 * Returns how many documents were forgotten, and the number of idle rooms that are left.
 */
export const FORGET = COMMON + String.raw`
local idleMs = tonumber(take())
local time = now()
local forgotten = 0
local function forget(room, key)
  local docs = T .. ':docs:' .. room
  local value = call('HGET', docs, key)
  if not value then return end
  local old = headerOf(value)
  call('HDEL', docs, key)
  call('ZREM', T .. ':expiring', key)
  if old.maker ~= '-' then
    addTo(T .. ':shares', old.maker, -old.bytes)
    call('HINCRBY', STATE, 'shared', -old.bytes)
  end
  if not old.isIdle then addTo(FIRM, room, -1) end
  if call('EXISTS', docs) == 0 then
    call('HDEL', MAKERS, room)
    call('ZREM', IDLE, room)
  end
  forgotten = forgotten + 1
end
local expired = call('ZRANGEBYSCORE', T .. ':expiring', '-inf', '(' .. whole(time), 'LIMIT', 0,
  ${STEP_DOCUMENTS})
for _, key in ipairs(expired) do
  forget(string.match(key, '^([^:]*):') or '', key)
  call('ZREM', T .. ':expiring', key)
end
local rooms = call('ZRANGEBYSCORE', IDLE, '-inf', '(' .. whole(time - idleMs), 'LIMIT', 0,
  ${STEP_DOCUMENTS})
while argument < #ARGV do
  local room = take()
  if call('ZSCORE', IDLE, room) then rooms[#rooms + 1] = room end
end
for _, room in ipairs(rooms) do
  for _, key in ipairs(call('HKEYS', T .. ':docs:' .. room)) do forget(room, key) end
  call('ZREM', IDLE, room)
end
return { forgotten, call('ZCARD', IDLE) }
`;

/**
 * Removes overwritten text from the feed, step by step: entries that may hold it are shut off by a large
 * one, and go later, when all have read them. Argument: the milliseconds in between. Returns 1 when some
 * have gone, until the files are written anew.
 */
export const ERASE = COMMON + String.raw`
local waitMs = tonumber(take())
local values = call('HMGET', STATE, 'erased', 'shut', 'shutAt', 'unwritten')
local time = now()
local unwritten = values[4] and 1 or 0
if values[2] then
  if time - tonumber(values[3]) < waitMs then return unwritten end
  call('HSET', STATE, 'unwritten', '1')
  call('HDEL', STATE, 'shut', 'shutAt')
  call('XTRIM', FEED, 'MINID', values[2])
  return 1
end
if not values[1] then return unwritten end
call('HDEL', STATE, 'erased')
local state = readFeed()
local id = tell(state, { '-', '', '', string.rep('-', ${PADDING_BYTES}) }, ${PADDING_BYTES})
saveFeed(state)
call('HSET', STATE, 'shut', id, 'shutAt', whole(time))
return unwritten
`;
