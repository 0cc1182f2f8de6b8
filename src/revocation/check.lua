-- What does this server know of a user? Version, and whether the session and the token are revoked; nothing where the entry was
-- filled by another server (a fail-over, an old dump) or before this one was last demoted: e is not run_id and replication id of
-- now. A replica knows nothing.
-- KEYS[1] auth:{user}   ARGV[1] j:<jti>   ARGV[2] s:<sid>
local entry = redis.call('HMGET', KEYS[1], 'v', 'e', ARGV[1], ARGV[2])
local info = redis.call('INFO', 'server', 'replication')
local run_id = string.match(info, 'run_id:(%x+)')
local history = string.match(info, 'master_replid:(%x+)')
if not run_id or not history then return redis.error_reply('NORUNID this server hides its run_id') end
local me = run_id .. history
local is_primary = string.find(info, 'role:master', 1, true)
if not is_primary or not entry[1] or entry[2] ~= me then return {} end
return { entry[1], entry[3] and 1 or 0, entry[4] and 1 or 0 }
