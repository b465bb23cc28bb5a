-- A tile of parcels, as short as it can be written by hand.
SELECT ST_AsMVT(t, 'parcels', 4096, 'geom', 'id') FROM (
    SELECT id, idu,
           ST_AsMVTGeom(geom_3857, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64) AS geom
    FROM parcel
    WHERE geom_3857 && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096)
) t
