-- The file's parcels into the table: by commune, how many are new, changed, the same, gone.
-- A file speaks for whole communes; ids are kept by IDU, an unchanged row is not written: the
-- millésime of a commune's parcels is the coverage's, a row has the one where it last changed.
WITH speaks AS (
    SELECT DISTINCT left(idu, 5) AS code FROM incoming_parcel
), changed AS (
    UPDATE parcel p SET
        contenance = i.contenance, geom = i.geom, millesime = %(millesime)s,
        source = %(source)s, invented = %(invented)s
    FROM incoming_parcel i
    WHERE p.idu = i.idu
      AND (p.contenance, p.geom, p.source, p.invented) IS DISTINCT FROM
          (i.contenance, i.geom, %(source)s, %(invented)s)
    RETURNING p.commune_code
), created AS (
    INSERT INTO parcel (idu, contenance, geom, millesime, source, invented)
    SELECT i.idu, i.contenance, i.geom, %(millesime)s, %(source)s, %(invented)s
    FROM incoming_parcel i
    WHERE NOT EXISTS (SELECT 1 FROM parcel p WHERE p.idu = i.idu)
    ORDER BY i.idu
    RETURNING commune_code
), removed AS (
    DELETE FROM parcel p USING speaks s
    WHERE p.commune_code = s.code
      AND NOT EXISTS (SELECT 1 FROM incoming_parcel i WHERE i.idu = p.idu)
    RETURNING p.commune_code
), parts AS (
    SELECT code, 0 AS created, 0 AS changed, 0 AS removed, count(*) AS parcels
    FROM (SELECT left(idu, 5) AS code FROM incoming_parcel) i GROUP BY code
    UNION ALL SELECT commune_code, count(*), 0, 0, 0 FROM created GROUP BY 1
    UNION ALL SELECT commune_code, 0, count(*), 0, 0 FROM changed GROUP BY 1
    UNION ALL SELECT commune_code, 0, 0, count(*), 0 FROM removed GROUP BY 1
)
SELECT code, sum(created)::int, sum(changed)::int, sum(removed)::int, sum(parcels)::int
FROM parts GROUP BY code ORDER BY code
