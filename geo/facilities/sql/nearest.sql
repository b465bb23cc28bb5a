-- The nearest facilities of one kind: the index gives candidates in degrees, the ellipsoid decides.
SELECT c.id, c.kind, c.category, c.name, c.source, c.millesime, c.licence, c.invented,
       ST_Distance(c.geom::geography, p.place::geography) AS distance_m
FROM (SELECT ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326) AS place) p
CROSS JOIN LATERAL (
    SELECT f.* FROM facility f
    WHERE f.kind = %(kind)s
    ORDER BY f.geom <-> p.place
    LIMIT %(candidates)s
) c
ORDER BY distance_m, c.id
LIMIT %(limit)s
