-- One more failure; from the threshold on, a pause that doubles up to the longest one.
INSERT INTO source_gate AS g (source, failures, paused_until, next_slot)
VALUES (%(source)s, 1, NULL, clock_timestamp())
ON CONFLICT (source) DO UPDATE SET
    failures = g.failures + 1,
    paused_until = CASE WHEN g.failures + 1 >= %(threshold)s THEN clock_timestamp() + least(
        make_interval(secs => %(longest)s),
        make_interval(secs => %(first)s) * power(2, least(g.failures + 1 - %(threshold)s, 20))
    ) END
RETURNING g.paused_until
