SELECT r.id, ST_AsGeoJSON(r.*, 'geom', 7) AS feature FROM (
    SELECT s.id, {geom} AS geom, s.reference, '{precision}' AS precision,
           CASE WHEN c.id IS NOT NULL THEN 'closed'
                WHEN s.resorption_started_on <= current_date THEN 'resorption'
                ELSE 'open' END AS status,
           c.kind AS closure_kind, s.field_type, s.commune_code AS commune, k.name AS commune_name,
           s.epci_code AS epci, s.departement_code AS departement, s.region_code AS region,
           s.opened_on, c.closed_on, p.people, p.households, p.minors,
           v.water, v.sanitary, v.electricity, v.waste, v.pests, v.fire, s.resorption_target,
           s.confirmed_on, s.updated_at, l.name, l.address_label AS address, l.location_accuracy
    FROM site s
    JOIN site_location l ON l.site_id = s.id
    JOIN commune k ON k.code = s.commune_code
    LEFT JOIN site_closure c ON c.site_id = s.id
        AND c.closed_on <= current_date AND c.valid_until > current_date
    LEFT JOIN site_population p ON p.site_id = s.id
        AND p.observed_on <= current_date AND p.valid_until > current_date
    LEFT JOIN site_living v ON v.site_id = s.id
        AND v.observed_on <= current_date AND v.valid_until > current_date
    WHERE s.opened_on <= current_date AND {where}
    ORDER BY s.id
    LIMIT 1000
) r
