-- The parcels under many sites at once: under the footprint of the day, else under the point.
-- Rows are replaced where they changed and nowhere else. Gives one row a site: whether its ground
-- is known here (`answered`), how many parcels it has, their vintages, whether some are invented.
WITH covered AS MATERIALIZED (
    SELECT commune_code AS code, invented FROM cadastre_coverage
    UNION ALL
    -- Paris, Lyon, Marseille: known when all their arrondissements are.
    SELECT f.main, bool_and(c.invented) FROM unnest(%(mains)s::text[], %(parts)s::text[]) AS f(main, part)
    LEFT JOIN cadastre_coverage c ON c.commune_code = f.part
    GROUP BY f.main HAVING bool_and(c.commune_code IS NOT NULL)
), ground AS MATERIALIZED (
    SELECT s.id AS site_id, s.commune_code, coalesce(f.geom, l.geom) AS geom, f.area_m2
    FROM site s
    JOIN site_location l ON l.site_id = s.id
    LEFT JOIN site_footprint f
        ON f.site_id = s.id AND f.observed_on <= %(today)s AND f.valid_until > %(today)s
    WHERE %(sites)s::bigint[] IS NULL OR s.id = ANY (%(sites)s::bigint[])
), met AS MATERIALIZED (
    SELECT g.site_id, p.idu, coalesce(k.millesime, p.millesime) AS millesime, p.invented, p.source,
           g.area_m2,
           CASE WHEN g.area_m2 IS NOT NULL THEN p.overlap_m2 END AS overlap_m2
    FROM ground g
    CROSS JOIN LATERAL (
        -- OFFSET 0: each site looks its parcels up in their index, whatever their number.
        SELECT p.idu, p.commune_code, p.millesime, p.invented, p.source,
               CASE WHEN g.area_m2 IS NULL THEN 0
                    WHEN ST_CoveredBy(g.geom, p.geom) THEN g.area_m2
                    ELSE ST_Area(
                        ST_CollectionExtract(ST_Intersection(p.geom, g.geom), 3)::geography)
               END AS overlap_m2
        FROM parcel p
        WHERE p.geom && g.geom AND ST_Intersects(p.geom, g.geom)
        OFFSET 0
    ) p
    LEFT JOIN cadastre_coverage k ON k.commune_code = p.commune_code
), found AS MATERIALIZED (
    SELECT site_id, idu, millesime, invented, source, overlap_m2,
           CASE WHEN area_m2 > 0 THEN least(1, overlap_m2 / area_m2) END AS share
    FROM met
    -- A neighbour that a line drawn by hand only grazes is not under the site.
    WHERE area_m2 IS NULL OR overlap_m2 >= least(%(graze_m2)s, area_m2 / 100)
), gone AS (
    DELETE FROM site_parcel sp USING ground g
    WHERE sp.site_id = g.site_id
      AND NOT EXISTS (SELECT 1 FROM found f WHERE f.site_id = sp.site_id AND f.idu = sp.idu)
    RETURNING sp.site_id
), written AS (
    INSERT INTO site_parcel AS sp
        (id, site_id, idu, share, overlap_m2, millesime, computed_at)
    SELECT 1 + floor(random() * 9007199254740990)::bigint,
           f.site_id, f.idu, f.share, f.overlap_m2, f.millesime, %(now)s
    FROM found f
    LEFT JOIN site_parcel o ON o.site_id = f.site_id AND o.idu = f.idu
    WHERE o.id IS NULL OR (o.share, o.overlap_m2, o.millesime) IS DISTINCT FROM
                          (f.share, f.overlap_m2, f.millesime)
    ORDER BY f.site_id, f.idu
    ON CONFLICT (site_id, idu) DO UPDATE SET
        share = excluded.share, overlap_m2 = excluded.overlap_m2,
        millesime = excluded.millesime, computed_at = excluded.computed_at
    RETURNING site_id
), counted AS (
    SELECT site_id, count(*)::int AS parcels, string_agg(DISTINCT millesime, ', ') AS millesimes,
           bool_or(invented) AS invented,
           -- How much of the ground lies on parcels of communes that are here whole.
           CASE WHEN bool_or(share IS NULL) THEN bool_or(source <> %(asked_source)s)::int
                ELSE coalesce(sum(share) FILTER (WHERE source <> %(asked_source)s), 0)
           END AS here
    FROM found GROUP BY site_id
), changed AS (
    SELECT site_id FROM gone UNION SELECT site_id FROM written
)
SELECT g.site_id,
       coalesce(n.here, 0) >= 0.9 OR (
           h.code IS NOT NULL
           -- Where contours are ours and approximate, nothing found proves nothing, unless the
           -- parcels were invented on those same contours.
           AND (n.parcels IS NOT NULL OR h.invented OR NOT coalesce(c.approximate, false))
           -- The footprint goes over to a commune that is not here.
           AND NOT (g.area_m2 IS NOT NULL AND EXISTS (
               SELECT 1 FROM commune o
               WHERE o.contour && g.geom AND o.code <> g.commune_code
                 AND o.code NOT IN (SELECT code FROM covered)
                 AND o.code IS DISTINCT FROM c.main_commune_code
                 AND ST_Intersects(o.contour, g.geom)
                 AND NOT EXISTS (SELECT 1 FROM commune a WHERE a.main_commune_code = o.code)
                 AND ST_Area(ST_Intersection(o.contour, g.geom)) > 0.01 * ST_Area(g.geom)
           ))
       ) AS answered,
       coalesce(n.parcels, 0), coalesce(n.millesimes, ''), coalesce(n.invented, false),
       w.site_id IS NOT NULL AS changed
FROM ground g
LEFT JOIN counted n USING (site_id)
LEFT JOIN changed w USING (site_id)
LEFT JOIN covered h ON h.code = g.commune_code
LEFT JOIN commune c ON c.code = g.commune_code
ORDER BY g.site_id
