-- Takes up to ARGV[3] tokens of a bucket at once. KEYS[1] holds when the bucket will be full again ("theoretical arrival
-- time"), in microseconds of this server's clock, the only one that counts. ARGV: microseconds a token, burst, wanted.
-- Returns how many were given, how many are left, microseconds until one can be had, microseconds until it is full.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full_at = tonumber(redis.call('GET', KEYS[1]) or now)
if full_at < now then full_at = now end
-- After the quota was made smaller an old value may lie beyond it.
if full_at > now + burst * interval then full_at = now + burst * interval end
local room = math.floor((burst * interval - (full_at - now)) / interval)
if room < 1 then
  return {0, 0, full_at - now - (burst - 1) * interval, full_at - now}
end
local given = math.min(room, wanted)
full_at = full_at + given * interval
redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000))
return {given, room - given, 0, full_at - now}
