-- The sites of `placed` (n, lon, lat, commune_code), with their series and closings, in a few
-- statements. The row triggers are off: what they would write is written here.
INSERT INTO site (id, reference, field_type, declared_on, heatwave_risk, reinstallation_comments,
                  version, created_at, updated_at, commune_code, epci_code, departement_code,
                  region_code, grid_point, commune_point)
SELECT p.n, 'MUR-' || p.n, 'land', DATE '2015-01-01' + (p.n * 7919 % 4000)::int, false, '', 1,
       now(), now(), c.code, c.epci_code, c.departement_code, c.region_code,
       ST_SnapToGrid(ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326), 0.005), c.point
FROM placed p JOIN commune c ON c.code = p.commune_code;
INSERT INTO site_location (site_id, geom, name, address_label, address_precision,
                           location_accuracy, access_details, departement_code, areas)
SELECT s.id, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326), 'Site inventé ' || p.n, '', 'manual',
       'exact', '', s.departement_code, s.areas
FROM placed p JOIN site s ON s.id = p.n;
INSERT INTO site_population (site_id, observed_on, valid_until, entered_at, people, households,
                             minors, origins, census_by, areas)
SELECT id, declared_on + 200 * k,
       CASE WHEN k = 2 THEN DATE '9999-12-31' ELSE declared_on + 200 * (k + 1) END, now(),
       50, 12, 16, '{}', '', areas
FROM site, generate_series(0, 2) AS k;
INSERT INTO site_living (site_id, observed_on, valid_until, entered_at, water, sanitary,
                         electricity, waste, pests, fire, water_access_type,
                         sanitary_toilet_types, electricity_types, areas)
SELECT id, declared_on + 200 * k,
       CASE WHEN k = 2 THEN DATE '9999-12-31' ELSE declared_on + 200 * (k + 1) END, now(),
       'good', 'bad', 'good', 'bad', 'good', 'unknown', '', '{}', '{}', areas
FROM site, generate_series(0, 2) AS k;
INSERT INTO site_closure (id, site_id, cause, closed_on, context, closed_with_solutions, comment,
                          kind, needs_review, entered_at, areas)
SELECT id, id, 'closed_by_justice', declared_on + 500, 'Inventé', 'no', '', 'evacuation', false, now(), areas
FROM site WHERE id % 3 <> 0;
