-- Communes by code, by a part of their name, or named inside the text (an address).
-- plain: the text in lower case, without accents nor punctuation. Whole communes before their
-- arrondissements.
SELECT code, name, departement_code, ST_X(place), ST_Y(place)
FROM (
    SELECT c.code, c.name, c.departement_code, c.population, c.main_commune_code,
           COALESCE(c.point, ST_PointOnSurface(c.contour)) AS place,
           regexp_replace(lower(unaccent(c.name)), '[^a-z0-9]+', ' ', 'g') AS plain
    FROM commune AS c
    OFFSET 0
) AS named
WHERE code = %(code)s
   OR strpos(plain, %(plain)s) > 0
   OR (length(plain) > 2 AND strpos(' ' || %(plain)s || ' ', ' ' || plain || ' ') > 0)
ORDER BY code <> %(code)s,
         plain <> %(plain)s,
         NOT starts_with(plain, %(plain)s),
         strpos(plain, %(plain)s) = 0,
         CASE WHEN strpos(plain, %(plain)s) = 0 THEN -length(plain) END,
         population DESC NULLS LAST,
         main_commune_code IS NOT NULL,
         code
LIMIT %(limit)s
