-- The sites that new parcels of some communes may concern: by their commune, by what was found
-- under them, by what lies there now.
SELECT s.id
FROM site s
JOIN site_location l ON l.site_id = s.id
LEFT JOIN site_footprint f
    ON f.site_id = s.id AND f.observed_on <= %(today)s AND f.valid_until > %(today)s
WHERE s.commune_code = ANY (%(codes)s)
   OR EXISTS (
       SELECT 1 FROM site_parcel sp
       WHERE sp.site_id = s.id AND left(sp.idu, 5) = ANY (%(codes)s)
   )
   OR EXISTS (
       SELECT 1 FROM parcel p
       WHERE p.geom && coalesce(f.geom, l.geom) AND p.commune_code = ANY (%(codes)s)
   )
ORDER BY s.id
