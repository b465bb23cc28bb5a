INSERT INTO facility AS f (
    kind, category, name, address, commune_code, geom, source, source_key, millesime, licence,
    invented
)
SELECT kind, category, name, address, commune_code, geom, source, source_key, millesime, licence,
       invented
FROM incoming_facility
ON CONFLICT (source, source_key) DO UPDATE SET
    kind = excluded.kind, category = excluded.category, name = excluded.name,
    address = excluded.address, commune_code = excluded.commune_code, geom = excluded.geom,
    millesime = excluded.millesime, licence = excluded.licence, invented = excluded.invented
WHERE (f.kind, f.category, f.name, f.address, f.commune_code, f.geom, f.millesime, f.licence,
       f.invented)
    IS DISTINCT FROM (excluded.kind, excluded.category, excluded.name, excluded.address,
       excluded.commune_code, excluded.geom, excluded.millesime, excluded.licence,
       excluded.invented)
