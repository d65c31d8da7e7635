-- Takes a place for the socket ARGV[1] or keeps the one it has, for ARGV[2] milliseconds. KEYS[1] are the places of the
-- tenant, of which there are ARGV[3]; KEYS[2] those of the session, ARGV[4], unless that is 0. Returns which are full:
-- 0 none, 1 the tenant's, 2 the session's.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local of_session = tonumber(ARGV[4]) > 0
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if of_session then redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now) end
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 1 end
  if of_session and redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[4]) then return 2 end
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if of_session then
  redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
return 0
