-- What lies under every site, as short as it can be written by hand: read, and nothing noted.
SELECT s.id, p.idu, p.overlap_m2
FROM site s
JOIN site_footprint f ON f.site_id = s.id AND f.valid_until = '9999-12-31'
CROSS JOIN LATERAL (
    SELECT idu, ST_Area(ST_Intersection(geom, f.geom)::geography) AS overlap_m2
    FROM parcel WHERE ST_Intersects(geom, f.geom) OFFSET 0
) p
WHERE p.overlap_m2 >= least(1, f.area_m2 / 100)
ORDER BY s.id, p.idu
