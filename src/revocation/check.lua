-- What does this server know of a user? Version, and whether the session and the token are revoked; nothing where the entry was
-- filled by another server (a fail-over, an old dump): its run_id is not ours.
-- KEYS[1] auth:{user}   ARGV[1] j:<jti>   ARGV[2] s:<sid>
local entry = redis.call('HMGET', KEYS[1], 'v', 'e', ARGV[1], ARGV[2])
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if not run_id then return redis.error_reply('NORUNID this server hides its run_id') end
if not entry[1] or entry[2] ~= run_id then return {} end
return { entry[1], entry[3] and 1 or 0, entry[4] and 1 or 0 }
