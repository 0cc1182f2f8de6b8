-- Returns for each user its version, and whether token and session are revoked. Returns nothing
-- where another server filled the entry (a fail-over, an old dump) or this one did before it was
-- last demoted: e is then not the present run_id and replication id. A replica returns nothing.
-- KEYS auth:{user}…   ARGV[2n-1] j:<jti>   ARGV[2n] s:<sid>, of the n-th key
local info = redis.call('INFO', 'server', 'replication')
local run_id = string.match(info, 'run_id:(%x+)')
local history = string.match(info, 'master_replid:(%x+)')
if not run_id or not history then return redis.error_reply('NORUNID this server hides its run_id') end
local me = run_id .. history
local is_primary = string.find(info, 'role:master', 1, true)
local known = {}
for n, key in ipairs(KEYS) do
  local entry = redis.call('HMGET', key, 'v', 'e', ARGV[2 * n - 1], ARGV[2 * n])
  if not is_primary or not entry[1] or entry[2] ~= me then
    known[n] = {}
  else
    known[n] = { entry[1], entry[3] and 1 or 0, entry[4] and 1 or 0 }
  end
end
return known
