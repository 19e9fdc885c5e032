/**
 * The script that reads a room.
 *
 * @module
 */

import { COMMON } from "./common.ts";

/**
 * Reads a room at one moment. Arguments: room, whether its documents are wanted; of each list `log` or
 * `ids`, `<`, `>` or `>=`, a bound, the most messages, and the bytes after which no more are read.
 * Returns floor, cut, head, epoch, number of the last entry in the feed, documents, lists.
 */
export const READ = COMMON + String.raw`
local room, wantsDocuments = take(), take() == '1'
local bodies, plain = T .. ':bodies:' .. room, T .. ':plain:' .. room
local moved, movedIds = T .. ':moved:' .. room, T .. ':movedids:' .. room
local values = call('HMGET', STATE, 'base', 'cut', 'newest', 'epoch', 'feed')
local floor, cut, newest = floorOf(room, values[1]), values[2] or ORIGIN, values[3]

local function read(kind, compares, bound, limit, maxBytes)
  local isLog = kind == 'log'
  local isUp = compares ~= '<'
  local other = isLog and moved or movedIds
  local first, second
  if isUp then
    local from = compares == '>=' and '[' .. bound or '(' .. bound
    first = call('ZRANGEBYLEX', plain, from, '+', 'LIMIT', 0, limit)
    -- Longer than the position itself.
    if compares == '>' and isLog then from = '(' .. bound .. '~' end
    second = call('ZRANGEBYLEX', other, from, '+', 'LIMIT', 0, limit)
  else
    first = call('ZREVRANGEBYLEX', plain, '(' .. bound, '-', 'LIMIT', 0, limit)
    second = call('ZREVRANGEBYLEX', other, '(' .. bound, '-', 'LIMIT', 0, limit)
  end
  local list, bytes, i, j, isCut = {}, 0, 1, 1, 0
  while #list < 2 * limit do
    local a, b = first[i], second[j]
    if not a and not b then break end
    if bytes > maxBytes then
      isCut = 1
      break
    end
    local id
    if not b or a and ((a < string.sub(b, 1, 26)) == isUp) then
      id, i = a, i + 1
    else
      id, j = isLog and string.sub(b, 27) or b, j + 1
    end
    local value = call('HGET', bodies, id)
    if value then
      list[#list + 1], list[#list + 2] = id, value
      bytes = bytes + #value
    end
  end
  return { isCut, list }
end

local head = call('ZREVRANGEBYLEX', plain, '+', '-', 'LIMIT', 0, 1)[1]
local last = call('ZREVRANGEBYLEX', moved, '+', '-', 'LIMIT', 0, 1)[1]
if last and (not head or string.sub(last, 1, 26) > head) then head = string.sub(last, 1, 26) end
local documents = wantsDocuments and call('HGETALL', T .. ':docs:' .. room) or {}
local lists = {}
while argument < #ARGV do
  lists[#lists + 1] = read(take(), take(), take(), tonumber(take()), tonumber(take()))
end
return { floor, cut, head or newest, values[4], tonumber(values[5] or '0'), documents, lists }
`;
