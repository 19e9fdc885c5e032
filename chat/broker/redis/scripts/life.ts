/**
 * Scripts for the lives of the store, of instances, and of their claims.
 *
 * @module
 */

import { MAX_EPOCHS } from "../../positions.ts";
import { COMMON } from "./common.ts";

/**
 * Joins the life of the store. Begins another one if the server was started since, or is another one, or
 * has lost something of this life that an instance has. If that was of an earlier life, what was kept
 * before this one counts as lost. Arguments: the server's run id; the instance's newest position, or an
 * empty text, and the time of it; some random epochs. Returns epoch, newest position, number of the last
 * entry in the feed and of the first one that is there, ids of the last one and of the last signals of
 * either kind, and all epochs.
 */
export const JOIN = COMMON + String.raw`
local run, seen, seenTime = take(), take(), tonumber(take())
local EPOCHS = T .. ':epochs'
local values = call('HMGET', STATE, 'epoch', 'run', 'newest', 'time', 'feed', 'fed', 'cut', 'start')
local epoch, newest, cut, start = values[1], values[3], values[7], values[8]
local isLost = false
if seen ~= '' then
  local seenEpoch = string.sub(seen, 11, 14)
  local last = seenEpoch == epoch and newest or call('HGET', EPOCHS, seenEpoch)
  -- What is not above the cut is known to be lost.
  isLost = (not last or seen > last) and not (cut and seen <= cut)
end
local isNew = not epoch or values[2] ~= run
if isLost and not isNew and start and start > seen then
  -- Others may have been told of messages of this life: none of them is lost.
  local reply = redis.pcall('HSET', STATE, 'cut', start)
  if type(reply) == 'table' and reply.err then return reply end
elseif isNew or isLost then
  local time = math.max(now(), (tonumber(values[4] or '-1')) + 1, seenTime + 1)
  local drawn = take()
  while drawn == epoch or call('HEXISTS', EPOCHS, drawn) == 1 do drawn = take() end
  start = digits(time, 10) .. drawn .. string.rep('0', 12)
  local state = { epoch = drawn, feed = 0, fed = tonumber(values[6] or '0') }
  local reply = redis.pcall('HSET', STATE, 'epoch', drawn, 'run', run, 'newest', start,
    'start', start, 'time', whole(time), 'counter', '0')
  if type(reply) == 'table' and reply.err then return reply end
  if not epoch then call('HSET', STATE, 'bytes', '0', 'shared', '0') end
  if epoch then
    call('HSET', EPOCHS, epoch, newest)
    -- A transaction that was written in part when Redis ended stays in its file, as far as it goes. It
    -- would be carried out at the next start: seen with 7.0.
    call('HSET', STATE, 'unwritten', '1')
  end
  if isLost then call('HSET', STATE, 'cut', start) end
  if call('HLEN', EPOCHS) > ${MAX_EPOCHS} then
    local all = call('HGETALL', EPOCHS)
    local oldest = 2
    for i = 4, #all, 2 do if all[i] < all[oldest] then oldest = i end end
    call('HDEL', EPOCHS, all[oldest - 1])
  end
  tell(state, { 'e', start, '', '' }, 0)
  saveFeed(state)
  epoch, newest, values[5] = drawn, start, whole(state.feed)
end
local last = call('XREVRANGE', FEED, '+', '-', 'COUNT', 1)[1]
local first = call('XRANGE', FEED, '-', '+', 'COUNT', 1)[1]
local number = tonumber(values[5])
local firstNumber = number + 1
if first then firstNumber = first[2][1] == epoch and tonumber(first[2][2]) or 1 end
local lastSignal = call('XREVRANGE', T .. ':signals', '+', '-', 'COUNT', 1)[1]
local lastTyping = call('XREVRANGE', T .. ':typing', '+', '-', 'COUNT', 1)[1]
local epochs = call('HGETALL', EPOCHS)
return { epoch, newest, number, firstNumber, last and last[1] or '0-0',
  lastSignal and lastSignal[1] or '0-0', lastTyping and lastTyping[1] or '0-0', epochs }
`;

/**
 * Tells that an instance lives. Arguments: its id, milliseconds that its claims hold, milliseconds for which
 * it does the upkeep, whether its claims are to be given up. Returns epoch, number of the last entry in
 * the feed, whether its claims are still there, whether the upkeep is its own.
 */
export const BEAT = COMMON + String.raw`
local node, claimMs, keeperMs, isReset = take(), take(), take(), take() == '1'
local names, keeper = T .. ':names:' .. node, T .. ':keeper'
if isReset then call('DEL', names) end
local wasAlive = call('PEXPIRE', names, claimMs)
if wasAlive == 0 then
  call('HSET', names, '', '')
  call('PEXPIRE', names, claimMs)
end
call('SADD', T .. ':nodes', node)
local held = call('GET', keeper)
if not held or held == node then
  call('SET', keeper, node, 'PX', keeperMs)
  held = node
end
local values = call('HMGET', STATE, 'epoch', 'feed')
return { values[1] or '', tonumber(values[2] or '0'), wasAlive, held == node and 1 or 0 }
`;

/** Ends an instance. Argument: its id. */
export const LEAVE = COMMON + String.raw`
local node = take()
if call('GET', T .. ':keeper') == node then call('DEL', T .. ':keeper') end
call('SREM', T .. ':nodes', node)
return call('DEL', T .. ':names:' .. node)
`;

/**
 * Claims names in rooms, or releases them, one after the other. Arguments: instance, milliseconds that its
 * claims hold; of each claim `claim` or `release`, user, number of rooms, these, number of skeletons, these.
 * Returns of each 1 if it is done, 0 if another user has a skeleton; or -1 if the claims of the instance are
 * gone, and nothing was done.
 */
export const CLAIM = COMMON + String.raw`
local node, claimMs = take(), take()
local own = T .. ':names:' .. node
-- Also where Redis is full: this is no write that it refuses, and the next ones follow it.
if call('PEXPIRE', own, claimMs) == 0 then return -1 end
local others = {}
for _, each in ipairs(call('SMEMBERS', T .. ':nodes')) do
  local names = T .. ':names:' .. each
  if call('EXISTS', names) == 0 then
    call('SREM', T .. ':nodes', each)
  else
    others[#others + 1] = names
  end
end
local function takeList()
  local list = {}
  for i = 1, tonumber(take()) do list[i] = take() end
  return list
end
-- Many fields by one command: a user may be in thousands of rooms.
local function inChunks(list, run)
  for i = 1, #list, 1000 do
    if run({ unpack(list, i, math.min(i + 999, #list)) }) then return true end
  end
  return false
end
local function isTaken(user, rooms, skeletons)
  local fields = {}
  for _, room in ipairs(rooms) do
    for _, skeleton in ipairs(skeletons) do fields[#fields + 1] = 'n' .. room .. ' ' .. skeleton end
  end
  for _, names in ipairs(others) do
    local isIn = inChunks(fields, function(chunk)
      for _, holder in ipairs(call('HMGET', names, unpack(chunk))) do
        if holder and holder ~= user then return true end
      end
    end)
    if isIn then return true end
  end
  return false
end
local function release(user, rooms)
  local fields = {}
  for _, room in ipairs(rooms) do
    local field = 'u' .. room .. ' ' .. user
    local held = call('HGET', own, field)
    if held then
      for skeleton in string.gmatch(held, '[^\n]+') do
        fields[#fields + 1] = 'n' .. room .. ' ' .. skeleton
      end
      fields[#fields + 1] = field
    end
  end
  inChunks(fields, function(chunk) call('HDEL', own, unpack(chunk)) end)
end
local replies = {}
while argument < #ARGV do
  local action, user = take(), take()
  local rooms, skeletons = takeList(), takeList()
  local isClaim = action == 'claim'
  if isClaim and isTaken(user, rooms, skeletons) then
    replies[#replies + 1] = 0
  else
    release(user, rooms)
    if isClaim then
      local values = {}
      for _, room in ipairs(rooms) do
        for _, skeleton in ipairs(skeletons) do
          values[#values + 1], values[#values + 2] = 'n' .. room .. ' ' .. skeleton, user
        end
        values[#values + 1] = 'u' .. room .. ' ' .. user
        values[#values + 1] = table.concat(skeletons, '\n')
      end
      inChunks(values, function(chunk) call('HSET', own, unpack(chunk)) end)
    end
    replies[#replies + 1] = 1
  end
end
return replies
`;

/**
 * Tells a signal, also where Redis is full: signals are bounded, and without them instances seem to be gone.
 * Arguments: the stream, the most that are kept in it, and the fields. The first write is none that Redis refuses then.
 */
export const SIGNAL = COMMON + String.raw`
local signals = T .. ARGV[1]
call('PERSIST', signals)
return call('XADD', signals, 'MAXLEN', '~', ARGV[2], '*', ARGV[3], ARGV[4])
`;
