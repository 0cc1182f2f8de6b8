-- Takes the lease to fill an entry: one caller has it at a time, until it is deleted. An entry of
-- another server is dropped first.
-- KEYS[1] auth:{user}   ARGV[1] my token   ARGV[2] how long it holds, in ms
local info = redis.call('INFO', 'server', 'replication')
local run_id = string.match(info, 'run_id:(%x+)')
local history = string.match(info, 'master_replid:(%x+)')
if not run_id or not history then return redis.error_reply('NORUNID this server hides its run_id') end
local me = run_id .. history
local entry = redis.call('HMGET', KEYS[1], 'v', 'e', 'l', 't')
if entry[1] and entry[2] ~= me then
  redis.call('DEL', KEYS[1])
  entry = { false, false, false, false }
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if entry[3] and tonumber(entry[4]) + tonumber(ARGV[2]) > now then return 0 end
-- Of this server and its history, too: a promoted replica may have missed the deletion that ended it.
redis.call('HSET', KEYS[1], 'l', ARGV[1] .. me, 't', now)
-- Beside a verdict the lease must not lengthen its life.
if not entry[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
