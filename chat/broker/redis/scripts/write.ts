/**
 * The script that applies ops.
 *
 * @module
 */

import { MAX_DOCUMENTS_BYTES } from "../../document_shares.ts";
import { CHANGE_BYTES, COMMON, MESSAGE_BYTES, ROOM_BYTES } from "./common.ts";

/** Bytes after which a batch goes on in another entry of the feed. */
const ENTRY_BYTES = 65_536;

/**
 * Applies ops. Arguments: epoch, milliseconds that receipts are kept, number of ops; of each op its
 * kind, whether there is place for its receipts, its own request, the number of others and these; then
 * what is its kind's. Returns the number of its last entry in the feed, and the outcomes.
 */
export const WRITE = COMMON + String.raw`
local epoch, keptMs, count = take(), take(), tonumber(take())
local values = call('HMGET', STATE, 'epoch', 'counter', 'time', 'newest', 'feed', 'fed', 'bytes',
  'shared', 'base')
if values[1] ~= epoch then return redis.error_reply('EPOCH is another one') end
local counter, clock, newest = tonumber(values[2]), tonumber(values[3]), values[4]
local state = { epoch = epoch, feed = tonumber(values[5]), fed = tonumber(values[6]) }
local bytes, shared, base = tonumber(values[7]), tonumber(values[8]), values[9]
clock = math.max(now(), clock)
local stamp = digits(clock, 10) .. epoch
local hasErased = false

local refusal
local hasBegun = false
local function begin()
  if hasBegun then return true end
  local reply = redis.pcall('HSET', STATE, 'time', whole(clock), 'counter', whole(counter + count))
  if type(reply) == 'table' and reply.err then
    refusal = reply
    return false
  end
  hasBegun = true
  return true
end

local high, highDigits
local function nextPosition()
  counter = counter + 1
  local low = counter % 1048576
  local rest = (counter - low) / 1048576
  if rest ~= high then high, highDigits = rest, digits(rest, 8) end
  newest = stamp .. highDigits .. digits(low, 4)
  return newest
end

local events, eventBytes = {}, 0
local function flush()
  if #events == 0 then return end
  tell(state, events, eventBytes)
  events, eventBytes = {}, 0
end
local function add(kind, a, b, body)
  local n = #events
  events[n + 1], events[n + 2], events[n + 3], events[n + 4] = kind, a, b, body
  eventBytes = eventBytes + #a + #b + #body + 20
  if eventBytes > ${ENTRY_BYTES} then flush() end
end

local growth = {}
local function grow(room, by)
  if not growth[room] then
    growth[room] = 0
    if not call('ZSCORE', SIZES, room) then
      growth[room] = ${ROOM_BYTES}
      call('ZADD', OLDEST, whole(clock), room)
      call('ZADD', SIZES, 0, room)
      call('ZREM', IDLE, room)
      if base then call('HSET', FLOORS, room, base) end
    end
  end
  growth[room] = growth[room] + by
end

local function send()
  local room, body = take(), take()
  return function()
    if not begin() then return nil end
    local position = nextPosition()
    call('HSET', T .. ':bodies:' .. room, position, '=' .. body)
    call('ZADD', T .. ':plain:' .. room, 0, position)
    grow(room, #body + ${MESSAGE_BYTES})
    add('m', room, position, body)
    return room, position, position
  end
end

local function revise(isNote)
  local room, id, was = take(), take(), take()
  local body, textEnd
  if not isNote then body, textEnd = take(), tonumber(take()) end
  return function(hasReceipts)
    local value = call('HGET', T .. ':bodies:' .. room, id)
    if not value then return 'm' end
    local isPlain = string.byte(value) == 61
    local old = isPlain and id or string.sub(value, 1, 26)
    if old ~= was then return 'c' end
    if (not isNote or hasReceipts) and not begin() then return nil end
    if isNote then return room, id, old end
    local position = nextPosition()
    local by = #body - #value
    if isPlain then
      call('ZREM', T .. ':plain:' .. room, id)
      call('ZADD', T .. ':movedids:' .. room, 0, id)
      by = by + 1 + ${CHANGE_BYTES}
    else
      call('ZREM', T .. ':moved:' .. room, old .. id)
      by = by + 26
    end
    call('ZADD', T .. ':moved:' .. room, 0, position .. id)
    call('HSET', T .. ':bodies:' .. room, id, position .. body)
    grow(room, by)
    local start = isPlain and 1 or 26
    if string.sub(value, start + 1, start + textEnd) ~= string.sub(body, 1, textEnd) then
      hasErased = true
    end
    add('m', room, id .. position, body)
    return room, id, position
  end
end

local function set()
  local room, docRoom, key, was = take(), take(), take(), take()
  local idle, expires, maker, size, body = take(), take(), take(), tonumber(take()), take()
  return function()
    local docs = T .. ':docs:' .. docRoom
    local value = call('HGET', docs, key)
    local old = value and headerOf(value)
    if (old and old.position or ORIGIN) ~= was then return 'c' end
    if maker ~= '-' and size > (old and old.bytes or 0) then
      local share = tonumber(call('HGET', T .. ':shares', maker) or '0')
      if share >= (${MAX_DOCUMENTS_BYTES} - shared) / 4 then return 'f' end
    end
    if not begin() then return nil end
    if old and old.maker ~= '-' then
      addTo(T .. ':shares', old.maker, -old.bytes)
      shared = shared - old.bytes
    end
    if maker ~= '-' then
      call('HINCRBY', T .. ':shares', maker, size)
      shared = shared + size
    end
    local firm = (idle == '1' and 0 or 1) - (old and not old.isIdle and 1 or 0)
    if firm ~= 0 then addTo(FIRM, docRoom, firm) end
    if idle == '1' and maker ~= '-' then call('HSETNX', MAKERS, docRoom, maker) end
    if expires == '-' then
      call('ZREM', T .. ':expiring', key)
    else
      call('ZADD', T .. ':expiring', expires, key)
    end
    local position = nextPosition()
    local header = table.concat({ position, idle, expires, maker, whole(size) }, ' ')
    call('HSET', docs, key, header .. '\n' .. body)
    noteIdle(docRoom, clock)
    add('d', key, position, body)
    return room, key, position
  end
end

local outcomes = {}
for i = 1, count do
  local kind, hasPlace, own, others = take(), take() == '1', take(), tonumber(take())
  local receipts = {}
  local known = false
  local isOther = false
  if own ~= '' then
    receipts[1] = T .. ':receipt:' .. own
    known = call('GET', receipts[1])
  end
  for _ = 1, others do
    local key = T .. ':receipt:' .. take()
    if call('EXISTS', key) == 1 then isOther = true end
    receipts[#receipts + 1] = key
  end
  local run
  if kind == 's' then
    run = send()
  elseif kind == 'd' then
    run = set()
  else
    run = revise(kind == 'n')
  end
  if known then
    outcomes[i] = { 'w', known }
  elseif isOther then
    outcomes[i] = 'c'
  elseif not hasPlace then
    outcomes[i] = 'f'
  else
    local room, id, position = run(#receipts > 0)
    if refusal then return refusal end
    if id then
      outcomes[i] = { 'k', room, position, id }
      local receipt = room .. '\n' .. position .. '\n' .. id
      for _, key in ipairs(receipts) do call('SET', key, receipt, 'PX', keptMs) end
    else
      outcomes[i] = room
    end
  end
end

if hasBegun then
  for room, by in pairs(growth) do
    if by ~= 0 then
      call('ZINCRBY', SIZES, whole(by), room)
      bytes = bytes + by
    end
  end
  flush()
  call('HSET', STATE, 'newest', newest, 'counter', whole(counter), 'bytes', whole(bytes),
    'shared', whole(shared))
  saveFeed(state)
  if hasErased then call('HSETNX', STATE, 'erased', whole(clock)) end
end
return { state.feed, outcomes }
`;
