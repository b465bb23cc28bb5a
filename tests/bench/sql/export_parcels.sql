-- Parcels of 17 points on a lattice, 5,000 to a commune, as the cadastre spreads them.
INSERT INTO parcel (idu, contenance, geom, millesime, source, invented)
SELECT format('93%%s0000A%%s', lpad((n / 5000)::text, 3, '0'), lpad((n %% 5000 + 1)::text, 4, '0')),
       300 + n %% 4000,
       ST_Multi(ST_Segmentize(ST_MakeEnvelope(x, y, x + 0.0008, y + 0.0008, 4326), 0.00021)),
       'banc', 'inventé', true
FROM (
    SELECT n, round((1 + (n %% 1500) * 0.001 + random() * 0.00002)::numeric, 7)::float8 AS x,
           round((47 + n / 1500 * 0.001 + random() * 0.00002)::numeric, 7)::float8 AS y
    FROM generate_series(0, %(parcels)s - 1) AS n
) AS lattice
