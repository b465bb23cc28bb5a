SELECT s.id, s.reference, '{precision}' AS precision,
       CASE WHEN c.id IS NOT NULL THEN 'closed'
            WHEN s.resorption_started_on <= current_date THEN 'resorption'
            ELSE 'open' END AS status,
       c.kind AS closure_kind, s.field_type, p.people,
       coalesce(v.water, 'unknown') AS water,
       ST_AsMVTGeom({geom}, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64) AS geom
FROM site s
LEFT JOIN site_location l ON l.site_id = s.id
LEFT JOIN site_closure c ON c.site_id = s.id
    AND c.closed_on <= current_date AND c.valid_until > current_date
LEFT JOIN site_population p ON p.site_id = s.id
    AND p.observed_on <= current_date AND p.valid_until > current_date
LEFT JOIN site_living v ON v.site_id = s.id
    AND v.observed_on <= current_date AND v.valid_until > current_date
WHERE {geom} && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096)
  AND s.opened_on <= current_date AND {where}
