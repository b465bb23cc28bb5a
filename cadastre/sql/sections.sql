-- The sections of a commune as they are now drawn: those that are no more go, a row that says the
-- same is not written.
WITH drawn AS (
    SELECT i.code, i.parcels, i.ewkb::geometry AS contour
    FROM unnest(%(codes)s::text[], %(counts)s::int[], %(contours)s::text[])
        AS i(code, parcels, ewkb)
), gone AS (
    DELETE FROM cadastre_section s
    WHERE s.commune_code = %(commune)s AND s.code <> ALL (%(codes)s::text[])
)
INSERT INTO cadastre_section AS s (code, parcels, contour)
SELECT code, parcels, contour FROM drawn ORDER BY code
ON CONFLICT (code) DO UPDATE SET parcels = excluded.parcels, contour = excluded.contour
WHERE (s.parcels, s.contour) IS DISTINCT FROM (excluded.parcels, excluded.contour)
