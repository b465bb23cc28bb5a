-- One turn at the door: the moment of the call, in seconds from now. No row: the source is paused.
-- After failures one caller tries, and the others wait until it has had time to tell.
INSERT INTO source_gate AS g (source, failures, paused_until, next_slot)
VALUES (%(source)s, 0, NULL, clock_timestamp() + make_interval(secs => %(interval)s))
ON CONFLICT (source) DO UPDATE SET
    next_slot = greatest(g.next_slot, clock_timestamp()) + make_interval(secs => %(interval)s),
    paused_until = CASE WHEN g.failures >= %(threshold)s
                        THEN clock_timestamp() + make_interval(secs => %(trial)s) ELSE g.paused_until END
WHERE g.paused_until IS NULL OR g.paused_until <= clock_timestamp()
RETURNING greatest(0, extract(epoch FROM g.next_slot - make_interval(secs => %(interval)s) - clock_timestamp()))::float8
