-- A page of parcels as GeoJSON features, as short as it can be written by hand.
SELECT r.id, ST_AsGeoJSON(r.*, 'geom', 7) FROM (
    SELECT id, geom, idu, commune_code AS commune, prefix, section, number, contenance, millesime,
           source, invented
    FROM parcel ORDER BY id LIMIT 1000
) r
