-- One page of the list.
SELECT id, reference, name, precision, status, closure_kind, field_type, commune, commune_name,
       departement, people, water, opened_on, closed_on, updated_at, ST_X(geom), ST_Y(geom)
FROM ({base}) r
ORDER BY {order}, reference
LIMIT %s OFFSET %s
