-- The communes that a file spoke for; a row that says the same is not written.
INSERT INTO cadastre_coverage AS c (commune_code, millesime, source, parcels, invented, loaded_at)
SELECT code, %(millesime)s, %(source)s, parcels, %(invented)s, %(now)s
FROM unnest(%(codes)s::text[], %(counts)s::int[]) AS i(code, parcels)
ON CONFLICT (commune_code) DO UPDATE SET
    millesime = excluded.millesime, source = excluded.source, parcels = excluded.parcels,
    invented = excluded.invented, loaded_at = excluded.loaded_at
WHERE (c.millesime, c.source, c.parcels, c.invented) IS DISTINCT FROM
      (excluded.millesime, excluded.source, excluded.parcels, excluded.invented)
RETURNING commune_code
