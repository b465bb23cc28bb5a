-- The outcome of a run for many sites at once. A site deleted meanwhile is left out.
INSERT INTO site_enrichment AS e
    (site_id, source, version, status, detail, outside, runs, attempts, ran_at, next_try)
SELECT o.site_id, %(source)s, o.version, o.status, o.detail, o.outside, 1,
       CASE WHEN o.status IN ('done', 'empty') THEN 0 ELSE o.tried END, %(now)s, o.next_try
FROM unnest(
    %(sites)s::bigint[], %(statuses)s::text[], %(versions)s::text[], %(details)s::text[],
    %(outsides)s::bool[], %(tried)s::int[], %(next_tries)s::timestamptz[]
) AS o(site_id, status, version, detail, outside, tried, next_try)
WHERE EXISTS (SELECT 1 FROM site s WHERE s.id = o.site_id)
ON CONFLICT (site_id, source) DO UPDATE SET
    status = excluded.status,
    detail = excluded.detail,
    outside = excluded.outside,
    -- What a good run found holds until the next good run.
    version = CASE WHEN excluded.status IN ('done', 'empty') THEN excluded.version
                   ELSE e.version END,
    runs = e.runs + 1,
    attempts = CASE WHEN excluded.status IN ('done', 'empty') THEN 0
                    ELSE e.attempts + excluded.attempts END,
    ran_at = excluded.ran_at,
    next_try = excluded.next_try
