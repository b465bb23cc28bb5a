-- A file may hold one departement only: rows are removed where the file speaks, nowhere else.
-- The departement of a commune code: three characters overseas, two elsewhere (2A and 2B too).
DELETE FROM facility f
WHERE f.source = %s
  AND CASE WHEN f.commune_code LIKE '97%%' THEN left(f.commune_code, 3)
           ELSE left(f.commune_code, 2) END IN (
      SELECT CASE WHEN i.commune_code LIKE '97%%' THEN left(i.commune_code, 3)
                  ELSE left(i.commune_code, 2) END
      FROM incoming_facility i
  )
  AND NOT EXISTS (
      SELECT 1 FROM incoming_facility i
      WHERE i.source = f.source AND i.source_key = f.source_key
  )
