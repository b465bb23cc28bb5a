-- What the service said of a ground: its parcels in, those it no longer names out. A commune that
-- is here whole is left to its own file.
WITH said AS (
    SELECT i.idu, i.contenance, i.ewkb::geometry AS geom
    FROM unnest(%(idus)s::text[], %(contenances)s::int[], %(geoms)s::text[])
        AS i(idu, contenance, ewkb)
    WHERE NOT EXISTS (
        SELECT 1 FROM cadastre_coverage c WHERE c.commune_code = left(i.idu, 5)
    )
), gone AS (
    DELETE FROM parcel p
    WHERE p.source = %(source)s
      AND p.geom && %(ground)s::geometry AND ST_Intersects(p.geom, %(ground)s::geometry)
      AND p.idu <> ALL (%(idus)s::text[])
)
INSERT INTO parcel AS p (idu, contenance, geom, millesime, source, invented)
SELECT idu, contenance, geom, %(millesime)s, %(source)s, false FROM said
-- Two jobs of neighbouring grounds lock their rows in one order.
ORDER BY idu
ON CONFLICT (idu) DO UPDATE SET
    contenance = excluded.contenance, geom = excluded.geom, millesime = excluded.millesime,
    source = excluded.source, invented = false
WHERE (p.contenance, p.geom, p.source) IS DISTINCT FROM
      (excluded.contenance, excluded.geom, excluded.source)
