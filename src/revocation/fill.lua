-- Writes the complete verdict, if the lease is still mine: a revocation since has deleted it.
-- Nothing else creates `v`.
-- KEYS[1] auth:{user}   ARGV[1] my token   ARGV[2] life in ms   ARGV[3] v   ARGV[4…] j:<jti> and s:<sid>
local info = redis.call('INFO', 'server', 'replication')
local me = string.match(info, 'run_id:(%x+)') .. string.match(info, 'master_replid:(%x+)')
if redis.call('HGET', KEYS[1], 'l') ~= ARGV[1] .. me then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'v', ARGV[3], 'e', me)
for i = 4, #ARGV do redis.call('HSET', KEYS[1], ARGV[i], '1') end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
