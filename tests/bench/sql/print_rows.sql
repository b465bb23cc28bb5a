-- What the map of a departement shows, read by hand: sites, closings, moves, contours.
SELECT 'site', s.id, ST_AsBinary(l.geom) FROM site s JOIN site_location l ON l.site_id = s.id
WHERE s.departement_code = %(code)s
UNION ALL
SELECT 'closure', c.id, ST_AsBinary(l.geom) FROM site_closure c
JOIN site s ON s.id = c.site_id JOIN site_location l ON l.site_id = s.id
WHERE s.departement_code = %(code)s
UNION ALL
SELECT 'move', r.id, ST_AsBinary(ST_MakeLine(a.geom, b.geom)) FROM reinstallation r
JOIN site_location a ON a.site_id = r.origin_id JOIN site_location b ON b.site_id = r.site_id
JOIN site s ON s.id = r.site_id WHERE s.departement_code = %(code)s
UNION ALL
SELECT 'commune', k.id, ST_AsBinary(k.contour) FROM commune k WHERE k.departement_code = %(code)s
